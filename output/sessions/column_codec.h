// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_COLUMN_CODEC_H_
#define CAIRN_OUTPUT_SESSIONS_COLUMN_CODEC_H_

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "detector/findings/session_record.h"
#include "output/sessions/cell.h"
#include "output/sessions/cell_text.h"
#include "output/sessions/text_buffer.h"
#include "output/sessions/text_parts.h"

// What the type of a record's field means to the formats, once for each type:
//
//   kType, kNullable  what a column of it holds, and whether it may be unknown
//   Get               the field as a cell; Requires: cell.known
//   Set               a known cell as the field; false: the field can hold no such value
//   Put               the field as a column of text, straight away: what AppendCell makes of the
//                     cell, or kUnknownText; returns the end of what it wrote at `at`
namespace cairn::output {

// Where a row of text goes.  From Room() on there is space for all columns of fixed length; those
// of any length see to it themselves.
class RowText {
 public:
  RowText(TimeWriter& times, TextBuffer& out) : times_(times), out_(out) {}

  char* Room() { return out_.Room(kRoomBytes); }
  char* PutTime(char* at, PacketTime time) { return times_.Put(at, time); }
  // Calls append(TextBuffer&) for the text that comes at `at`.
  template <typename Append>
  char* PutLong(char* at, Append append) {
    out_.Commit(at);
    append(out_);
    return Room();
  }

 private:
  static constexpr size_t kRoomBytes = 64 * (kLongestPart + 1);

