// SPDX-License-Identifier: BSD-3-Clause
#include "config/keys/schema_text.h"

#include "fmt/format.h"

#include "config/keys/spelling.h"
#include "config/keys/yaml_text.h"

namespace cairn::config {
namespace {

constexpr size_t kCommentColumn = 100;

size_t Depth(std::string_view path) {
  size_t depth = 0;
  for (const char c : path) depth += c == '.' ? 1 : 0;
  return depth;
}

std::string Indent(size_t depth) { return std::string(2 * depth, ' '); }

// Text for a cell of a Markdown table.
std::string Cell(std::string_view text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|') cell += '\\';
    cell += c;
  }
  return cell;
}

}  // namespace

void YamlWriter::WriteSection(const Section& section) {
  if (comments_ == Comments::kDocumentation) text_ += '\n';
  const size_t depth = Depth(section.path);
  Comment(section.documentation, depth);
  text_ += fmt::format("{}{}:\n", Indent(depth), LastName(section.path));
}

void YamlWriter::WriteKey(std::string_view path, std::string_view documentation,
                          std::string_view form, const std::string& value) {
  const size_t depth = Depth(path);
  Comment(documentation, depth);
  text_ += fmt::format("{}{}:", Indent(depth), LastName(path));
  if (value.starts_with('\n')) {
    for (const char c : value) {
      text_ += c;
      if (c == '\n') text_ += Indent(depth + 1);
    }
  } else {
    text_ += ' ';
    text_ += value;
  }
  if (comments_ == Comments::kDocumentation) text_ += fmt::format("  # {}", form);
  text_ += '\n';
}

void YamlWriter::Comment(std::string_view text, size_t depth) {
  if (comments_ == Comments::kNone) return;
  for (const std::string& line : WrapLines(text, kCommentColumn - 2 * depth)) {
    text_ += fmt::format("{}# {}\n", Indent(depth), line);
  }
}

std::string_view SectionOf(std::string_view path) {
  const size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

std::string ReferenceRow(std::string_view name, const std::string& value, std::string_view form,
                         const std::string& example, std::string_view documentation) {
  const std::string shown =
      value.empty() || value == "\"\"" ? std::string("none") : fmt::format("`{}`", value);
  // The default is an example already.
  const std::string also = example == value ? std::string() : fmt::format(", e.g. `{}`", example);
  return fmt::format("| `{}` | {} | {}{} | {} |\n", name, Cell(shown), Cell(form), Cell(also),
                     Cell(documentation));
}

}  // namespace cairn::config
