// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_CELL_H_
#define CAIRN_OUTPUT_SESSIONS_CELL_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::output {

// What a column holds; cell_forms.h says how each is written and read.
enum class CellType : uint8_t {
  kCount,    // unsigned
  kInteger,  // signed
  kTruth,
  kTime,
  kFlags,  // TcpFlag bits
  kShare,  // from 0 to 1, four decimals
  kAddress,
  kText,
  kName,  // one of a few short words of our own
  kTexts,
};

// Forms of a record as text.
enum class TextFormat : uint8_t { kTsv, kReport, kJson, kZeek };

// What a column is as a value of JSON.
enum class JsonKind : uint8_t { kCount, kInteger, kReal, kTruth, kText, kTexts };

// What a database holds of a column.
enum class SqlKind : uint8_t {
  kInteger,      // its number
  kNanoseconds,  // likewise; a time, which people see as text
  kReal,
  kWord,   // its text as in columns, at most kLongestPart
  kWords,  // the same, of any length
  kText,   // its text as it is
};

// The value of one column of one record, on its way between a record and a format that is no text.
// A plain value that points into the record or the line it came from; which member counts is the
// type's.
struct Cell {
  uint64_t number = 0;  // signed ones in two's complement; a truth is 0 or 1, a time nanoseconds
  double real = 0;
  std::string_view text;
  const std::vector<std::string>* texts = nullptr;
  std::array<char, 32> own_text{};  // for a `text` that nobody else holds
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_CELL_H_
