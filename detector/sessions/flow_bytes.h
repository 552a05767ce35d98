// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SESSIONS_FLOW_BYTES_H_
#define CAIRN_DETECTOR_SESSIONS_FLOW_BYTES_H_

#include <array>
#include <cstdint>

#include "capture/segment.h"

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
//   bytes() = payload captured - repeated_bytes of all segments + missed_bytes()
//
// A gap is remembered, so that what fills it later is no repeat: two at once; of more, the oldest
// is given up (its bytes stay missed, and count as repeated when they come after all).  A segment
// without payload moves nothing, a RST neither: their numbers prove nothing.
//
// All zero bytes when empty.  Thread-compatible.  O(1), no allocation.
class FlowBytes {
 public:
  // `confirmed_jump`: the segment's number is far off, and believed because others agreed with it
  // (ConnectionTracker's new data).  Far-off numbers that nobody confirmed count as repeats.
  FlowNews Take(const Segment& segment, bool confirmed_jump);

  uint64_t bytes() const { return highest_; }
  uint64_t missed_bytes() const { return missed_; }

 private:
  struct Gap {
    uint64_t begin = 0;  // in bytes from the flow's first
    uint64_t end = 0;    // empty: begin == end
  };

  void TakeSyn(uint32_t first);
  void MoveBack(uint64_t bytes);
  void AddGap(uint64_t begin, uint64_t end);
  uint32_t Fill(uint64_t begin, uint64_t end);

  uint64_t highest_ = 0;  // one beyond the last byte, counted from the first
  uint64_t missed_ = 0;
  std::array<Gap, 2> gaps_;
  uint32_t base_ = 0;  // sequence number of the first byte
  bool based_ = false;
  bool syn_seen_ = false;
  bool fin_seen_ = false;
};

}  // namespace cairn::sessions

#endif  // CAIRN_DETECTOR_SESSIONS_FLOW_BYTES_H_
