// SPDX-License-Identifier: BSD-3-Clause
// The schema as text: a configuration file, with and without documentation, and the reference.
#include <string>
#include <string_view>
#include <vector>

#include "fmt/format.h"

#include "config/settings.h"
#include "config/settings_schema.h"
#include "config/yaml_text.h"

namespace cairn::config {
namespace {

constexpr size_t kCommentColumn = 100;

enum class Comments { kNone, kDocumentation };

// Writes the keys as nested YAML.  The table lists the keys of a section together and a section
// before its subsections.
class YamlWriter {
 public:
  explicit YamlWriter(Comments comments) : comments_(comments) {}

  void WriteSection(const Section& section) {
    if (comments_ == Comments::kDocumentation) text_ += '\n';
    const size_t depth = Depth(section.path);
    Comment(section.documentation, depth);
    text_ += fmt::format("{}{}:\n", Indent(depth), LastName(section.path));
  }

  void WriteKey(const Key<Settings>& key, const Settings& settings) {
    const size_t depth = Depth(key.path);
    Comment(key.documentation, depth);
    text_ += fmt::format("{}{}:", Indent(depth), LastName(key.path));
    const std::string value = key.write(settings);
    if (value.starts_with('\n')) {
      for (const char c : value) {
        text_ += c;
        if (c == '\n') text_ += Indent(depth + 1);
      }
    } else {
      text_ += ' ';
      text_ += value;
    }
    if (comments_ == Comments::kDocumentation) text_ += fmt::format("  # {}", key.form);
    text_ += '\n';
  }

  void WriteComment(std::string_view text) { Comment(text, 0); }
  std::string TakeText() { return std::move(text_); }

 private:
  static size_t Depth(std::string_view path) {
    size_t depth = 0;
    for (const char c : path) depth += c == '.' ? 1 : 0;
    return depth;
  }
  static std::string Indent(size_t depth) { return std::string(2 * depth, ' '); }
  static std::string_view LastName(std::string_view path) {
    return path.substr(path.rfind('.') + 1);
  }

  void Comment(std::string_view text, size_t depth) {
    if (comments_ == Comments::kNone) return;
    for (const std::string& line : WrapLines(text, kCommentColumn - 2 * depth)) {
      text_ += fmt::format("{}# {}\n", Indent(depth), line);
    }
  }

  Comments comments_;
  std::string text_;
};

std::string_view SectionOf(std::string_view path) {
  const size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

std::string Write(const Settings& settings, Comments comments) {
  const Schema<Settings>& schema = SettingsSchema();
  YamlWriter writer(comments);
  writer.WriteComment(
      "The configuration of Cairn: every key with its default and its form. A file needs only the "
      "keys it "
      "changes.");
  const auto write_keys = [&](std::string_view section) {
    for (const Key<Settings>& key : schema.keys()) {
      if (SectionOf(key.path) == section) writer.WriteKey(key, settings);
    }
  };
  write_keys("");
  for (const Section& section : schema.sections()) {
    writer.WriteSection(section);
    write_keys(section.path);
  }
  return writer.TakeText();
}

// Text for a cell of a Markdown table.
std::string Cell(std::string_view text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|') cell += '\\';
    cell += c;
  }
  return cell;
}

template <typename Root>
void AppendTable(std::string& text, const Schema<Root>& schema, std::string_view section) {
  const Root defaults{};
  text += "| key | default | value | meaning |\n|---|---|---|---|\n";
  for (const Key<Root>& key : schema.keys()) {
    if (SectionOf(key.path) != section) continue;
    const std::string_view name =
        std::string_view(key.path).substr(section.empty() ? 0 : section.size() + 1);
    const std::string value = key.write(defaults);
    const std::string shown =
        value.empty() || value == "\"\"" ? std::string("none") : fmt::format("`{}`", value);
    // The default is an example already.
    const std::string example =
        key.example == value ? std::string() : fmt::format(", e.g. `{}`", key.example);
    text += fmt::format("| `{}` | {} | {}{} | {} |\n", name, Cell(shown), Cell(key.form),
                        Cell(example), Cell(key.documentation));
  }
  text += '\n';
}

constexpr std::string_view kReferenceHead = R"(# Configuration

<!-- Made by `cairn config reference`; a test compares it with the program. Change config/*_schema.cc instead. -->

`cairn config check FILE` says what is wrong with a file, with line and column. `cairn config show` prints the settings
that a run would use, `cairn config default` every key with its default. Any key can be set on the command line too, as
`--set timing.direct.idle_threshold=300ms`; lists as `--set protected_networks=192.0.2.0/24,2001:db8::/32`. The pair rules
of both kinds at once: `--set coincidence_window=40ms`.

The file is YAML (UTF-8, at most 1 MiB). It needs only the keys it changes. Unknown, repeated, ill-formed, out-of-range and
contradictory settings are refused; nothing is guessed.

- **Durations** have a unit: `90ns`, `300us`, `80ms`, `0.5s`, `5min`, `2h`, `1d`.
- **Sizes** are bytes or have a unit: `96`, `64kB` (1000), `64KiB` (1024), `256MiB`, `1GiB`.
- **Whole numbers** may end in `k` or `M`: `200k`.
- **Networks** are `192.0.2.0/24`, `2001:db8::/32`, or a single address; no bits may be set beyond the length.
- A list of one may be written without brackets. YAML anchors and aliases work; tags do not.

)";

constexpr std::string_view kContradictions = R"(## What is refused together

- `timing.*.coincidence_window` not shorter than `timing.*.idle_threshold`: one onset would coincide with several of the same flow.
- `timing.*.min_consecutive` above `timing.*.consecutive_scale`: a long connection would need more coincidences than it has
  onsets.
- both `timing.direct.enabled` and `timing.indirect.enabled` false: nothing would be looked for.
- `timing.max_pairs_per_connection` above `timing.max_pairs`.
- `connections.handshake_timeout` or `connections.closing_timeout` above `connections.established_timeout`.
- the same port for VXLAN and GENEVE while both are looked into.
- one port in `exposure.clear_text` and in `exposure.encrypted_ports`.
- a protected network of length 0: nothing would cross the border.
)";

}  // namespace

std::string Show(const Settings& settings) { return Write(settings, Comments::kNone); }

std::string DefaultYaml() { return Write(Settings(), Comments::kDocumentation); }

std::string ReferenceMarkdown() {
  const Schema<Settings>& schema = SettingsSchema();
  std::string text(kReferenceHead);
  text += "## Top level\n\n";
  AppendTable(text, schema, "");
  for (const Section& section : schema.sections()) {
    text += fmt::format("## {}\n\n{}\n\n", section.path, section.documentation);
    AppendTable(text, schema, section.path);
  }
  text += "## A rule of policy.allow\n\nSee [policy.md](policy.md) for how rules are matched.\n\n";
  AppendTable(text, RuleSchema(), "");
  text += kContradictions;
  return text;
}

}  // namespace cairn::config
