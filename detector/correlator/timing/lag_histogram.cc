// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/timing/lag_histogram.h"

#include <algorithm>
#include <limits>

namespace cairn::timing {
namespace {

// Upper edges of the bins, in nanoseconds: 32 us, then alternately times 181/128 and rounded back
// to powers of two. Integers, so that every machine reports the same quantiles.
constexpr int64_t UpperEdgeNs(size_t bin) {
  const int64_t power = int64_t{32000} << (bin / 2);
  return bin % 2 == 0 ? power : power * 181 / 128;
}

// The geometric middle of a bin: its upper edge divided by the fourth root of two.
constexpr int64_t MiddleNs(size_t bin) { return UpperEdgeNs(bin) * 215 / 256; }

}  // namespace

void LagHistogram::Add(PacketDelta lag) {
  size_t bin = 0;
  while (bin + 1 < kBins && lag.ToNanoseconds() > UpperEdgeNs(bin)) ++bin;
  if (bins_[bin] == std::numeric_limits<uint16_t>::max()) {
    for (uint16_t& count : bins_) count = static_cast<uint16_t>(count / 2);
  }
  ++bins_[bin];
}

std::optional<PacketDelta> LagHistogram::Quantile(uint32_t percent, PacketDelta longest) const {
  uint64_t total = 0;
  for (size_t bin = 0; bin < kBins && MiddleNs(bin) <= longest.ToNanoseconds(); ++bin)
    total += bins_[bin];
  if (total == 0) return std::nullopt;
  const uint64_t wanted = std::max<uint64_t>(1, (total * percent + 99) / 100);
  uint64_t seen = 0;
  size_t bin = 0;
  for (; bin < kBins; ++bin) {
    seen += bins_[bin];
    if (seen >= wanted) break;
  }
  return PacketDelta::FromNanoseconds(MiddleNs(std::min(bin, kBins - 1)));
}

}  // namespace cairn::timing
