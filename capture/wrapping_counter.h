// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_WRAPPING_COUNTER_H_
#define CAIRN_CAPTURE_WRAPPING_COUNTER_H_

#include <cstdint>

namespace cairn::capture {

// Carries a 32-bit counter, as pcap_stats() has them, on to 64 bits.  Right as long as it is read
// at least once while the counter goes round once (at a million drops a second: 71 minutes).
class WrappingCounter {
 public:
  // A counter that jumps back by less than half its range counts as reset, not as wrapped: the
  // interface's statistics began anew.
  void Observe(uint32_t value) {
    const uint32_t grown = value - last_;
    if (grown < 0x80000000U) total_ += grown;
    last_ = value;
  }
  uint64_t total() const { return total_; }

 private:
  uint32_t last_ = 0;
  uint64_t total_ = 0;
};

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_WRAPPING_COUNTER_H_
