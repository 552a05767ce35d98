// SPDX-License-Identifier: BSD-3-Clause
#include "output/text_columns.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "fmt/format.h"

namespace cairn::output {
namespace {

void AddCell(std::string& line, std::string_view cell, bool right, size_t width) {
  line += right ? fmt::format("{:>{}} ", cell, width) : fmt::format("{:<{}} ", cell, width);
}

std::string Ended(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

std::string AlignedText(std::span<const TextColumn> columns,
                        std::span<const std::vector<std::string>> rows, TerminalStyle style) {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns.size(); ++i) {
    size_t width = columns[i].heading.size();
    for (const std::vector<std::string>& row : rows) width = std::max(width, row[i].size());
    widths.push_back(width);
  }
  std::string heading;
  for (size_t i = 0; i < columns.size(); ++i) {
    AddCell(heading, columns[i].heading, columns[i].right, widths[i]);
  }
  std::string text = Coloured(style, kDim, Ended(std::move(heading))) + '\n';
  for (const std::vector<std::string>& row : rows) {
    std::string line;
    for (size_t i = 0; i < columns.size(); ++i) AddCell(line, row[i], columns[i].right, widths[i]);
    text += Ended(std::move(line)) + '\n';
  }
  return text;
}

std::string Grouped(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

std::string ShortBytes(uint64_t bytes) {
  constexpr std::string_view kUnits = "kMGTPE";
  constexpr double kThousand = 1000;
  if (bytes < 1000) return fmt::format("{}", bytes);
  auto amount = static_cast<double>(bytes);
  size_t unit = 0;
  for (amount /= kThousand; amount >= 999.5 && unit + 1 < kUnits.size(); ++unit) {
    amount /= kThousand;
  }
  return amount < 9.95 ? fmt::format("{:.1f}{}", amount, kUnits[unit])
                       : fmt::format("{:.0f}{}", amount, kUnits[unit]);
}

}  // namespace cairn::output
