// SPDX-License-Identifier: BSD-3-Clause
#include "config/keys/manual_text.h"

#include "fmt/format.h"

#include "config/keys/yaml_text.h"

namespace cairn::config {
namespace {

constexpr size_t kLineColumns = 100;

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      escaped += c;
    }
  }
  // At the beginning of a line these would be requests.
  if (escaped.starts_with('.') || escaped.starts_with('\'')) escaped.insert(0, "\\&");
  return escaped;
}

}  // namespace

std::string ManText(std::string_view text) {
  std::string lines;
  for (const std::string& line : WrapLines(text, kLineColumns)) {
    if (!lines.empty()) lines += '\n';
    lines += Escaped(line);
  }
  return lines;
}

std::string ManEntry(std::string_view name, const std::string& value, std::string_view form,
                     const std::string& example, std::string_view documentation) {
  const bool has_default = !value.empty() && value != "\"\"";
  const std::string also =
      example == value ? std::string() : fmt::format(", for example {}", example);
  return fmt::format(".TP\n\\fB{}\\fR{}\n{}\n.br\nForm: {}.\n", Escaped(name),
                     has_default ? fmt::format(": {}", Escaped(value)) : std::string(),
                     ManText(documentation), ManText(fmt::format("{}{}", form, also)));
}

}  // namespace cairn::config
