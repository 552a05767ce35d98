// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_CONNECTIONS_ROUND_TRIP_H_
#define CAIRN_DETECTOR_SENSOR_CONNECTIONS_ROUND_TRIP_H_

#include <array>
#include <bit>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace cairn::connections {

// The least round trip seen between the capture point and one end of a connection, in one byte:
// eight steps an octave from 1 us on, rounded down, so it is at most 9 % too short.
//
// Every answer that says "received up to here" bounds the round trip from above: retransmissions,
// delayed acknowledgements and busy hosts only make a sample longer, and the least one counts.  So
// there is no need for time stamps, nor to leave repeated segments out (Karn).  But a bound is all
// it is until one answer came promptly.
//
// Thread-compatible.  O(1), no allocation.
class RoundTrip {
 public:
  // From what was seen to its answer.  Almost always one comparison.
  void Offer(PacketDelta sample) {
    if (sample <= PacketDelta::Zero() || (step_ != 0 && sample >= At(step_))) return;
    if (sample < At(1)) {
      step_ = 1;
      return;
    }
    const auto microseconds = static_cast<uint64_t>(sample.ToNanoseconds()) / 1000;
    uint32_t step = kPerOctave * static_cast<uint32_t>(std::bit_width(microseconds) - 1) + 1;
    if (step > kLast) step = kLast;
    while (step < kLast && At(step + 1) <= sample) ++step;
    step_ = static_cast<uint8_t>(step);
  }

  // nullopt: none was seen.
  std::optional<PacketDelta> Least() const {
    if (step_ == 0) return std::nullopt;
    return At(step_);
  }
  // checkpoint/archive.h.
  template <typename Archive>
  void Fields(Archive& archive) {
    archive(step_);
  }

 private:
  static constexpr uint32_t kPerOctave = 8;
  static constexpr uint32_t kLast = 255;  // an hour
  // 1 us * 2^(i/8), in nanoseconds.
  static constexpr std::array<int64_t, kPerOctave> kEighths = {1000, 1090, 1189, 1296,
                                                               1414, 1542, 1681, 1834};

  static constexpr PacketDelta At(uint32_t step) {
    return PacketDelta::FromNanoseconds(kEighths[(step - 1) % kPerOctave]
                                        << ((step - 1) / kPerOctave));
  }

  uint8_t step_ = 0;  // 0: unknown
};

}  // namespace cairn::connections

#endif  // CAIRN_DETECTOR_SENSOR_CONNECTIONS_ROUND_TRIP_H_
