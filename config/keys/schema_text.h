// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_KEYS_SCHEMA_TEXT_H_
#define CAIRN_CONFIG_KEYS_SCHEMA_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/keys/schema.h"

// A table of keys as text: a configuration file, with and without documentation, and a reference.
namespace cairn::config {

enum class Comments : uint8_t { kNone, kDocumentation };

// Writes the keys as nested YAML.  The table lists the keys of a section together and a section
// before its subsections.
class YamlWriter {
 public:
  explicit YamlWriter(Comments comments) : comments_(comments) {}

  void WriteSection(const Section& section);
  void WriteKey(std::string_view path, std::string_view documentation, std::string_view form,
                const std::string& value);
  void WriteComment(std::string_view text) { Comment(text, 0); }
  const std::string& text() const { return text_; }

 private:
  void Comment(std::string_view text, size_t depth);

  Comments comments_;
  std::string text_;
};

// The section that holds a key: all before its last dot.
std::string_view SectionOf(std::string_view path);

// `root` as YAML.  `head`: a comment at the top.
template <typename Root>
std::string ToYaml(const Schema<Root>& schema, const Root& root, Comments comments,
                   std::string_view head) {
  YamlWriter writer(comments);
  writer.WriteComment(head);
  const auto write_keys = [&](std::string_view section) {
    for (const Key<Root>& key : schema.keys()) {
      if (SectionOf(key.path) != section) continue;
      writer.WriteKey(key.path, key.documentation, key.form, key.write(root));
    }
  };
  write_keys("");
  for (const Section& section : schema.sections()) {
    writer.WriteSection(section);
    write_keys(section.path);
  }
  return writer.text();
}

// One row of a Markdown table of keys, and its head.
inline constexpr std::string_view kReferenceTableHead =
    "| key | default | value | meaning |\n|---|---|---|---|\n";
std::string ReferenceRow(std::string_view name, const std::string& value, std::string_view form,
                         const std::string& example, std::string_view documentation);

// The keys of a section as a Markdown table.
template <typename Root>
std::string ReferenceTable(const Schema<Root>& schema, std::string_view section) {
  const Root defaults{};
  std::string text(kReferenceTableHead);
  for (const Key<Root>& key : schema.keys()) {
    if (SectionOf(key.path) != section) continue;
    const std::string_view name =
        std::string_view(key.path).substr(section.empty() ? 0 : section.size() + 1);
    text += ReferenceRow(name, key.write(defaults), key.form, key.example, key.documentation);
  }
  return text + '\n';
}

// All sections, each with a heading and its table.
template <typename Root>
std::string ReferenceSections(const Schema<Root>& schema) {
  std::string text;
  for (const Section& section : schema.sections()) {
    text += "## " + section.path + "\n\n" + section.documentation + "\n\n";
    text += ReferenceTable(schema, section.path);
  }
  return text;
}

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_KEYS_SCHEMA_TEXT_H_
