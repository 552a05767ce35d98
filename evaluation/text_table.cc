// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/text_table.h"

#include <algorithm>

#include "fmt/format.h"

namespace cairn::evaluation {
namespace {

std::string MarkdownRow(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += " " + cell + " |";
  return line + "\n";
}

}  // namespace

std::string ToPlainText(const TextTable& table) {
  std::vector<size_t> width(table.header.size());
  for (size_t c = 0; c < width.size(); ++c) {
    width[c] = table.header[c].size();
    for (const auto& row : table.rows) width[c] = std::max(width[c], row[c].size());
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (size_t c = 0; c < cells.size(); ++c) text += fmt::format("{:<{}}  ", cells[c], width[c]);
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
  };
  std::string text = table.title + "\n" + line(table.header);
  for (const auto& row : table.rows) text += line(row);
  return text;
}

std::string ToMarkdown(const TextTable& table) {
  std::string text = "### " + table.title + "\n\n" + MarkdownRow(table.header);
  text += MarkdownRow(std::vector<std::string>(table.header.size(), "---"));
  for (const auto& row : table.rows) text += MarkdownRow(row);
  return text;
}

}  // namespace cairn::evaluation
