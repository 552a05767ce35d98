// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_STORED_VALUES_H_
#define CAIRN_DETECTOR_STREAM_STORED_VALUES_H_

#include <cstdint>
#include <limits>

#include "base/address.h"
#include "base/time.h"
#include "detector/stream/stored_codec.h"
#include "detector/stream/stored_fields.h"
#include "detector/stream/stored_stream.h"

// How the values that events are made of are stored.  Each function works in both directions: of a
// FieldWriter it writes what is there, of a FieldReader it fills it.  O(1).
namespace cairn::stream {

inline constexpr uint64_t kHighestPort = std::numeric_limits<uint16_t>::max();

template <typename Fields, typename Address>
void CodeAddress(Fields& fields, Address& address) {
  bool is_v4 = address.IsV4();
  fields.Number(is_v4);
  auto low32 = static_cast<uint32_t>(address.low());
  uint64_t high = address.high();
  uint64_t low = address.low();
  if (is_v4) {
    fields.Fixed32(low32);
  } else {
    fields.Fixed(high);
    fields.Fixed(low);
  }
  if constexpr (Fields::kReads) {
    address = is_v4 ? IpAddress::FromV4(low32) : IpAddress::FromWords(high, low);
  }
}

template <typename Fields, typename End>
void CodeEndpoint(Fields& fields, End& end) {
  CodeAddress(fields, end.ip);
  fields.Number(end.port, kHighestPort);
}

constexpr PacketTime Moved(PacketTime time, int64_t nanoseconds) {
  return PacketTime::FromNanoseconds(static_cast<int64_t>(
      static_cast<uint64_t>(time.ToNanoseconds()) + static_cast<uint64_t>(nanoseconds)));
}
constexpr int64_t Since(PacketTime time, PacketTime before) {
  return static_cast<int64_t>(static_cast<uint64_t>(time.ToNanoseconds()) -
                              static_cast<uint64_t>(before.ToNanoseconds()));
}

template <typename Fields, typename Time>
void CodeTimeFrom(Fields& fields, PacketTime from, Time& time) {
  int64_t since = Since(time, from);
  fields.Signed(since);
  if constexpr (Fields::kReads) {
    time = Moved(from, since);
    if (time >= kEarliestStored && time <= kLatestStored) return;
    fields.Refuse("a time is out of range");
    time = PacketTime();
  }
}

// The event's own time: the next ones are told from it on.
template <typename Fields, typename Time>
void CodeTime(Fields& fields, StoredState& state, Time& time) {
  CodeTimeFrom(fields, state.latest, time);
  state.latest = time;
}

template <typename Fields, typename Delta>
void CodeDelta(Fields& fields, Delta& delta, PacketDelta most) {
  auto nanoseconds = static_cast<uint64_t>(delta.ToNanoseconds());
  fields.Number(nanoseconds, static_cast<uint64_t>(most.ToNanoseconds()));
  if constexpr (Fields::kReads) {
    delta = PacketDelta::FromNanoseconds(static_cast<int64_t>(nanoseconds));
  }
}

template <typename Fields, typename Delta>
void CodeSignedDelta(Fields& fields, Delta& delta) {
  int64_t nanoseconds = delta.ToNanoseconds();
  fields.Signed(nanoseconds);
  if constexpr (Fields::kReads) delta = PacketDelta::FromNanoseconds(nanoseconds);
}

// Up to eight flags in a byte, the first one lowest.
template <typename Fields, typename... Flags>
void CodeFlags(Fields& fields, Flags&... flags) {
  uint8_t bits = 0;
  unsigned at = 0;
  ((bits = static_cast<uint8_t>(bits | (flags ? 1U : 0U) << at++)), ...);
  fields.Number(bits, (1U << sizeof...(flags)) - 1);
  if constexpr (Fields::kReads) {
    const unsigned read = bits;
    at = 0;
    ((flags = (read >> at++ & 1U) != 0), ...);
  }
}

template <typename Fields, typename Optional, typename CodeValue>
void CodeOptional(Fields& fields, Optional& optional, CodeValue code) {
  bool has = optional.has_value();
  fields.Number(has);
  if constexpr (Fields::kReads) {
    optional.reset();
    if (has) optional.emplace();
  }
  if (has) code(*optional);
}

}  // namespace cairn::stream

#endif  // CAIRN_DETECTOR_STREAM_STORED_VALUES_H_
