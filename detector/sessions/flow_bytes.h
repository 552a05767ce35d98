// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SESSIONS_FLOW_BYTES_H_
#define CAIRN_DETECTOR_SESSIONS_FLOW_BYTES_H_

#include <cstdint>

#include "capture/segment.h"
#include "detector/sessions/sequence_gaps.h"

namespace cairn::sessions {

// What one segment brought to its flow.
struct FlowNews {
  uint32_t repeated_bytes = 0;  // of its payload, captured before (or beyond the flow's FIN)
  bool gap = false;             // bytes before it have not been captured
};

// Counts the bytes of one flow by its sequence numbers: SYN and FIN are no bytes, repeats count
// once, what was sent and not captured counts too, and numbers may wrap any number of times
// (Heberlein, sections 4 and 5).  The order of shutdown needs no correction here, because a FIN's
// place in the sequence is known and not guessed from a difference.
//
//   bytes() = payload captured - repeated_bytes of all segments + gaps.missed_bytes()
//
// A segment without payload moves nothing, a RST neither: their numbers prove nothing.
//
// All zero bytes when empty.  Thread-compatible.  O(1), no allocation.
class FlowBytes {
 public:
  // `confirmed_jump`: the segment's number is far off, and believed because others agreed with it
  // (ConnectionTracker's new data).  Far-off numbers that nobody confirmed count as repeats.
  // `gaps`: the flow's, always the same; apart, because few segments need them.
  FlowNews Take(const Segment& segment, bool confirmed_jump, SequenceGaps& gaps);

  uint64_t bytes() const { return highest_; }

 private:
  void TakeSyn(uint32_t first, SequenceGaps& gaps);
  void MoveBack(uint64_t bytes, SequenceGaps& gaps);

  uint64_t highest_ = 0;  // one beyond the last byte, counted from the first
  uint32_t base_ = 0;     // sequence number of the first byte
  bool based_ : 1 = false;
  bool syn_seen_ : 1 = false;
  bool fin_seen_ : 1 = false;
};

}  // namespace cairn::sessions

#endif  // CAIRN_DETECTOR_SESSIONS_FLOW_BYTES_H_
