// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/timing/null_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cairn::timing {
namespace {

// A count of so many is right to within a third.
constexpr uint64_t kTrusted = 10;
// So many levels below it tell the slope.
constexpr size_t kSlopeLevels = 3;
// Below this evidence there is nothing to calibrate.
constexpr size_t kLeast = 3;
constexpr double kInfinite = std::numeric_limits<double>::infinity();

}  // namespace

void NullScores::Add(double before, double after) {
  const auto last = static_cast<size_t>(std::clamp(after, 0.0, kLevels - 1.0));
  for (size_t level = static_cast<size_t>(std::clamp(before, 0.0, kLevels - 1.0)) + 1;
       level <= last; ++level) {
    ++reached_[level];
  }
}

float NullScores::NextLevel(float best) {
  return std::max(static_cast<float>(kLeast), std::floor(best) + 1);
}

NullScores::Tail NullScores::FindTail() const {
  Tail tail;
  for (size_t level = kLeast; level < kLevels && reached_[level] >= kTrusted; ++level) {
    tail.level = level;
  }
  if (tail.level < kLeast + kSlopeLevels) return tail;
  const auto here = static_cast<double>(reached_[tail.level]);
  const auto below = static_cast<double>(reached_[tail.level - kSlopeLevels]);
  // The standard error of the logarithm of the ratio of a count to one that contains it.
  const double error = std::sqrt(1 / here - 1 / std::max(below, here + 1));
  tail.slope = std::max(1.0, (std::log(below / here) - 2 * error) / kSlopeLevels);
  return tail;
}

double NullScores::PerDayAt(size_t level, PacketDelta elapsed) const {
  const auto seconds = std::max(1.0, static_cast<double>(elapsed.ToSeconds()));
  return static_cast<double>(reached_[level]) / share_ / seconds * kSecondsPerDay;
}

double NullScores::PerDay(double nats, PacketDelta elapsed) const {
  const Tail tail = FindTail();
  if (tail.level == 0 || nats < static_cast<double>(kLeast)) return kInfinite;
  const auto level = static_cast<size_t>(std::min(nats, kLevels - 1.0));
  if (level < tail.level) return PerDayAt(level, elapsed);
  return PerDayAt(tail.level, elapsed) *
         std::exp(-tail.slope * (nats - static_cast<double>(tail.level)));
}

double NullScores::Needed(double per_day, PacketDelta elapsed) const {
  const Tail tail = FindTail();
  if (tail.level == 0) return kInfinite;
  const double at_tail = PerDayAt(tail.level, elapsed);
  if (at_tail > per_day) {
    return static_cast<double>(tail.level) + std::log(at_tail / per_day) / tail.slope;
  }
  size_t level = tail.level;
  while (level > kLeast && PerDayAt(level - 1, elapsed) <= per_day) --level;
  // Between two levels the count falls like an exponential.
  if (level == kLeast) return kLeast;
  const double above = PerDayAt(level, elapsed);
  const double below = PerDayAt(level - 1, elapsed);
  return static_cast<double>(level) - std::log(per_day / above) / std::log(below / above);
}

}  // namespace cairn::timing
