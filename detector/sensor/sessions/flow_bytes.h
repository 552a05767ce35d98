// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_SESSIONS_FLOW_BYTES_H_
#define CAIRN_DETECTOR_SENSOR_SESSIONS_FLOW_BYTES_H_

#include <cstdint>

#include "capture/segment.h"
#include "detector/sensor/sessions/sequence_gaps.h"

namespace cairn::sessions {

// What one segment brought to its flow.
struct SegmentDelta {
  uint32_t repeated_bytes = 0;  // of its payload, captured before (or beyond the flow's FIN)
  bool gap = false;             // bytes before it have not been captured
  bool began_earlier = false;   // than was thought: it, or what lies behind it, came late
};

// Counts the bytes of one flow by its sequence numbers: SYN and FIN are no bytes, repeats count
// once, what was sent and not captured counts too, and numbers may wrap any number of times
// (Heberlein, sections 4 and 5).  The order of shutdown needs no correction here, because a FIN's
// place in the sequence is known and not guessed from a difference.
//
//   bytes() = payload captured - repeated_bytes of all segments + gaps.missed_bytes()
//
// A segment without payload moves nothing, a RST neither: their numbers prove nothing.  Which
// segments are believed is decided before (connections/flow_place.h); the others do not come here.
//
// All zero bytes when empty; 12 bytes.  Thread-compatible.  O(1), no allocation.
class FlowBytes {
 public:
  // `fin`: the segment has a FIN, and it is believed.
  // `gaps`: the flow's, always the same; apart, because few segments need them.  They change only
  // where the delta says repeated_bytes, gap or began_earlier.
  SegmentDelta Take(const Segment& segment, bool fin, SequenceGaps& gaps) {
    // What nearly all segments are: next in order.
    const bool plain = (segment.flags & (kSyn | kFin | kRst)) == 0;
    if (plain && segment.seq == next_ && (state_ & (kBased | kFinSeen)) == kBased) {
      Advance(segment.payload_bytes);
      return {};
    }
    return TakeOther(segment, fin, gaps);
  }
  // Data that waited beyond a gap, and are believed now.  What the flow has passed since was a
  // repeat, or not true, and is left out.
  SegmentDelta TakeWaiting(uint32_t begin, uint32_t end, SequenceGaps& gaps);
  // The flow is known to be at `place`: what lies before it and was not captured is a gap, and what
  // lies behind it was not true.
  SegmentDelta MoveTo(uint32_t place, SequenceGaps& gaps);
  // The FIN was not true.
  void WithdrawFin() { state_ &= ~kFinSeen; }

  // One beyond the highest byte, as a sequence number.  Requires: something was taken.
  uint32_t next() const { return next_; }
  uint64_t bytes() const { return state_ & kHighest; }

 private:
  static constexpr uint64_t kBased = uint64_t{1} << 63;  // next_ holds
  static constexpr uint64_t kSynSeen = uint64_t{1} << 62;
  static constexpr uint64_t kFinSeen = uint64_t{1} << 61;
  static constexpr uint64_t kHighest = kFinSeen - 1;

  SegmentDelta TakeOther(const Segment& segment, bool fin, SequenceGaps& gaps);
  bool TakeSyn(uint32_t first, SequenceGaps& gaps);
  bool MoveBack(uint64_t bytes, SequenceGaps& gaps);
  void Advance(uint64_t bytes) {
    state_ += bytes;
    next_ += static_cast<uint32_t>(bytes);
  }

  uint64_t state_ = 0;  // one beyond the highest byte, counted from the first; and flags
  uint32_t next_ = 0;   // that byte's sequence number
} __attribute__((packed, aligned(4)));

}  // namespace cairn::sessions

#endif  // CAIRN_DETECTOR_SENSOR_SESSIONS_FLOW_BYTES_H_