  TimeWriter& times_;
  TextBuffer& out_;
};

inline char* PutUnknown(char* at) {
  *at = kUnknownText;
  return at + 1;
}

template <typename Field>
struct Codec;

template <std::unsigned_integral Field>
struct Codec<Field> {
  static constexpr CellType kType = CellType::kCount;
  static constexpr bool kNullable = false;
  static void Get(Field field, Cell& cell) { cell.number = field; }
  static bool Set(const Cell& cell, Field& field) {
    field = static_cast<Field>(cell.number);
    return cell.number <= std::numeric_limits<Field>::max();
  }
  static char* Put(Field field, RowText& /*row*/, char* at) { return PutNumber(at, field); }
};

template <>
struct Codec<bool> {
  static constexpr CellType kType = CellType::kTruth;
  static constexpr bool kNullable = false;
  static void Get(bool field, Cell& cell) { cell.number = field ? 1 : 0; }
  static bool Set(const Cell& cell, bool& field) {
    field = cell.number == 1;
    return cell.number <= 1;
  }
  static char* Put(bool field, RowText& /*row*/, char* at) {
    *at = field ? '1' : '0';
    return at + 1;
  }
};

template <std::signed_integral Field>
struct Codec<Field> {
  static constexpr CellType kType = CellType::kInteger;
  static constexpr bool kNullable = false;
  static void Get(Field field, Cell& cell) {
    cell.number = static_cast<uint64_t>(static_cast<int64_t>(field));
  }
  static bool Set(const Cell& cell, Field& field) {
    const auto number = static_cast<int64_t>(cell.number);
    field = static_cast<Field>(number);
    return number == field;
  }
  static char* Put(Field field, RowText& /*row*/, char* at) { return PutNumber(at, field); }
};

template <>
struct Codec<double> {
  static constexpr CellType kType = CellType::kShare;
  static constexpr bool kNullable = false;
  static void Get(double field, Cell& cell) { cell.real = field; }
  static bool Set(const Cell& cell, double& field) {
    field = cell.real;
    return field >= 0 && field <= 1;
  }
  static char* Put(double field, RowText& /*row*/, char* at) { return PutShare(at, field); }
};

template <>
struct Codec<PacketTime> {
  static constexpr CellType kType = CellType::kTime;
  static constexpr bool kNullable = false;
  static void Get(PacketTime field, Cell& cell) {
    cell.number = static_cast<uint64_t>(field.ToNanoseconds());
  }
  static bool Set(const Cell& cell, PacketTime& field) {
    field = PacketTime::FromNanoseconds(static_cast<int64_t>(cell.number));
    return IsUsable(field);
  }
  static char* Put(PacketTime field, RowText& row, char* at) { return row.PutTime(at, field); }
};

template <>
struct Codec<PacketDelta> {
  static constexpr CellType kType = CellType::kInteger;
  static constexpr bool kNullable = false;
  static void Get(PacketDelta field, Cell& cell) {
    cell.number = static_cast<uint64_t>(field.ToNanoseconds());
  }
  static bool Set(const Cell& cell, PacketDelta& field) {
    field = PacketDelta::FromNanoseconds(static_cast<int64_t>(cell.number));
    return true;
  }
  static char* Put(PacketDelta field, RowText& /*row*/, char* at) {
    return PutNumber(at, field.ToNanoseconds());
  }
};

template <>
struct Codec<IpAddress> {
  static constexpr CellType kType = CellType::kAddress;
  static constexpr bool kNullable = false;
  static void Get(const IpAddress& field, Cell& cell) { cell.address = field; }
  static bool Set(const Cell& cell, IpAddress& field) {
    field = cell.address;
    return true;
  }
  static char* Put(const IpAddress& field, RowText& /*row*/, char* at) {
    return PutAddress(at, field);
  }
};

template <>
struct Codec<std::string> {
  static constexpr CellType kType = CellType::kText;
  static constexpr bool kNullable = true;
  static void Get(const std::string& field, Cell& cell) {
    cell.known = !field.empty();
    cell.text = field;
  }
  static bool Set(const Cell& cell, std::string& field) {
    field = cell.text;
    return true;
  }
  static char* Put(const std::string& field, RowText& row, char* at) {
    if (field.empty()) return PutUnknown(at);
    return row.PutLong(at, [&](TextBuffer& out) { AppendWord(field, out); });
  }
};

// None is an empty list, not an unknown one: only text forms need a mark for it.
template <>
struct Codec<std::vector<std::string>> {
  static constexpr CellType kType = CellType::kTexts;
  static constexpr bool kNullable = true;
  static constexpr size_t kMost = 16;  // that a record has, whatever is read
  static void Get(const std::vector<std::string>& field, Cell& cell) {
    cell.known = !field.empty();
    cell.texts = &field;
  }
  static bool Set(const Cell& cell, std::vector<std::string>& field) {
    field.clear();
    if (cell.texts != nullptr) {
      const size_t size = std::min(cell.texts->size(), kMost);
      field.assign(cell.texts->begin(), cell.texts->begin() + static_cast<std::ptrdiff_t>(size));
      return true;
    }
    std::string_view rest = cell.text;
    while (!rest.empty() && field.size() < kMost) {
      const size_t comma = rest.find(',');
      if (comma != 0) field.emplace_back(rest.substr(0, comma));
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
    return true;
  }
  static char* Put(const std::vector<std::string>& field, RowText& row, char* at) {
    if (field.empty()) return PutUnknown(at);
    return row.PutLong(at, [&](TextBuffer& out) { AppendWords(field, out); });
  }
};

// A value of an enumeration by its name; the one without a name is none.
template <typename Enum, std::string_view (*kName)(Enum),
          std::optional<Enum> (*kFromName)(std::string_view)>
struct NameCodec {
  static constexpr CellType kType = CellType::kText;
  static constexpr bool kNullable = std::is_same_v<Enum, Tunnel>;
  static void Get(Enum field, Cell& cell) {
    cell.text = kName(field);
    cell.known = !cell.text.empty();
  }
  static bool Set(const Cell& cell, Enum& field) {
    const std::optional<Enum> named = kFromName(cell.text);
    field = named.value_or(field);
    return named.has_value();
  }
  static char* Put(Enum field, RowText& /*row*/, char* at) {
    const std::string_view name = kName(field);
    return name.empty() ? PutUnknown(at) : at + name.copy(at, kLongestPart);
  }
};
template <>
struct Codec<Side> : NameCodec<Side, SideName, SideFromName> {};
template <>
struct Codec<SessionEnd> : NameCodec<SessionEnd, SessionEndName, SessionEndFromName> {};
template <>
struct Codec<ConnState> : NameCodec<ConnState, ConnStateName, ConnStateFromName> {};
template <>
struct Codec<Tunnel> : NameCodec<Tunnel, TunnelName, TunnelFromName> {};

template <typename Field>
struct Codec<std::optional<Field>> {
  static constexpr CellType kType = Codec<Field>::kType;
  static constexpr bool kNullable = true;
  static void Get(const std::optional<Field>& field, Cell& cell) {
    cell.known = field.has_value();
    if (field.has_value()) Codec<Field>::Get(*field, cell);
  }
  static bool Set(const Cell& cell, std::optional<Field>& field) {
    return Codec<Field>::Set(cell, field.emplace());
  }
  static char* Put(const std::optional<Field>& field, RowText& row, char* at) {
    return field.has_value() ? Codec<Field>::Put(*field, row, at) : PutUnknown(at);
  }
};

// TCP flags, which are a number to C++.
struct FlagsCodec : Codec<uint8_t> {
  static constexpr CellType kType = CellType::kFlags;
  static char* Put(uint8_t field, RowText& /*row*/, char* at) { return PutFlags(at, field); }
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_COLUMN_CODEC_H_
