// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_KEYS_MANUAL_TEXT_H_
#define CAIRN_CONFIG_KEYS_MANUAL_TEXT_H_

#include <string>
#include <string_view>

#include "config/keys/schema.h"
#include "config/keys/schema_text.h"

// A table of keys as a manual page, in the language of man(7).
namespace cairn::config {

// `text` so that a manual page shows it as it is.
std::string ManText(std::string_view text);

// One key: its name, its default, what it means, its form.  An empty `value`: it has no default.
std::string ManEntry(std::string_view name, const std::string& value, std::string_view form,
                     const std::string& example, std::string_view documentation);

// The keys of a section; "": those at the top.
template <typename Root>
std::string ManKeys(const Schema<Root>& schema, std::string_view section) {
  const Root defaults{};
  std::string text;
  for (const Key<Root>& key : schema.keys()) {
    if (SectionOf(key.path) != section) continue;
    text += ManEntry(key.path, key.write(defaults), key.form, key.example, key.documentation);
  }
  return text;
}

// All sections, each with a heading and its keys.
template <typename Root>
std::string ManSections(const Schema<Root>& schema) {
  std::string text;
  for (const Section& section : schema.sections()) {
    text += ".SS " + ManText(section.path) + "\n" + ManText(section.documentation) + "\n";
    text += ManKeys(schema, section.path);
  }
  return text;
}

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_KEYS_MANUAL_TEXT_H_
