// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/relays/decay.h"

#include <algorithm>
#include <cmath>

namespace cairn::relays {
namespace {

// How far back the running means reach: less than a block, so that what flows have in common by
// beginning together stays in one.
constexpr PacketDelta kMemory = PacketDelta::FromSeconds(2);
constexpr double kMostWeight = 0.5;

double MeanTimesMeanOf(double kept, double slots) {
  return (1 - std::pow(kept, 2 * slots)) / (1 - kept * kept);
}

}  // namespace

Decay::Decay(PacketDelta slot) {
  const double weight = std::min(kMostWeight, static_cast<double>(slot.ToNanoseconds()) /
                                                  static_cast<double>(kMemory.ToNanoseconds()));
  weight_ = static_cast<float>(weight);
  kept_ = 1 - weight;
  for (size_t slots = 0; slots < kKnown; ++slots) {
    const auto power = static_cast<double>(slots);
    mean_[slots] = static_cast<float>(std::pow(kept_, power));
    squares_[slots] = static_cast<float>(MeanTimesMeanOf(kept_, power));
    for (size_t r = 0; r < kReaches.size(); ++r) {
      const double left = 1 - 1.0 / kReaches[r];
      window_[r][slots] = static_cast<float>(std::pow(left, power));
      products_[r][slots] =
          static_cast<float>(left * (1 - std::pow(left * kept_, power)) / (1 - left * kept_));
    }
  }
}

float Decay::FarMean(uint64_t slots) const {
  return static_cast<float>(std::pow(kept_, static_cast<double>(slots)));
}

float Decay::FarMeanTimesMean(uint64_t slots) const {
  return static_cast<float>(MeanTimesMeanOf(kept_, static_cast<double>(slots)));
}

}  // namespace cairn::relays
