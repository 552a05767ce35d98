// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_STORED_CODEC_H_
#define CAIRN_DETECTOR_STREAM_STORED_CODEC_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "detector/stream/connection_key.h"
#include "detector/stream/events.h"
#include "detector/stream/flow_second.h"
#include "detector/stream/onset.h"
#include "detector/stream/stored_fields.h"
#include "detector/stream/stored_stream.h"

namespace cairn::stream {

// What writer and reader remember from event to event, so that it need not be told again.
struct StoredState {
  // Of the connection that a slot was last named with.
  struct Known {
    connections::ConnectionKey key;
    uint64_t uid = 0;  // 0: none yet
    PacketTime start;
    std::array<PacketDelta, 2> far_trip = {PacketDelta::Zero(), PacketDelta::Zero()};
  };
  // No event has a slot from `slots` on.
  explicit StoredState(uint32_t slots) : most_slots(slots) {}

  const uint32_t most_slots;
  std::vector<Known> known;  // by slot: about 70 bytes each, up to the highest that was named
  PacketTime latest;         // times are told by how far they are from it
  int64_t second = 0;        // the latest FlowSecond's number
};

// The fields of an event, without tag and length.  A connection's number is not among them where
// its key and its start are: it follows from these (connection_id.h).
//
// Of FieldReader, every field is checked by itself: range, enumerators, lengths.  Whether the
// events make sense together: stream_check.h.  Cost: O(1), but for texts.
void Encode(StoredState& state, const timing::Onset& event, FieldWriter& fields);
void Encode(StoredState& state, const FlowSecond& event, FieldWriter& fields);
void Encode(StoredState& state, const HostsParted& event, FieldWriter& fields);
void Encode(StoredState& state, const ConnectionClosed& event, FieldWriter& fields);
void Encode(StoredState& state, const InsertionSeen& event, FieldWriter& fields);
void Encode(StoredState& state, const SessionSeen& event, FieldWriter& fields);
void Encode(StoredState& state, const Tick& event, FieldWriter& fields);
void Encode(StoredState& state, const ClockSet& event, FieldWriter& fields);

// Fills all of `event`.
void Decode(StoredState& state, timing::Onset& event, FieldReader& fields);
void Decode(StoredState& state, FlowSecond& event, FieldReader& fields);
void Decode(StoredState& state, HostsParted& event, FieldReader& fields);
void Decode(StoredState& state, ConnectionClosed& event, FieldReader& fields);
void Decode(StoredState& state, InsertionSeen& event, FieldReader& fields);
void Decode(StoredState& state, SessionSeen& event, FieldReader& fields);
void Decode(StoredState& state, Tick& event, FieldReader& fields);
void Decode(StoredState& state, ClockSet& event, FieldReader& fields);

// What an event begins with.
template <typename Event>
constexpr EventTag kTagOf = EventTag();  // none: it has no place in a file yet
template <>
inline constexpr EventTag kTagOf<timing::Onset> = EventTag::kOnset;
template <>
inline constexpr EventTag kTagOf<FlowSecond> = EventTag::kFlowSecond;
template <>
inline constexpr EventTag kTagOf<HostsParted> = EventTag::kHostsParted;
template <>
inline constexpr EventTag kTagOf<ConnectionClosed> = EventTag::kConnectionClosed;
template <>
inline constexpr EventTag kTagOf<InsertionSeen> = EventTag::kInsertionSeen;
template <>
inline constexpr EventTag kTagOf<SessionSeen> = EventTag::kSessionSeen;
template <>
inline constexpr EventTag kTagOf<Tick> = EventTag::kTick;
template <>
inline constexpr EventTag kTagOf<ClockSet> = EventTag::kClockSet;

// The fields of a header and of an end.
void EncodeSettings(const std::vector<StoredSetting>& settings, FieldWriter& fields);
void DecodeSettings(std::vector<StoredSetting>& settings, FieldReader& fields);
void EncodeEnd(const StoredEnd& end, FieldWriter& fields);
void DecodeEnd(StoredEnd& end, FieldReader& fields);

}  // namespace cairn::stream

#endif  // CAIRN_DETECTOR_STREAM_STORED_CODEC_H_
