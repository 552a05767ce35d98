// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_RELAYS_DECAY_H_
#define CAIRN_DETECTOR_CORRELATOR_RELAYS_DECAY_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace cairn::relays {

// How far the sum of what came in reaches back, in slots: 1, or an exponential window of that mean
// length.  What is relayed at once shows best in the first, what is delayed in the others.
inline constexpr std::array<uint32_t, 3> kReaches = {1, 4, 10};

// What is left of running windows and means after some empty slots, and what their products have
// added up to: powers and their sums, looked up where they are asked for often.  Immutable; one for
// all hosts.  8 kB.
class Decay {
 public:
  explicit Decay(PacketDelta slot);

  // Of a window of kReaches[reach], of slots that end `slots` later.
  float Window(size_t reach, uint64_t slots) const {
    return slots < kKnown ? window_[reach][slots] : 0.0F;
  }
  // Of a running mean.
  float Mean(uint64_t slots) const { return slots < kKnown ? mean_[slots] : FarMean(slots); }
  // The sum, over so many slots, of the window times the mean as they fade.
  float WindowTimesMean(size_t reach, uint64_t slots) const {
    return products_[reach][slots < kKnown ? slots : kKnown - 1];
  }
  // Likewise of one mean times another.
  float MeanTimesMean(uint64_t slots) const {
    return slots < kKnown ? squares_[slots] : FarMeanTimesMean(slots);
  }
  // What a slot adds to the running mean.
  float weight() const { return weight_; }

 private:
  // By then every window is over.  Means last for longer where slots are short.
  static constexpr size_t kKnown = 256;

  float FarMean(uint64_t slots) const;
  float FarMeanTimesMean(uint64_t slots) const;

  double kept_;  // of a running mean, in a slot
  float weight_;
  std::array<std::array<float, kKnown>, kReaches.size()> window_{};
  std::array<std::array<float, kKnown>, kReaches.size()> products_{};
  std::array<float, kKnown> mean_{};
  std::array<float, kKnown> squares_{};
};

}  // namespace cairn::relays

#endif  // CAIRN_DETECTOR_CORRELATOR_RELAYS_DECAY_H_
