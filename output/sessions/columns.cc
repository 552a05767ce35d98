// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/columns.h"

#include <array>
#include <span>
#include <type_traits>
#include <utility>

#include "fmt/format.h"

#include "base/printable.h"
#include "output/community_id.h"
#include "output/sessions/cell_forms.h"
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

// What is done with the field that Where::In finds in a record, by its codec.
template <typename Where, typename How>
struct InColumn {
  using Form = CellForm<How::kType>;

  template <TextFormat kFormat>
  static char* Put(const SessionRecord& session, RowText& row, char* at) {
    const auto& field = Where::In(session);
    return PutField<kFormat, std::remove_cvref_t<decltype(field)>, How>(field, row, at);
  }
  static bool Get(const SessionRecord& session, Cell& cell) {
    const auto& field = Where::In(session);
    if (!How::IsKnown(field)) return false;
    Form::Store(How::ValueOf(field), cell);
    return true;
  }
  static bool Set(SessionRecord& session, const Cell& cell) {
    typename Form::Value value{};
    return Form::Load(cell, value) && How::Set(std::move(value), Where::In(session));
  }
  static bool Parse(SessionRecord& session, std::string_view text) {
    auto& field = Where::In(session);
    return ParseField<TextFormat::kTsv, std::remove_cvref_t<decltype(field)>, How>(text, field);
  }
};

template <typename Where, typename How>
constexpr Column Shown(std::string_view name, std::string_view sql_name) {
  using To = InColumn<Where, How>;
  return {.name = name,
          .sql_name = sql_name,
          .json = To::Form::kJson,
          .sql = To::Form::kSql,
          .nullable = How::kNullable,
          .essential = false,
          .put = {To::template Put<TextFormat::kTsv>, To::template Put<TextFormat::kReport>,
                  To::template Put<TextFormat::kJson>},
          .get = To::Get,
          .set = nullptr,
          .parse = nullptr};
}

template <typename Where, typename HowGiven = void>
constexpr Column Field(std::string_view name, std::string_view sql_name,
                       Need need = Need::kOptional) {
  using Type = std::remove_cvref_t<decltype(Where::In(std::declval<SessionRecord&>()))>;
  using How = std::conditional_t<std::is_void_v<HowGiven>, Codec<Type>, HowGiven>;
  Column column = Shown<Where, How>(name, sql_name);
  column.essential = need == Need::kEssential;
  column.set = InColumn<Where, How>::Set;
  column.parse = InColumn<Where, How>::Parse;
  return column;
}
template <typename Where, typename HowGiven = void>
constexpr Column Field(std::string_view name, Need need = Need::kOptional) {
  return Field<Where, HowGiven>(name, name, need);
}

// What follows from other fields, and is not read back.
template <typename Where, typename How>
constexpr Column Derived(std::string_view name) {
  return Shown<Where, How>(name, name);
}

struct DurationOf {
  static PacketDelta In(const SessionRecord& session) { return session.duration(); }
};

struct CommunityText {
  std::array<char, kLongestCommunityId> text{};
  size_t size = 0;
};
struct CommunityIdOf {
  static CommunityText In(const SessionRecord& session) {
    CommunityText id;
    id.size = CommunityIdTo(session.client().end, session.server().end, id.text);
    return id;
  }
};
struct CommunityCodec {
  static constexpr CellType kType = CellType::kName;
  static constexpr bool kNullable = true;
  static bool IsKnown(const CommunityText& id) { return id.size > 0; }
  static std::string_view ValueOf(const CommunityText& id) { return {id.text.data(), id.size}; }
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
    Derived<DurationOf, Codec<PacketDelta>>("duration_ns"),
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
    Derived<CommunityIdOf, CommunityCodec>("community_id"),
    Field<Own<&SessionRecord::alerts>>("alerts"),
    Field<OfSide<kClient, &SessionSide::unbelieved_packets>>("client_unbelieved_packets"),
    Field<OfSide<kServer, &SessionSide::unbelieved_packets>>("server_unbelieved_packets"),
});

// The table is known to the compiler, which makes straight code of it.
template <TextFormat kFormat, size_t kCount>
void AppendFirst(const SessionRecord& session, char separator, RowText& row) {
  char* at = row.Room();
  [&]<size_t... kPlace>(std::index_sequence<kPlace...>) {
    ((at = kColumns[kPlace].PutOf(kFormat)(session, row, at),
      *at++ = kPlace + 1 < kCount ? separator : '\n'),
     ...);
  }
  (std::make_index_sequence<kCount>());
  row.Commit(at);
}

absl::Status CannotBe(const Column& column, std::string_view text) {
  return absl::InvalidArgumentError(
      fmt::format("its {} cannot be {}", column.name, QuotedWord(text)));
}

}  // namespace

std::span<const Column> SessionColumns() { return kColumns; }

void AppendTsvRow(const SessionRecord& session, RowText& row) {
  AppendFirst<TextFormat::kTsv, kColumns.size()>(session, '\t', row);
}

void AppendReportRow(const SessionRecord& session, RowText& row) {
  AppendFirst<TextFormat::kReport, kReportColumns>(session, ' ', row);
}

absl::Status SetColumn(const Column& column, const Cell& cell, std::string_view text,
                       SessionRecord& session) {
  if (column.set == nullptr || column.set(session, cell)) return absl::OkStatus();
  return CannotBe(column, text);
}

absl::Status ParseColumn(const Column& column, std::string_view text, SessionRecord& session) {
  if (column.parse == nullptr || column.parse(session, text)) return absl::OkStatus();
  return CannotBe(column, text);
}

absl::Status SetColumnFromText(const Column& column, std::string_view text,
                               SessionRecord& session) {
  if (column.parse == nullptr) return absl::OkStatus();
  if (text != kUnknownWord) return ParseColumn(column, text, session);
  if (!column.essential) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("its {} is not known", column.name));
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
