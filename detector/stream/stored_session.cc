// SPDX-License-Identifier: BSD-3-Clause
#include <bit>
#include <cmath>
#include <cstddef>

#include "detector/stream/stored_codec.h"
#include "detector/stream/stored_values.h"

// The record of a session, but for the alerts that name it: no sensor knows them.
namespace cairn::stream {
namespace {

constexpr size_t kMostHistoryBytes = 256;

template <typename Fields, typename Side>
void CodeSide(Fields& fields, Side& side) {
  CodeEndpoint(fields, side.end);
  fields.Number(side.first_flags);
  fields.Number(side.flags);
  fields.Number(side.payload_bytes);
  fields.Number(side.packets);
  fields.Fixed32(side.first_seq);
  fields.Fixed32(side.last_seq);
  CodeOptional(fields, side.fingerprint, [&](auto& fingerprint) {
    auto bits = static_cast<uint32_t>(fingerprint);
    fields.Fixed32(bits);
    if constexpr (Fields::kReads) fingerprint = static_cast<int32_t>(bits);
  });
  CodeOptional(fields, side.local, [&](auto& local) { fields.Number(local); });
  fields.Number(side.bytes);
  fields.Number(side.retransmitted_bytes);
  fields.Number(side.retransmitted_packets);
  fields.Number(side.missed_bytes);
  fields.Number(side.unbelieved_packets);
  fields.Number(side.onsets);
  auto share = std::bit_cast<uint64_t>(side.off_share);
  fields.Fixed(share);
  if constexpr (Fields::kReads) {
    side.off_share = std::bit_cast<double>(share);
    if (!std::isfinite(side.off_share)) fields.Refuse("a share is no number");
  }
  CodeOptional(fields, side.round_trip,
               [&](auto& trip) { CodeDelta(fields, trip, PacketDelta::Infinite()); });
}

// Letters only: they are written as they are.
bool IsHistory(const std::string& history) {
  for (const char letter : history) {
    const bool is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
    if (!is_letter && letter != '^') return false;
  }
  return true;
}

template <typename Fields, typename Event>
void CodeSession(Fields& fields, StoredState& state, Event& seen) {
  auto& record = seen.record;
  fields.Fixed(seen.uid);
  fields.Number(record.id);
  bool is_last = seen.is_last;
  bool transient_server = record.transient_server;
  bool inbound = record.inbound;
  bool full_analysis = record.full_analysis;
  CodeFlags(fields, is_last, transient_server, inbound, full_analysis);
  if constexpr (Fields::kReads) {
    seen.is_last = is_last;
    record.transient_server = transient_server;
    record.inbound = inbound;
    record.full_analysis = full_analysis;
    record.alerts.clear();
  }
  fields.Number(record.server_confidence, 2);
  for (auto& side : record.side) CodeSide(fields, side);
  CodeTimeFrom(fields, state.latest, record.first_time);
  CodeTimeFrom(fields, record.first_time, record.last_time);
  fields.Number(record.end, static_cast<uint64_t>(SessionEnd::kInterim));
  fields.Number(record.state, static_cast<uint64_t>(ConnState::kOth));
  fields.Text(record.history, kMostHistoryBytes);
  if constexpr (Fields::kReads) {
    if (!IsHistory(record.history)) fields.Refuse("a history holds more than letters");
  }
  for (auto* side : {&record.closed_by, &record.first_data_by}) {
    CodeOptional(fields, *side,
                 [&](auto& value) { fields.Number(value, static_cast<uint64_t>(Side::kServer)); });
  }
  CodeOptional(fields, record.vlan, [&](auto& vlan) { fields.Number(vlan); });
  fields.Number(record.tunnel, static_cast<uint64_t>(Tunnel::kGeneve));
}

}  // namespace

void Encode(StoredState& state, const SessionSeen& event, FieldWriter& fields) {
  CodeSession(fields, state, event);
}

void Decode(StoredState& state, SessionSeen& event, FieldReader& fields) {
  CodeSession(fields, state, event);
}

}  // namespace cairn::stream
