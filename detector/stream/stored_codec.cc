// SPDX-License-Identifier: BSD-3-Clause
#include "detector/stream/stored_codec.h"

#include <cstddef>

#include "detector/stream/connection_id.h"
#include "detector/stream/stored_values.h"

namespace cairn::stream {
namespace {

constexpr PacketDelta kLongestTrip = PacketDelta::FromSeconds(3600);

// What is known of the slot; null: there is no such slot.
template <typename Fields, typename Slot>
StoredState::Known* CodeSlot(Fields& fields, StoredState& state, Slot& slot) {
  fields.Number(slot);
  if (slot >= state.most_slots) {
    fields.Refuse("its slot is beyond connections.max_connections");
    return nullptr;
  }
  if (!fields.ok()) return nullptr;
  if (slot >= state.known.size()) state.known.resize(size_t{slot} + 1);
  return &state.known[slot];
}

template <typename Fields, typename Flow>
void CodeFlow(Fields& fields, StoredState& state, Flow& flow) {
  StoredState::Known* known = CodeSlot(fields, state, flow.slot);
  if (known == nullptr) return;
  bool is_second = flow.flow != 0;
  bool second_began = flow.originator_side != 0;
  bool reverse_seen = flow.reverse_seen;
  bool is_new = known->uid != flow.uid || known->key != flow.key || known->start != flow.start;
  bool has_trips = is_new || known->far_trip != flow.far_trip;
  CodeFlags(fields, is_second, second_began, reverse_seen, is_new, has_trips);
  fields.Number(flow.originator, static_cast<uint64_t>(OriginatorSource::kGuessed));
  fields.Number(flow.not_believed);
  if constexpr (Fields::kReads) {
    flow.flow = is_second ? 1 : 0;
    flow.originator_side = second_began ? 1 : 0;
    flow.reverse_seen = reverse_seen;
    if (!is_new && known->uid == 0) fields.Refuse("its connection was never named");
  }
  if (is_new) {
    for (unsigned side = 0; side < 2; ++side) {
      CodeAddress(fields, flow.key.ip[side]);
      fields.Number(flow.key.port[side], kHighestPort);
    }
    CodeTimeFrom(fields, state.latest, flow.start);
    known->key = flow.key;
    known->start = flow.start;
    known->uid = ConnectionId(flow.key, flow.start);
  }
  if (has_trips) {
    for (auto& trip : flow.far_trip) CodeDelta(fields, trip, kLongestTrip);
    known->far_trip = flow.far_trip;
  }
  if constexpr (Fields::kReads) {
    flow.key = known->key;
    flow.start = known->start;
    flow.uid = known->uid;
    flow.far_trip = known->far_trip;
  }
}

template <typename Fields, typename History>
void CodeHistory(Fields& fields, PacketTime time, History& history) {
  bool is_onset = history.is_onset;
  std::array<bool, 2> has = {history.previous[0].IsSet(), history.previous[1].IsSet()};
  bool waited = history.wait_ms != timing::OnsetHistory::kNoWait;
  CodeFlags(fields, is_onset, has[0], has[1], waited);
  fields.Number(history.count);
  fields.Number(history.reverse_count);
  if constexpr (Fields::kReads) {
    history.is_onset = is_onset;
    history.wait_ms = timing::OnsetHistory::kNoWait;
    history.previous = {PacketTime::InfinitePast(), PacketTime::InfinitePast()};
  }
  if (waited) fields.Number(history.wait_ms);
  for (unsigned i = 0; i < 2; ++i) {
    if (has[i]) CodeTimeFrom(fields, time, history.previous[i]);
  }
}

template <typename Fields, typename Event>
void CodeOnset(Fields& fields, StoredState& state, Event& onset) {
  CodeFlow(fields, state, onset);
  CodeTime(fields, state, onset.time);
  for (auto& history : onset.history) CodeHistory(fields, onset.time, history);
}

template <typename Fields, typename Event>
void CodeSecond(Fields& fields, StoredState& state, Event& second) {
  constexpr uint64_t kAllMarks = (uint64_t{1} << FlowSecond::kMarks) - 1;
  constexpr uint64_t kAllTenths = (uint64_t{1} << FlowSecond::kTenths) - 1;
  constexpr int64_t kFarthest = 4'330'000'000;
  CodeFlow(fields, state, second.flow);
  int64_t since = second.number - state.second;
  fields.Signed(since);
  if constexpr (Fields::kReads) {
    if (since < -2 * kFarthest || since > 2 * kFarthest) fields.Refuse("a second is out of range");
    second.number = fields.ok() ? state.second + since : 0;
    if (second.number < -kFarthest || second.number >= kFarthest) {
      fields.Refuse("a second is out of range");
      second.number = 0;
    }
  }
  state.second = second.number;
  bool answered = second.answered;
  bool has_previous = second.previous.IsSet();
  CodeFlags(fields, answered, has_previous);
  if constexpr (Fields::kReads) {
    second.answered = answered;
    second.previous = PacketTime::InfinitePast();
  }
  if (has_previous) CodeTimeFrom(fields, second.begin(), second.previous);
  fields.Number(second.initiative, FlowSecond::kMostInitiative);
  fields.Number(second.marks, kAllMarks);
  uint64_t active = 0;
  for (unsigned tenth = 0; tenth < FlowSecond::kTenths; ++tenth) {
    if (second.segments[tenth] != 0) active |= uint64_t{1} << tenth;
  }
  fields.Number(active, kAllTenths);
  for (unsigned tenth = 0; tenth < FlowSecond::kTenths; ++tenth) {
    if ((active >> tenth & 1U) != 0) {
      fields.Number(second.segments[tenth]);
    } else if constexpr (Fields::kReads) {
      second.segments[tenth] = 0;
    }
  }
}

template <typename Fields, typename Event>
void CodeParted(Fields& fields, StoredState& state, Event& parted) {
  const StoredState::Known* known = CodeSlot(fields, state, parted.slot);
  if (known == nullptr) return;
  bool is_known = known->uid != 0 && known->uid == parted.uid && known->key.ip == parted.ends;
  fields.Number(is_known);
  if (!is_known) {
    fields.Fixed(parted.uid);
    for (auto& end : parted.ends) CodeAddress(fields, end);
  } else if constexpr (Fields::kReads) {
    parted.uid = known->uid;
    parted.ends = known->key.ip;
  }
  CodeTime(fields, state, parted.time);
}

template <typename Fields, typename Event>
void CodeClosed(Fields& fields, StoredState& state, Event& closed) {
  const StoredState::Known* known = CodeSlot(fields, state, closed.slot);
  if (known == nullptr) return;
  bool is_known = known->uid != 0 && known->uid == closed.uid;
  fields.Number(is_known);
  if (!is_known) {
    fields.Fixed(closed.uid);
  } else if constexpr (Fields::kReads) {
    closed.uid = known->uid;
  }
  fields.Number(closed.cause, static_cast<uint64_t>(SessionEnd::kEndOfCapture));
  CodeTime(fields, state, closed.time);
}

template <typename Fields, typename Event>
void CodeInsertion(Fields& fields, StoredState& state, Event& seen) {
  auto& connection = seen.connection;
  fields.Fixed(connection.uid);
  CodeEndpoint(fields, connection.orig);
  CodeEndpoint(fields, connection.resp);
  CodeTimeFrom(fields, state.latest, connection.start);
  fields.Number(connection.originator, static_cast<uint64_t>(OriginatorSource::kGuessed));
  fields.Number(connection.reversed);
  fields.Number(seen.segments);
  CodeTime(fields, state, seen.time);
}

template <typename Fields, typename Event>
void CodeTick(Fields& fields, StoredState& state, Event& tick) {
  bool has_time = tick.time.IsSet();
  bool moves_time = tick.moves_time;
  CodeFlags(fields, has_time, moves_time);
  if constexpr (Fields::kReads) {
    tick.moves_time = moves_time;
    tick.time = PacketTime::InfinitePast();
    if (moves_time && !has_time) fields.Refuse("time goes on to no time");
  }
  if (has_time) CodeTime(fields, state, tick.time);
  fields.Number(tick.packets_lost);
}

template <typename Fields, typename Event>
void CodeClockSet(Fields& fields, StoredState& state, Event& step) {
  CodeTimeFrom(fields, state.latest, step.time);
  CodeTimeFrom(fields, state.latest, step.stamp);
  CodeSignedDelta(fields, step.size);
  CodeSignedDelta(fields, step.offset);
  fields.Text(step.source, ClockSet::kMostSourceBytes);
  fields.Number(step.interface);
}

}  // namespace

void Encode(StoredState& state, const timing::Onset& event, FieldWriter& fields) {
  CodeOnset(fields, state, event);
}
void Encode(StoredState& state, const FlowSecond& event, FieldWriter& fields) {
  CodeSecond(fields, state, event);
}
void Encode(StoredState& state, const HostsParted& event, FieldWriter& fields) {
  CodeParted(fields, state, event);
}
void Encode(StoredState& state, const ConnectionClosed& event, FieldWriter& fields) {
  CodeClosed(fields, state, event);
}
void Encode(StoredState& state, const InsertionSeen& event, FieldWriter& fields) {
  CodeInsertion(fields, state, event);
}
void Encode(StoredState& state, const Tick& event, FieldWriter& fields) {
  CodeTick(fields, state, event);
}
void Encode(StoredState& state, const ClockSet& event, FieldWriter& fields) {
  CodeClockSet(fields, state, event);
}

void Decode(StoredState& state, timing::Onset& event, FieldReader& fields) {
  CodeOnset(fields, state, event);
}
void Decode(StoredState& state, FlowSecond& event, FieldReader& fields) {
  CodeSecond(fields, state, event);
}
void Decode(StoredState& state, HostsParted& event, FieldReader& fields) {
  CodeParted(fields, state, event);
}
void Decode(StoredState& state, ConnectionClosed& event, FieldReader& fields) {
  CodeClosed(fields, state, event);
}
void Decode(StoredState& state, InsertionSeen& event, FieldReader& fields) {
  CodeInsertion(fields, state, event);
}
void Decode(StoredState& state, Tick& event, FieldReader& fields) {
  CodeTick(fields, state, event);
}
void Decode(StoredState& state, ClockSet& event, FieldReader& fields) {
  CodeClockSet(fields, state, event);
}

}  // namespace cairn::stream
