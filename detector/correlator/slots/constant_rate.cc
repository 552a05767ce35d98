// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/slots/constant_rate.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace cairn::slots {
namespace {

constexpr size_t kSlotsPerBlock = 10;  // 5 s
constexpr size_t kFewestBlocks = 12;
constexpr unsigned kFewest = 10;  // a slower clock is left out of slots
constexpr unsigned kMostEvents = 500;
constexpr double kMostDeviation = 0.15;

}  // namespace

bool IsConstantRate(std::span<const uint8_t> half_seconds) {
  const size_t blocks = half_seconds.size() / kSlotsPerBlock;
  if (blocks < kFewestBlocks) return false;
  double sum = 0;
  double squares = 0;
  for (size_t block = 0; block < blocks; ++block) {
    const auto slots = half_seconds.subspan(block * kSlotsPerBlock, kSlotsPerBlock);
    const unsigned count = std::accumulate(slots.begin(), slots.end(), 0U);
    if (count < kFewest || count > kMostEvents) return false;
    sum += count;
    squares += static_cast<double>(count) * count;
  }
  const double mean = sum / static_cast<double>(blocks);
  const double variance = std::max(0.0, squares / static_cast<double>(blocks) - mean * mean);
  return variance < kMostDeviation * mean * kMostDeviation * mean;
}

}  // namespace cairn::slots
