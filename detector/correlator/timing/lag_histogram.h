// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_TIMING_LAG_HISTOGRAM_H_
#define CAIRN_DETECTOR_CORRELATOR_TIMING_LAG_HISTOGRAM_H_

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace cairn::timing {

// The distribution of a pair's lags in 64 bytes, from which quantiles are read.  Bins are a factor
// of the square root of two wide, from 32 us to 1.5 s, so a quantile is right to within 20% (the
// value reported is a bin's geometric middle).  When a bin is full all are halved: old lags fade.
class LagHistogram {
 public:
  void Add(PacketDelta lag);
  // The smallest lag that `percent` of the lags do not exceed, of those up to `longest` (rounded to
  // a bin).  Unset when there is none.
  std::optional<PacketDelta> Quantile(uint32_t percent,
                                      PacketDelta longest = PacketDelta::Infinite()) const;
  // checkpoint/archive.h.
  template <typename Archive>
  void Fields(Archive& archive) {
    archive(bins_);
  }

 private:
  static constexpr size_t kBins = 32;
  std::array<uint16_t, kBins> bins_{};
};

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_CORRELATOR_TIMING_LAG_HISTOGRAM_H_
