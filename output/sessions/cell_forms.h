// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_CELL_FORMS_H_
#define CAIRN_OUTPUT_SESSIONS_CELL_FORMS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "base/time_text.h"
#include "output/sessions/cell.h"
#include "output/sessions/row_text.h"
#include "output/sessions/text_parts.h"
#include "output/sessions/words.h"

// How a column of each type is written and read in each format, once for each type:
//
//   Value       what it is to C++
//   kJson       the value of JSON that it is read from
//   kSql        what a database holds of it
//   Put         writes it as text of a format at `at`, and returns the end; at most kLongestPart,
//               or through RowText::PutLong
//   Parse       the value from text of a format; false: the text is not of this type
//   Store       the value into a cell
//   Load        and back; false: the cell holds no such value
//   PutUnknown  writes that there is no value
namespace cairn::output {

inline constexpr std::string_view kUnknownWord = "-";  // in the forms with columns

template <CellType kType>
struct CellForm;

struct OrUnknown {
  template <TextFormat kFormat>
  static char* PutUnknown(char* at) {
    constexpr std::string_view kMark = kFormat == TextFormat::kJson ? "null" : kUnknownWord;
    return at + kMark.copy(at, kLongestPart);
  }
};

// No cell holds it: it is text to every format.
struct TextOnly {
  static void Store(const auto& /*value*/, Cell& /*cell*/) {}
  static bool Load(const Cell& /*cell*/, auto& /*value*/) { return false; }
};

// What is no number to JSON, and needs nothing escaped.
template <TextFormat kFormat>
char* PutQuote(char* at) {
  if constexpr (kFormat == TextFormat::kJson) *at++ = '"';
  return at;
}

template <>
struct CellForm<CellType::kCount> : OrUnknown {
  using Value = uint64_t;
  static constexpr JsonKind kJson = JsonKind::kCount;
  static constexpr SqlKind kSql = SqlKind::kInteger;
  template <TextFormat kFormat>
  static char* Put(Value value, RowText& /*row*/, char* at) {
    return PutNumber(at, value);
  }
  template <TextFormat kFormat>
  static bool Parse(std::string_view text, Value& value) {
    return ParseNumber(text, value);
  }
  static void Store(Value value, Cell& cell) { cell.number = value; }
  static bool Load(const Cell& cell, Value& value) {
    value = cell.number;
    return true;
  }
};

template <>
struct CellForm<CellType::kInteger> : OrUnknown {
  using Value = int64_t;
  static constexpr JsonKind kJson = JsonKind::kInteger;
  static constexpr SqlKind kSql = SqlKind::kInteger;
  template <TextFormat kFormat>
  static char* Put(Value value, RowText& /*row*/, char* at) {
    return PutNumber(at, value);
  }
  template <TextFormat kFormat>
  static bool Parse(std::string_view text, Value& value) {
    return ParseNumber(text, value);
  }
  static void Store(Value value, Cell& cell) { cell.number = static_cast<uint64_t>(value); }
  static bool Load(const Cell& cell, Value& value) {
    value = static_cast<Value>(cell.number);
    return true;
  }
};

template <>
struct CellForm<CellType::kTruth> : OrUnknown {
  using Value = bool;
  static constexpr JsonKind kJson = JsonKind::kTruth;
  static constexpr SqlKind kSql = SqlKind::kInteger;
  template <TextFormat kFormat>
  static char* Put(Value value, RowText& /*row*/, char* at) {
    if constexpr (kFormat == TextFormat::kJson) {
      return at + std::string_view(value ? "true" : "false").copy(at, kLongestPart);
    }
    constexpr bool kLetters = kFormat == TextFormat::kZeek;
    *at = value ? (kLetters ? 'T' : '1') : (kLetters ? 'F' : '0');
    return at + 1;
  }
  // Of our own columns also as other programs have it.
  template <TextFormat kFormat>
  static bool Parse(std::string_view text, Value& value) {
    constexpr bool kOwn = kFormat != TextFormat::kZeek;
    value = text == "T" || (kOwn && (text == "1" || text == "true"));
    return value || text == "F" || (kOwn && (text == "0" || text == "false"));
  }
  static void Store(Value value, Cell& cell) { cell.number = value ? 1 : 0; }
  static bool Load(const Cell& cell, Value& value) {
    value = cell.number == 1;
    return cell.number <= 1;
  }
};

template <>
struct CellForm<CellType::kTime> : OrUnknown {
  using Value = PacketTime;
  static constexpr JsonKind kJson = JsonKind::kText;
  static constexpr SqlKind kSql = SqlKind::kNanoseconds;
  template <TextFormat kFormat>
  static char* Put(Value value, RowText& row, char* at) {
    if constexpr (kFormat == TextFormat::kZeek) return PutSeconds(at, value.ToNanoseconds());
    if constexpr (kFormat == TextFormat::kReport) return PutTwoWords(at, value);
    return PutQuote<kFormat>(row.PutTime(PutQuote<kFormat>(at), value));
  }
  // A report's are two words each, which are read by ParseTwoWords.
  template <TextFormat kFormat>
  static bool Parse(std::string_view text, Value& value) {
    std::optional<PacketTime> time;
    if constexpr (kFormat == TextFormat::kZeek) {
      const std::optional<int64_t> ns = ParseSeconds(text);
      if (ns.has_value()) time = PacketTime::FromNanoseconds(*ns);
    } else {
      time = ParseRfc3339(text);
    }
    if (time.has_value()) value = *time;
    return time.has_value() && IsUsable(*time);
  }
  static void Store(Value value, Cell& cell) {
    cell.number = static_cast<uint64_t>(value.ToNanoseconds());
  }
  static bool Load(const Cell& cell, Value& value) {
    value = PacketTime::FromNanoseconds(static_cast<int64_t>(cell.number));
    return IsUsable(value);
  }
};

template <>
struct CellForm<CellType::kFlags> : OrUnknown, TextOnly {
  using Value = uint8_t;
  static constexpr JsonKind kJson = JsonKind::kText;
  static constexpr SqlKind kSql = SqlKind::kWord;
  template <TextFormat kFormat>
  static char* Put(Value value, RowText& /*row*/, char* at) {
    return PutQuote<kFormat>(PutFlags(PutQuote<kFormat>(at), value));
  }
  template <TextFormat kFormat>
  static bool Parse(std::string_view text, Value& value) {
    const std::optional<uint8_t> flags = ParseFlags(text);
    value = flags.value_or(value);
    return flags.has_value();
  }
};

template <>
struct CellForm<CellType::kShare> : OrUnknown {
  using Value = double;
  static constexpr JsonKind kJson = JsonKind::kReal;
  static constexpr SqlKind kSql = SqlKind::kReal;
  template <TextFormat kFormat>
  static char* Put(Value value, RowText& /*row*/, char* at) {
    return PutShare(at, value);
  }
  template <TextFormat kFormat>
  static bool Parse(std::string_view text, Value& value) {
    return ParseNumber(text, value) && IsShare(value);
  }
  // As all formats have it.
  static void Store(Value value, Cell& cell) { cell.real = RoundedShare(value); }
  static bool Load(const Cell& cell, Value& value) {
    value = cell.real;
    return IsShare(value);
  }

