// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_COLUMN_CODEC_H_
#define CAIRN_OUTPUT_SESSIONS_COLUMN_CODEC_H_

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "detector/findings/session_record.h"
#include "output/sessions/cell.h"
#include "output/sessions/cell_forms.h"

// What a field of a record is to a column, once for each type of field; how columns are written and
// read is in cell_forms.h.
//
//   kType, kNullable  what a column of it holds, and whether it may be unknown
//   IsKnown
//   ValueOf           the field as CellForm<kType>::Value; Requires: IsKnown
//   Set               and back; false: the field can hold no such value
namespace cairn::output {

template <typename Field>
struct Codec;

struct AlwaysKnown {
  static constexpr bool kNullable = false;
  static bool IsKnown(const auto& /*field*/) { return true; }
};

template <std::unsigned_integral Field>
struct Codec<Field> : AlwaysKnown {
  static constexpr CellType kType = CellType::kCount;
  static uint64_t ValueOf(Field field) { return field; }
  static bool Set(uint64_t value, Field& field) {
    field = static_cast<Field>(value);
    return value <= std::numeric_limits<Field>::max();
  }
};

template <>
struct Codec<bool> : AlwaysKnown {
  static constexpr CellType kType = CellType::kTruth;
  static bool ValueOf(bool field) { return field; }
  static bool Set(bool value, bool& field) {
    field = value;
    return true;
  }
};

template <std::signed_integral Field>
struct Codec<Field> : AlwaysKnown {
  static constexpr CellType kType = CellType::kInteger;
  static int64_t ValueOf(Field field) { return field; }
  static bool Set(int64_t value, Field& field) {
    field = static_cast<Field>(value);
    return value == field;
  }
};

template <>
struct Codec<double> : AlwaysKnown {
  static constexpr CellType kType = CellType::kShare;
  static double ValueOf(double field) { return field; }
  static bool Set(double value, double& field) {
    field = value;
    return true;
  }
};

template <>
struct Codec<PacketTime> : AlwaysKnown {
  static constexpr CellType kType = CellType::kTime;
  static PacketTime ValueOf(PacketTime field) { return field; }
  static bool Set(PacketTime value, PacketTime& field) {
    field = value;
    return true;
  }
};

template <>
struct Codec<PacketDelta> : AlwaysKnown {
  static constexpr CellType kType = CellType::kInteger;
  static int64_t ValueOf(PacketDelta field) { return field.ToNanoseconds(); }
  static bool Set(int64_t value, PacketDelta& field) {
    field = PacketDelta::FromNanoseconds(value);
    return true;
  }
};

template <>
struct Codec<IpAddress> : AlwaysKnown {
  static constexpr CellType kType = CellType::kAddress;
  static const IpAddress& ValueOf(const IpAddress& field) { return field; }
  static bool Set(const IpAddress& value, IpAddress& field) {
    field = value;
    return true;
  }
};

template <>
struct Codec<std::string> {
  static constexpr CellType kType = CellType::kText;
  static constexpr bool kNullable = true;
  static bool IsKnown(const std::string& field) { return !field.empty(); }
  static std::string_view ValueOf(const std::string& field) { return field; }
  static bool Set(std::string_view value, std::string& field) {
    field = value;
    return true;
  }
};

template <>
struct Codec<std::vector<std::string>> {
  static constexpr CellType kType = CellType::kTexts;
  static constexpr bool kNullable = true;
  static bool IsKnown(const std::vector<std::string>& field) { return !field.empty(); }
  static const std::vector<std::string>& ValueOf(const std::vector<std::string>& field) {
    return field;
  }
  static bool Set(std::vector<std::string> value, std::vector<std::string>& field) {
    field = std::move(value);
    return true;
  }
};

// A value of an enumeration by its name; the one without a name is none.
template <typename Enum, std::string_view (*kName)(Enum),
          std::optional<Enum> (*kFromName)(std::string_view)>
struct NameCodec {
  static constexpr CellType kType = CellType::kName;
  static constexpr bool kNullable = std::is_same_v<Enum, Tunnel>;
  static bool IsKnown(Enum field) { return !kName(field).empty(); }
  static std::string_view ValueOf(Enum field) { return kName(field); }
  static bool Set(std::string_view value, Enum& field) {
    const std::optional<Enum> named = kFromName(value);
    field = named.value_or(field);
    return named.has_value();
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
  static bool IsKnown(const std::optional<Field>& field) { return field.has_value(); }
  static decltype(auto) ValueOf(const std::optional<Field>& field) {
    return Codec<Field>::ValueOf(*field);
  }
  static bool Set(const typename CellForm<kType>::Value& value, std::optional<Field>& field) {
    return Codec<Field>::Set(value, field.emplace());
  }
};

// TCP flags, which are a number to C++.
struct FlagsCodec : Codec<uint8_t> {
  static constexpr CellType kType = CellType::kFlags;
  static uint8_t ValueOf(uint8_t field) { return field; }
};

// Writes a field as text of a format at `at`, or that it is not known; returns the end.
template <TextFormat kFormat, typename Field, typename How = Codec<Field>>
char* PutField(const Field& field, RowText& row, char* at) {
  using Form = CellForm<How::kType>;
  if (!How::IsKnown(field)) return Form::template PutUnknown<kFormat>(at);
  return Form::template Put<kFormat>(How::ValueOf(field), row, at);
}

// Reads it back, if it is known.  False: the field can hold no such value.
template <TextFormat kFormat, typename Field, typename How = Codec<Field>>
bool ParseField(std::string_view text, Field& field) {
  using Form = CellForm<How::kType>;
  typename Form::Value value{};
  return Form::template Parse<kFormat>(text, value) && How::Set(std::move(value), field);
}

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_COLUMN_CODEC_H_
