// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_TEXT_COLUMNS_H_
#define CAIRN_OUTPUT_TEXT_COLUMNS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "output/terminal.h"

namespace cairn::output {

struct TextColumn {
  std::string_view heading;
  bool right = false;  // flush right, as numbers
};

// Rows under their headings, each column as wide as its widest cell, a space between columns; the
// last one ends where its text does.  ASCII.  Requires: a cell in each row for each column.
std::string AlignedText(std::span<const TextColumn> columns,
                        std::span<const std::vector<std::string>> rows, TerminalStyle style);

// 1234567 -> "1,234,567".
std::string Grouped(uint64_t number);

// An amount of bytes in at most four characters and a unit: "0", "999", "1.2k", "12k", "3.4G".
std::string ShortBytes(uint64_t bytes);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_TEXT_COLUMNS_H_