 private:
  static bool IsShare(double value) { return value >= 0 && value <= 1; }
};

template <>
struct CellForm<CellType::kAddress> : OrUnknown, TextOnly {
  using Value = IpAddress;
  static constexpr JsonKind kJson = JsonKind::kText;
  static constexpr SqlKind kSql = SqlKind::kWord;
  template <TextFormat kFormat>
  static char* Put(const Value& value, RowText& /*row*/, char* at) {
    return PutQuote<kFormat>(PutAddress(PutQuote<kFormat>(at), value));
  }
  template <TextFormat kFormat>
  static bool Parse(std::string_view text, Value& value) {
    const std::optional<IpAddress> parsed = ParseAddress(text);
    value = parsed.value_or(value);
    return parsed.has_value();
  }
};

template <>
struct CellForm<CellType::kText> : OrUnknown {
  using Value = std::string_view;
  static constexpr JsonKind kJson = JsonKind::kText;
  static constexpr SqlKind kSql = SqlKind::kText;
  template <TextFormat kFormat>
  static char* Put(Value value, RowText& row, char* at) {
    return row.PutLong(at, [&](TextBuffer& out) {
      kFormat == TextFormat::kJson ? AppendJsonString(value, out) : AppendWord(value, out);
    });
  }
  template <TextFormat kFormat>
  static bool Parse(std::string_view text, Value& value) {
    value = text;
    return true;
  }
  static void Store(Value value, Cell& cell) { cell.text = value; }
  static bool Load(const Cell& cell, Value& value) {
    value = cell.text;
    return true;
  }
};

// A word of our own that needs nothing escaped.
template <>
struct CellForm<CellType::kName> : OrUnknown {
  using Value = std::string_view;
  static constexpr JsonKind kJson = JsonKind::kText;
  static constexpr SqlKind kSql = SqlKind::kText;
  template <TextFormat kFormat>
  static char* Put(Value value, RowText& /*row*/, char* at) {
    at = PutQuote<kFormat>(at);
    return PutQuote<kFormat>(at + value.copy(at, kLongestPart));
  }
  template <TextFormat kFormat>
  static bool Parse(std::string_view text, Value& value) {
    value = text;
    return true;
  }
  // A copy: the value may be gone before the cell.
  static void Store(Value value, Cell& cell) {
    cell.text = {cell.own_text.data(), value.copy(cell.own_text.data(), cell.own_text.size())};
  }
  static bool Load(const Cell& cell, Value& value) {
    value = cell.text;
    return true;
  }
};

template <>
struct CellForm<CellType::kTexts> : OrUnknown {
  using Value = std::vector<std::string>;
  // None is an empty list, not an unknown one: only text forms need a mark for it.
  template <TextFormat kFormat>
  static char* PutUnknown(char* at) {
    if constexpr (kFormat != TextFormat::kJson) return OrUnknown::PutUnknown<kFormat>(at);
    return at + std::string_view("[]").copy(at, kLongestPart);
  }
  static constexpr size_t kMost = 16;  // that a record has, whatever is read
  static constexpr JsonKind kJson = JsonKind::kTexts;
  static constexpr SqlKind kSql = SqlKind::kWords;
  template <TextFormat kFormat>
  static char* Put(const Value& value, RowText& row, char* at) {
    return row.PutLong(at, [&](TextBuffer& out) {
      kFormat == TextFormat::kJson ? AppendJsonStrings(value, out) : AppendWords(value, out);
    });
  }
  template <TextFormat kFormat>
  static bool Parse(std::string_view text, Value& value) {
    value = SplitWords(text, kMost);
    return true;
  }
  static void Store(const Value& value, Cell& cell) { cell.texts = &value; }
  static bool Load(const Cell& cell, Value& value) {
    value.assign(cell.texts->begin(), cell.texts->begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                cell.texts->size(), kMost)));
    return true;
  }
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_CELL_FORMS_H_
