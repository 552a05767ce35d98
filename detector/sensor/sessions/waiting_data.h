// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_SESSIONS_WAITING_DATA_H_
#define CAIRN_DETECTOR_SENSOR_SESSIONS_WAITING_DATA_H_

#include <array>
#include <cstdint>
#include <optional>

#include "detector/sensor/connections/sequence.h"

namespace cairn::sessions {

// Data of one flow that were captured beyond a gap, until it is known whether their receiver has
// them (connections/flow_place.h).  Up to kMost stretches; of more, the farthest is given up:
// should it be believed after all, it counts as missed.
//
// All zero bytes when empty.  Thread-compatible.  O(kMost), no allocation.
class WaitingData {
 public:
  static constexpr size_t kMost = 6;
  struct Stretch {
    uint32_t begin = 0;
    uint32_t end = 0;
    uint32_t packets = 0;
  };

  bool empty() const { return size_ == 0; }

  // How many of the bytes wait already.
  uint32_t Add(uint32_t begin, uint32_t end);

  // Takes out the first stretch of which the flow's place `place` says that it has arrived: those
  // wholly below it.
  std::optional<Stretch> TakeBelow(uint32_t place) {
    if (size_ == 0 || connections::SequenceDistance(stretches_[0].end, place) < 0) {
      return std::nullopt;
    }
    const Stretch first = stretches_[0];
    --size_;
    for (size_t i = 0; i < size_; ++i) stretches_[i] = stretches_[i + 1];
    return first;
  }

 private:
  std::array<Stretch, kMost> stretches_;  // by their places, apart from one another
  uint8_t size_ = 0;
};

}  // namespace cairn::sessions

#endif  // CAIRN_DETECTOR_SENSOR_SESSIONS_WAITING_DATA_H_
