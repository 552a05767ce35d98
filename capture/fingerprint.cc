// SPDX-License-Identifier: BSD-3-Clause
#include "capture/fingerprint.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace cairn::capture {
namespace {

// The Cauchy distribution's quantiles, in the middles of equal shares of the probability.
constexpr unsigned kQuantileBits = 12;
constexpr size_t kQuantiles = size_t{1} << kQuantileBits;
constexpr double kScale = 16;

using Quantiles = std::array<int32_t, kQuantiles>;

Quantiles MakeQuantiles() {
  Quantiles quantiles;
  for (size_t i = 0; i < kQuantiles; ++i) {
    const double probability = (static_cast<double>(i) + 0.5) / static_cast<double>(kQuantiles);
    quantiles[i] = static_cast<int32_t>(
        std::lround(kScale * std::tan(std::numbers::pi * (probability - 0.5))));
  }
  return quantiles;
}

}  // namespace

int32_t Fingerprint(std::span<const uint8_t> data) {
  static const Quantiles quantiles = MakeQuantiles();
  constexpr uint32_t kBeforeTheData = 0x100;  // no byte has this value
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15ULL;
  int64_t sum = 0;
  uint64_t run = kBeforeTheData << 9 | kBeforeTheData;
  for (const uint8_t byte : data) {
    run = (run << 9 | byte) & 0x7ffffff;
    uint64_t hash = run * kOdd;
    hash = (hash ^ hash >> 29) * kOdd;
    sum += quantiles[hash >> (64 - kQuantileBits)];
  }
  return static_cast<int32_t>(std::clamp<int64_t>(sum, std::numeric_limits<int32_t>::min(),
                                                  std::numeric_limits<int32_t>::max()));
}

}  // namespace cairn::capture
