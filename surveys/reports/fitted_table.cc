// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/reports/fitted_table.h"

#include <algorithm>
#include <set>
#include <utility>

#include "fmt/format.h"

namespace cairn::output {
namespace {

constexpr std::string_view kMore = "...";

template <typename T>
std::vector<T> Without(std::vector<T> items, const std::set<size_t>& places) {
  std::vector<T> left;
  for (size_t i = 0; i < items.size(); ++i) {
    if (!places.contains(i)) left.push_back(std::move(items[i]));
  }
  return left;
}

size_t ColumnWidth(const TextColumn& column, size_t place,
                   std::span<const std::vector<std::string>> rows) {
  size_t width = column.heading.size();
  for (const std::vector<std::string>& row : rows) width = std::max(width, row[place].size());
  return width;
}

}  // namespace

std::string Cut(std::string_view text, size_t width) {
  width = std::max(width, kMore.size() + 1);
  if (text.size() <= width) return std::string(text);
  return fmt::format("{}{}", text.substr(0, width - kMore.size()), kMore);
}

std::string Wrapped(std::string_view text, size_t width) {
  constexpr std::string_view kIndent = "  ";
  std::string out;
  std::string line;
  while (!text.empty()) {
    const size_t end = std::min(text.find(", "), text.size());
    const size_t size = std::min(end + 2, text.size());
    std::string_view part = text.substr(0, size);
    text.remove_prefix(size);
    const size_t ink = part.ends_with(", ") ? part.size() - 1 : part.size();
    if (!line.empty() && line.size() + ink > width) {
      line.erase(line.find_last_not_of(' ') + 1);
      out += line + '\n';
      line = kIndent;
    }
    line += part;
  }
  return out + line + '\n';
}

size_t WidthOf(std::span<const TextColumn> columns,
               std::span<const std::vector<std::string>> rows) {
  size_t width = columns.size() - 1;  // of the spaces between them
  for (size_t i = 0; i < columns.size(); ++i) width += ColumnWidth(columns[i], i, rows);
  return width;
}

std::string FittedText(std::vector<TextColumn> columns, std::vector<std::vector<std::string>> rows,
                       std::span<const size_t> first_to_go, TerminalStyle style) {
  size_t width = WidthOf(columns, rows);
  std::set<size_t> gone;
  std::string names;
  for (const size_t place : first_to_go) {
    if (width <= static_cast<size_t>(style.columns)) break;
    width -= ColumnWidth(columns[place], place, rows) + 1;
    gone.insert(place);
    names += fmt::format("{}{}", names.empty() ? "" : ", ", columns[place].heading);
  }
  if (gone.empty()) return AlignedText(columns, rows, style);
  columns = Without(std::move(columns), gone);
  for (std::vector<std::string>& row : rows) row = Without(std::move(row), gone);
  return AlignedText(columns, rows, style) +
         Coloured(style, kDim,
                  Wrapped(fmt::format("Too narrow to show: {}", names),
                          static_cast<size_t>(style.columns)));
}

}  // namespace cairn::output
