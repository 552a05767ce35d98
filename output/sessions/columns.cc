// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/columns.h"

#include <array>
#include <span>
#include <type_traits>
#include <utility>

#include "output/community_id.h"
#include "output/sessions/column_codec.h"

namespace cairn::output {
namespace {

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
      .put = [](const SessionRecord& session, RowText& row,
                char* at) { return How::Put(Where::In(session), row, at); },
      .set = [](SessionRecord& session,
                const Cell& cell) { return How::Set(cell, Where::In(session)); }};
}
template <typename Where, typename HowGiven = void>
constexpr Column Field(std::string_view name, Need need = Need::kOptional) {
  return Field<Where, HowGiven>(name, name, need);
}

// What follows from other fields.
template <typename How>
constexpr Column Derived(std::string_view name) {
  return {.name = name,
          .sql_name = name,
          .type = How::kType,
          .nullable = How::kNullable,
          .essential = false,
          .get = How::Get,
          .put = How::Put,
          .set = nullptr};
}

struct Duration : Codec<PacketDelta> {
  static void Get(const SessionRecord& session, Cell& cell) {
    Codec<PacketDelta>::Get(session.duration(), cell);
  }
  static char* Put(const SessionRecord& session, RowText& row, char* at) {
    return Codec<PacketDelta>::Put(session.duration(), row, at);
  }
};

struct CommunityIdOfEnds {
  static constexpr CellType kType = CellType::kText;
  static constexpr bool kNullable = true;
  static void Get(const SessionRecord& session, Cell& cell) {
    const size_t size = CommunityIdTo(session.client().end, session.server().end, cell.own_text);
    cell.known = size > 0;
    cell.text = {cell.own_text.data(), size};
  }
  static char* Put(const SessionRecord& session, RowText& /*row*/, char* at) {
    static_assert(kLongestCommunityId <= kLongestPart);
    const std::span<char, kLongestCommunityId> room(at, kLongestCommunityId);
    const size_t size = CommunityIdTo(session.client().end, session.server().end, room);
    return size > 0 ? at + size : PutUnknown(at);
  }
};

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
    Derived<Duration>("duration_ns"),
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
    Derived<CommunityIdOfEnds>("community_id"),
    Field<Own<&SessionRecord::alerts>>("alerts"),
    Field<OfSide<kClient, &SessionSide::unbelieved_packets>>("client_unbelieved_packets"),
    Field<OfSide<kServer, &SessionSide::unbelieved_packets>>("server_unbelieved_packets"),
});

}  // namespace

std::span<const Column> SessionColumns() { return kColumns; }

void AppendRow(const SessionRecord& session, char separator, TimeWriter& times, TextBuffer& out) {
  RowText row(times, out);
  char* at = row.Room();
  // The table is known to the compiler, which makes straight code of it.
  [&]<size_t... kPlace>(std::index_sequence<kPlace...>) {
    ((at = kColumns[kPlace].put(session, row, at),
      *at++ = kPlace + 1 < kColumns.size() ? separator : '\n'),
     ...);
  }
  (std::make_index_sequence<kColumns.size()>());
  out.Commit(at);
}

std::optional<size_t> FindColumn(std::string_view name, std::string_view Column::*name_of,
                                 size_t guess) {
  if (guess < kColumns.size() && kColumns[guess].*name_of == name) return guess;
  for (size_t i = 0; i < kColumns.size(); ++i) {
    if (kColumns[i].*name_of == name) return i;
  }
  return std::nullopt;
}

}  // namespace cairn::output
