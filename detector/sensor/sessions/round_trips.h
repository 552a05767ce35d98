// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_SESSIONS_ROUND_TRIPS_H_
#define CAIRN_DETECTOR_SENSOR_SESSIONS_ROUND_TRIPS_H_

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "capture/segment.h"

namespace cairn::sessions {

// What one side sent that awaits an answer, and the least time that such answers took: the round
// trip between the capture point and the other side.  By the handshake, and from then on by TCP's
// time stamps, where both sides send them (an answer echoes the stamp that it answers; Karn's
// doubt about repeated segments does not arise).  One question is open at a time; an answer to a
// later one closes it, too, and can only be longer than the round trip.
//
// All zero bytes when empty.  Thread-compatible.  O(1).
class RoundTrips {
 public:
  enum Awaited : uint8_t { kNothing, kSynAnswer, kStamp };

  // This side sent `segment`.  `awaited`: what of this side's awaits an answer, always the same
  // variable; apart, because most segments need nothing else.  Requires: MayAsk(segment), and
  // nothing is awaited.
  void Ask(const Segment& segment, Awaited& awaited) {
    awaited = segment.details.Knows(SegmentDetails::kTimestamps) ? kStamp : kSynAnswer;
    stamp_ = segment.details.timestamp;
    asked_ = segment.time;
  }
  // Nobody answers a pure acknowledgement, nor, without time stamps, says what data he answers.
  static bool MayAsk(const Segment& segment) {
    return segment.Has(kSyn) ||
           (segment.payload_bytes > 0 && segment.details.Knows(SegmentDetails::kTimestamps));
  }

  // The other side sent `segment`.  Requires: something is awaited.
  void Answer(const Segment& segment, Awaited& awaited) {
    if (!segment.Has(kAck) || segment.Has(kRst)) return;
    if (awaited == kStamp) {
      if (!segment.details.Knows(SegmentDetails::kTimestamps)) return;
      if (static_cast<int32_t>(segment.details.timestamp_echo - stamp_) < 0) return;
    }
    awaited = kNothing;
    const int64_t sample_ns = (segment.time - asked_).ToNanoseconds();
    least_plus_one_ns_ =
        least_plus_one_ns_ == 0 ? sample_ns + 1 : std::min(least_plus_one_ns_, sample_ns + 1);
  }

  std::optional<PacketDelta> least() const {
    if (least_plus_one_ns_ == 0) return std::nullopt;
    return PacketDelta::FromNanoseconds(least_plus_one_ns_ - 1);
  }

 private:
  PacketTime asked_;
  int64_t least_plus_one_ns_ = 0;  // 0: none was seen
  uint32_t stamp_ = 0;
};

}  // namespace cairn::sessions

#endif  // CAIRN_DETECTOR_SENSOR_SESSIONS_ROUND_TRIPS_H_
