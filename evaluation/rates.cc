// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/rates.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

namespace cairn::evaluation {
namespace {

// Rates such as 1e-5 are not exact in binary: 300000 * 1e-5 must be 3.
constexpr double kRounding = 1e-9;

Proportion Share(ptrdiff_t hits, size_t trials) { return {static_cast<uint64_t>(hits), trials}; }

}  // namespace

double Proportion::Share() const {
  return trials == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(trials);
}

Interval Proportion::Wilson() const {
  if (trials == 0) return {0, 1};
  constexpr double kZ = 1.959963984540054;  // 97.5 % of a normal distribution lie below
  const auto n = static_cast<double>(trials);
  const double share = Share();
  const double scale = 1 + kZ * kZ / n;
  const double centre = (share + kZ * kZ / (2 * n)) / scale;
  const double half = kZ * std::sqrt(share * (1 - share) / n + kZ * kZ / (4 * n * n)) / scale;
  return {hits == 0 ? 0 : std::max(0.0, centre - half),
          hits == trials ? 1 : std::min(1.0, centre + half)};
}

Scores::Scores(std::vector<double> scores) : descending_(std::move(scores)) {
  std::sort(descending_.begin(), descending_.end(), std::greater<>());
}

std::optional<double> Scores::ThresholdFor(double rate) const {
  const double allowed = rate * static_cast<double>(size()) + kRounding;
  if (size() == 0 || allowed < 1) return std::nullopt;
  // Above the score that is one too many; ties with it are not above it.
  const auto first_too_many = static_cast<size_t>(allowed);
  if (first_too_many >= size()) return -std::numeric_limits<double>::infinity();
  return descending_[first_too_many];
}

Proportion Scores::Above(double threshold) const {
  const auto end =
      std::lower_bound(descending_.begin(), descending_.end(), threshold, std::greater<>());
  return Share(end - descending_.begin(), size());
}

Proportion Scores::NotBelow(double threshold) const {
  const auto end =
      std::upper_bound(descending_.begin(), descending_.end(), threshold, std::greater<>());
  return Share(end - descending_.begin(), size());
}

std::vector<RocPoint> RocCurve(const Scores& positives, const Scores& negatives) {
  constexpr int kDecades = 6;
  constexpr int kStepsPerDecade = 10;
  std::vector<RocPoint> curve;
  for (int step = 0; step <= kDecades * kStepsPerDecade; ++step) {
    const double rate = std::pow(10.0, static_cast<double>(step) / kStepsPerDecade - kDecades);
    const std::optional<double> threshold = negatives.ThresholdFor(rate);
    if (!threshold.has_value()) continue;
    curve.push_back({rate, positives.Above(*threshold).Share()});
  }
  return curve;
}

}  // namespace cairn::evaluation
