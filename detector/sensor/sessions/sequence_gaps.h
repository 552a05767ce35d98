// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_SESSIONS_SEQUENCE_GAPS_H_
#define CAIRN_DETECTOR_SENSOR_SESSIONS_SEQUENCE_GAPS_H_

#include <array>
#include <cstdint>

namespace cairn::sessions {

// Stretches of a flow that have been sent and not been captured, so that what fills one later is no
// repeat.  Two at once; of more, the earliest is given up: its bytes stay missed, and count as
// repeated when they come after all.  Places are bytes from the flow's first.
//
// All zero bytes when empty.  Thread-compatible.  O(1).
class SequenceGaps {
 public:
  // Requires: begin < end, and the bytes from `begin` on are new.
  void Add(uint64_t begin, uint64_t end);
  // These bytes came late.  How many of them had been missing.
  uint32_t Fill(uint64_t begin, uint64_t end);
  // The flow ends at `end`: no byte behind it is missing.
  void CutAt(uint64_t end);
  // The flow began `bytes` earlier than was thought.
  void Shift(uint64_t bytes);

  uint64_t missed_bytes() const { return missed_bytes_; }

 private:
  struct Gap {
    uint64_t begin = 0;
    uint32_t length = 0;  // 0: none.  A longer gap is cut off at its end.

    uint64_t end() const { return begin + length; }
  } __attribute__((packed));

  uint64_t missed_bytes_ = 0;
  std::array<Gap, 2> gaps_;
};

}  // namespace cairn::sessions

#endif  // CAIRN_DETECTOR_SENSOR_SESSIONS_SEQUENCE_GAPS_H_
