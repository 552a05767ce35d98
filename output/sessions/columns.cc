// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/columns.h"

#include <algorithm>
#include <array>
#include <concepts>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "output/community_id.h"
#include "output/sessions/text_parts.h"

namespace cairn::output {
namespace {

constexpr size_t kMostAlerts = 16;
constexpr size_t kClient = static_cast<size_t>(Side::kClient);
constexpr size_t kServer = static_cast<size_t>(Side::kServer);

// Where a field lies in a record.
template <auto kMember>
struct Own {
  static auto& In(auto& session) { return session.*kMember; }
};
template <size_t kSide, auto kMember>
struct OfSide {
  static auto& In(auto& session) { return session.side[kSide].*kMember; }
};
template <size_t kSide, auto kMember>
struct OfEnd {
  static auto& In(auto& session) { return session.side[kSide].end.*kMember; }
};

// How a field of a C++ type becomes a cell, and a cell such a field.
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
};

template <>
struct Codec<PacketDelta> {
  static constexpr CellType kType = CellType::kInteger;
  static void Get(PacketDelta field, Cell& cell) {
    cell.number = static_cast<uint64_t>(field.ToNanoseconds());
  }
  static bool Set(const Cell& cell, PacketDelta& field) {
    field = PacketDelta::FromNanoseconds(static_cast<int64_t>(cell.number));
    return true;
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
};

// None is an empty list, not an unknown one: only text forms need a mark for it.
template <>
struct Codec<std::vector<std::string>> {
  static constexpr CellType kType = CellType::kTexts;
  static constexpr bool kNullable = true;
  static void Get(const std::vector<std::string>& field, Cell& cell) {
    cell.known = !field.empty();
    cell.texts = &field;
  }
  static bool Set(const Cell& cell, std::vector<std::string>& field) {
    field.clear();
    if (cell.texts != nullptr) {
      field.assign(cell.texts->begin(),
                   cell.texts->begin() +
                       static_cast<std::ptrdiff_t>(std::min(cell.texts->size(), kMostAlerts)));
      return true;
    }
    std::string_view rest = cell.text;
    while (!rest.empty() && field.size() < kMostAlerts) {
      const size_t comma = rest.find(',');
      if (comma != 0) field.emplace_back(rest.substr(0, comma));
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
    return true;
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
};

struct FlagsCodec : Codec<uint8_t> {
  static constexpr CellType kType = CellType::kFlags;
};

enum class Need : uint8_t { kOptional, kEssential };

template <typename Where, typename HowGiven = void>
constexpr Column Field(std::string_view name, std::string_view sql_name,
                       Need need = Need::kOptional) {
  using Type = std::remove_cvref_t<decltype(Where::In(std::declval<SessionRecord&>()))>;
  using How = std::conditional_t<std::is_void_v<HowGiven>, Codec<Type>, HowGiven>;
  return {
      .name = name,
      .sql_name = sql_name,
      .type = How::kType,
      .nullable = How::kNullable,
      .essential = need == Need::kEssential,
      .get = [](const SessionRecord& session, Cell& cell) { How::Get(Where::In(session), cell); },
      .set = [](SessionRecord& session,
                const Cell& cell) { return How::Set(cell, Where::In(session)); }};
}
template <typename Where, typename HowGiven = void>
constexpr Column Field(std::string_view name, Need need = Need::kOptional) {
  return Field<Where, HowGiven>(name, name, need);
}

template <CellType kType, void (*kGet)(const SessionRecord&, Cell&)>
constexpr Column Derived(std::string_view name) {
  return {.name = name,
          .sql_name = name,
          .type = kType,
          .nullable = kType == CellType::kText,
          .essential = false,
          .get = kGet,
          .set = nullptr};
}

void GetDuration(const SessionRecord& session, Cell& cell) {
  Codec<PacketDelta>::Get(session.duration(), cell);
}

void GetCommunityId(const SessionRecord& session, Cell& cell) {
  const size_t size = CommunityIdTo(session.client().end, session.server().end, cell.own_text);
  cell.known = size > 0;
  cell.text = {cell.own_text.data(), size};
}

constexpr Need kEssential = Need::kEssential;

// One line a column, in the order of the files.  Never rename one: add.
constexpr auto kColumns = std::to_array<Column>({
    Field<Own<&SessionRecord::id>>("session_id"),
    Field<Own<&SessionRecord::server_confidence>>("server_confidence"),
    Field<OfEnd<kClient, &Endpoint::ip>>("client_ip", kEssential),
    Field<OfEnd<kClient, &Endpoint::port>>("client_port", kEssential),
    Field<OfEnd<kServer, &Endpoint::ip>>("server_ip", kEssential),
    Field<OfEnd<kServer, &Endpoint::port>>("server_port", kEssential),
    Field<Own<&SessionRecord::transient_server>>("transient_server"),
    Field<Own<&SessionRecord::inbound>>("inbound"),
    Field<Own<&SessionRecord::full_analysis>>("full_analysis"),
    Field<OfSide<kClient, &SessionSide::first_flags>, FlagsCodec>("client_first_flags"),
    Field<OfSide<kServer, &SessionSide::first_flags>, FlagsCodec>("server_first_flags"),
    Field<OfSide<kClient, &SessionSide::flags>, FlagsCodec>("client_flags"),
    Field<OfSide<kServer, &SessionSide::flags>, FlagsCodec>("server_flags"),
    Field<OfSide<kClient, &SessionSide::payload_bytes>>("client_payload_bytes"),
    Field<OfSide<kServer, &SessionSide::payload_bytes>>("server_payload_bytes"),
    Field<OfSide<kClient, &SessionSide::packets>>("client_packets"),
    Field<OfSide<kServer, &SessionSide::packets>>("server_packets"),
    Field<OfSide<kClient, &SessionSide::first_seq>>("client_first_seq"),
    Field<OfSide<kServer, &SessionSide::first_seq>>("server_first_seq"),
    Field<OfSide<kClient, &SessionSide::last_seq>>("client_last_seq"),
    Field<OfSide<kServer, &SessionSide::last_seq>>("server_last_seq"),
    Field<Own<&SessionRecord::first_time>>("first_time", "first_time_ns", kEssential),
    Field<Own<&SessionRecord::last_time>>("last_time", "last_time_ns"),
    Field<OfSide<kClient, &SessionSide::fingerprint>>("client_fingerprint"),
    Field<OfSide<kServer, &SessionSide::fingerprint>>("server_fingerprint"),
    Field<Own<&SessionRecord::end>>("end"),
    Field<Own<&SessionRecord::state>>("conn_state"),
    Field<Own<&SessionRecord::history>>("history"),
    Field<Own<&SessionRecord::closed_by>>("closed_by"),
    Field<Own<&SessionRecord::first_data_by>>("first_data_by"),
    Derived<CellType::kInteger, GetDuration>("duration_ns"),
    Field<OfSide<kClient, &SessionSide::bytes>>("client_bytes"),
    Field<OfSide<kServer, &SessionSide::bytes>>("server_bytes"),
    Field<OfSide<kClient, &SessionSide::retransmitted_bytes>>("client_retransmitted_bytes"),
    Field<OfSide<kServer, &SessionSide::retransmitted_bytes>>("server_retransmitted_bytes"),
    Field<OfSide<kClient, &SessionSide::retransmitted_packets>>("client_retransmitted_packets"),
    Field<OfSide<kServer, &SessionSide::retransmitted_packets>>("server_retransmitted_packets"),
    Field<OfSide<kClient, &SessionSide::missed_bytes>>("client_missed_bytes"),
    Field<OfSide<kServer, &SessionSide::missed_bytes>>("server_missed_bytes"),
    Field<OfSide<kClient, &SessionSide::onsets>>("client_onsets"),
    Field<OfSide<kServer, &SessionSide::onsets>>("server_onsets"),
    Field<OfSide<kClient, &SessionSide::off_share>>("client_off_share"),
    Field<OfSide<kServer, &SessionSide::off_share>>("server_off_share"),
    Field<OfSide<kClient, &SessionSide::round_trip>>("client_round_trip_ns"),
    Field<OfSide<kServer, &SessionSide::round_trip>>("server_round_trip_ns"),
    Field<Own<&SessionRecord::vlan>>("vlan"),
    Field<Own<&SessionRecord::tunnel>>("tunnel"),
    Derived<CellType::kText, GetCommunityId>("community_id"),
    Field<Own<&SessionRecord::alerts>>("alerts"),
});

}  // namespace

std::span<const Column> SessionColumns() { return kColumns; }

std::optional<size_t> FindColumn(std::string_view name, std::string_view Column::*name_of,
                                 size_t guess) {
  if (guess < kColumns.size() && kColumns[guess].*name_of == name) return guess;
  for (size_t i = 0; i < kColumns.size(); ++i) {
    if (kColumns[i].*name_of == name) return i;
  }
  return std::nullopt;
}

}  // namespace cairn::output
