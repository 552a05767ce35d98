// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/slots/slot_correlation.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "detector/correlator/slots/tail.h"

namespace cairn::slots {
namespace {

// 45 s.
constexpr int64_t kFewestSeconds = 45;
constexpr double kStepsPerUnit = 64;
constexpr int32_t kStepsPerSegment = 8;
constexpr int32_t kMostSteps = 352;
// Shifted sums are not independent of their neighbours: so many of them count as one.
constexpr double kSumsPerFreedom = 4;
// So many independent shifts is the prediction by the series' own correlations worth.
constexpr double kWeightOfPrediction = 60;
// People's bursts make the tails heavier than a normal distribution's.  Measured on pairs of
// strangers: docs/algorithm.md.
constexpr double kFreedom = 60;
// Nor is a stretch of ten seconds in which both sent much worth more than this, however much it
// was.
constexpr double kNatsPerBlock = 3;

size_t FewestSlots(const Scale& scale) {
  return static_cast<size_t>(PacketDelta::FromSeconds(kFewestSeconds).ToNanoseconds() /
                             scale.slot.ToNanoseconds());
}

// What a count is worth.  At most 64 * ln 256 = 355 in size.
const std::array<int32_t, 256>& LevelsOf(Level level) {
  static const auto tables = [] {
    std::array<std::array<int32_t, 256>, 2> levels{};
    for (int32_t count = 0; count < 256; ++count) {
      const auto i = static_cast<size_t>(count);
      levels[static_cast<size_t>(Level::kLogarithm)][i] =
          static_cast<int32_t>(std::lround(kStepsPerUnit * std::log1p(count)));
      levels[static_cast<size_t>(Level::kCount)][i] =
          std::min(kMostSteps, kStepsPerSegment * count);
    }
    return levels;
  }();
  return tables[static_cast<size_t>(level)];
}

// The inner product of two stretches.  16-bit factors and 32-bit sums are exact in any order, and
// cannot overflow: a level is at most 64 * ln 256 = 355, and there are at most 2048.
int32_t Product(const int16_t* a, const int16_t* b, size_t length) {
  int32_t sum = 0;
  for (size_t i = 0; i < length; ++i) {
    sum += static_cast<int32_t>(a[i]) * static_cast<int32_t>(b[i]);
  }
  return sum;
}

// `later` by `shift` slots; what has no partner is left out and made up for by the length.
double At(const Direction& direction, int64_t shift) {
  const std::vector<int16_t>& a = direction.earlier->level;
  const std::vector<int16_t>& b = direction.later->level;
  const auto away = static_cast<size_t>(std::abs(shift));
  const size_t length = a.size() - away;
  const int32_t product = shift >= 0 ? Product(a.data(), b.data() + away, length)
                                     : Product(a.data() + away, b.data(), length);
  return product / std::sqrt(static_cast<double>(length));
}

// The mean product of one series with another `shift` slots later.
double Covariance(const Activity& a, const Activity& b, int64_t shift) {
  const auto away = static_cast<size_t>(std::abs(shift));
  const size_t length = a.level.size() - away;
  const int32_t product = shift >= 0 ? Product(a.level.data(), b.level.data() + away, length)
                                     : Product(a.level.data() + away, b.level.data(), length);
  return product / static_cast<double>(a.level.size());
}

// How many blocks the positive part of the correlation at `lag` is spread over, as a participation
// number: n equal blocks give n, one block that outweighs all others 1.
double BlocksAt(const Direction& direction, size_t lag, size_t block) {
  const std::vector<int16_t>& a = direction.earlier->level;
  const std::vector<int16_t>& b = direction.later->level;
  double sum = 0;
  double squares = 0;
  for (size_t start = 0; start + block + lag <= a.size(); start += block) {
    const double here = Product(a.data() + start, b.data() + start + lag, block);
    if (here <= 0) continue;
    sum += here;
    squares += here * here;
  }
  return squares > 0 ? sum * sum / squares : 0;
}

bool AreActive(const std::array<Direction, 2>& directions, const Scale& scale) {
  for (const Direction& direction : directions) {
    if (direction.earlier->level.size() < FewestSlots(scale)) return false;
    for (const Activity* activity : {direction.earlier, direction.later}) {
      if (activity->active_slots < SlotCorrelation::kFewestActive) return false;
    }
  }
  return true;
}

}  // namespace

void Activity::Set(std::span<const uint8_t> counts, const Scale& scale) {
  const std::array<int32_t, 256>& levels_of = LevelsOf(scale.level);
  const size_t length = counts.size();
  level.resize(length);
  active_slots = 0;
  // A sum over [i - trend, i + trend], as far as there is one.
  int32_t sum = 0;
  for (size_t i = 0; i < std::min(scale.trend, length); ++i) sum += levels_of[counts[i]];
  for (size_t i = 0; i < length; ++i) {
    if (i + scale.trend < length) sum += levels_of[counts[i + scale.trend]];
    if (i > scale.trend) sum -= levels_of[counts[i - scale.trend - 1]];
    const size_t from = i > scale.trend ? i - scale.trend : 0;
    const size_t to = std::min(i + scale.trend + 1, length);
    level[i] = static_cast<int16_t>(levels_of[counts[i]] - sum / static_cast<int32_t>(to - from));
    active_slots += counts[i] > 0 ? 1U : 0U;
  }
}

bool SlotCorrelation::IsWorthwhile(const std::array<Direction, 2>& directions, const Scale& scale) {
  constexpr double kAlmostNothing = 4;  // standard deviations, both directions together
  if (!AreActive(directions, scale)) return false;
  double together = 0;
  for (const Direction& direction : directions) {
    const std::vector<int16_t>& a = direction.earlier->level;
    const std::vector<int16_t>& b = direction.later->level;
    // Were the slots independent of one another, this would be the standard deviation.  They are
    // not, so it is larger: the screen lets more pass than it needs to.
    const double deviation =
        std::sqrt(static_cast<double>(Product(a.data(), a.data(), a.size())) *
                  static_cast<double>(Product(b.data(), b.data(), b.size())) /
                  static_cast<double>(a.size()) / static_cast<double>(a.size()));
    if (deviation <= 0) return false;
    double most = 0;
    for (int64_t lag = 0; lag < scale.lags; ++lag) most = std::max(most, At(direction, lag));
    together += most / deviation;
  }
  return together >= kAlmostNothing;
}

SlotCorrelation::Moments SlotCorrelation::MomentsOf(const std::vector<double>& values) {
  Moments moments;
  if (values.size() < 2) return moments;
  double sum = 0;
  for (const double value : values) sum += value;
  const auto count = static_cast<double>(values.size());
  moments.mean = sum / count;
  double squares = 0;
  for (const double value : values) squares += (value - moments.mean) * (value - moments.mean);
  moments.deviation = std::sqrt(squares / (count - 1));
  return moments;
}

// Bartlett's formula: the variance of the correlation of two independent series is the sum over all
// shifts of the product of their own correlations.  That of direction 0 with direction 1 follows
// likewise, because both are made of the same two connections.
void SlotCorrelation::Predict(const std::array<Direction, 2>& directions, const Scale& scale) {
  const auto own = [&](const Activity& activity, std::vector<double>& out) {
    out.clear();
    for (int64_t k = 0; k <= scale.memory; ++k) out.push_back(Covariance(activity, activity, k));
  };
  for (size_t d = 0; d < 2; ++d) {
    own(*directions[d].earlier, own_[0]);
    own(*directions[d].later, own_[1]);
    double variance = own_[0][0] * own_[1][0];
    for (size_t k = 1; k < own_[0].size(); ++k) variance += 2 * own_[0][k] * own_[1][k];
    predicted_variance_[d] = std::max(variance, own_[0][0] * own_[1][0] / 4);
  }
  const auto between = [&](const Activity& a, const Activity& b, int64_t first, int64_t last,
                           std::vector<double>& out) {
    out.clear();
    for (int64_t k = first; k <= last; ++k) out.push_back(Covariance(a, b, k));
  };
  const int64_t most = 2 * (scale.lags - 1);
  between(*directions[0].earlier, *directions[1].later, -scale.memory, scale.memory, own_[0]);
  between(*directions[0].later, *directions[1].earlier, -scale.memory - most, scale.memory,
          own_[1]);
  const double deviations = std::sqrt(predicted_variance_[0] * predicted_variance_[1]);
  predicted_correlation_.clear();
  for (int64_t lags = 0; lags <= most; ++lags) {
    double sum = 0;
    for (size_t k = 0; k < own_[0].size(); ++k) {
      sum += own_[0][k] * own_[1][k + static_cast<size_t>(most - lags)];
    }
    predicted_correlation_.push_back(std::clamp(sum / deviations, -0.9, 1.0));
  }
}

// One direction's correlation at every shift, in standard deviations.
void SlotCorrelation::Correlate(const Direction& direction, const Scale& scale, int64_t reach,
                                double predicted_variance, std::vector<double>& by_shift) {
  by_shift.clear();
  null_.clear();
  for (int64_t shift = -reach; shift <= reach; ++shift) {
    by_shift.push_back(At(direction, shift));
    if (std::abs(shift) >= scale.nearest_shift) null_.push_back(by_shift.back());
  }
  const Moments moments = Weighed(MomentsOf(null_), predicted_variance);
  for (double& value : by_shift) value = (value - moments.mean) / moments.deviation;
}

// What the shifted copies show and what is predicted, each by what it is worth.
SlotCorrelation::Moments SlotCorrelation::Weighed(const Moments& shifted, double predicted) const {
  const double weight = static_cast<double>(null_.size()) / kSumsPerFreedom;
  const double share = weight / (weight + kWeightOfPrediction);
  return {.mean = share * shifted.mean,
          .deviation =
              std::sqrt(share * shifted.deviation * shifted.deviation + (1 - share) * predicted)};
}

// The sums that two directions with lags of together `lags` slots show when the second connection
// is shifted by more than a little.  It is the later flow of one direction and the earlier one of
// the other, so there the shift counts the other way.
SlotCorrelation::Moments SlotCorrelation::ShiftedSums(int64_t lags, const Scale& scale,
                                                      int64_t reach) {
  null_.clear();
  for (int64_t shift = lags - reach; shift <= reach; ++shift) {
    if (std::abs(shift) < scale.nearest_shift + scale.lags) continue;
    null_.push_back(by_shift_[0][static_cast<size_t>(shift + reach)] +
                    by_shift_[1][static_cast<size_t>(lags - shift + reach)]);
  }
  return Weighed(MomentsOf(null_), 2 + 2 * predicted_correlation_[static_cast<size_t>(lags)]);
}

SlotSignificance SlotCorrelation::View(const std::array<Direction, 2>& directions,
                                       const Scale& scale) {
  SlotSignificance view;
  view.slot = scale.slot;
  if (!AreActive(directions, scale)) return view;
  const auto length = static_cast<int64_t>(directions[0].earlier->level.size());
  view.slots = static_cast<uint32_t>(length);
  const int64_t reach = std::min(scale.farthest_shift, length / 2);
  Predict(directions, scale);
  for (size_t d = 0; d < 2; ++d) {
    if (!(predicted_variance_[d] > 0)) return view;  // a flow that sends the same always
    Correlate(directions[d], scale, reach, predicted_variance_[d], by_shift_[d]);
  }
  std::array<int64_t, 2> lag{};
  view.deviations = -std::numeric_limits<double>::infinity();
  for (int64_t lags = 0; lags <= 2 * (scale.lags - 1); ++lags) {
    const Moments shifted = ShiftedSums(lags, scale, reach);
    for (int64_t first = std::max<int64_t>(0, lags - scale.lags + 1);
         first <= std::min(scale.lags - 1, lags); ++first) {
      const double sum = by_shift_[0][static_cast<size_t>(first + reach)] +
                         by_shift_[1][static_cast<size_t>(lags - first + reach)];
      const double deviations = (sum - shifted.mean) / shifted.deviation;
      if (deviations <= view.deviations) continue;
      view.deviations = deviations;
      lag = {first, lags - first};
    }
  }
  const double tries = std::log(static_cast<double>(scale.lags));  // in each direction
  bool lasting = true;
  for (size_t d = 0; d < 2; ++d) {
    SlotSignificance::Direction& shown = view.direction[d];
    shown.lag = scale.slot * lag[d];
    shown.nats = std::max(
        0.0, StudentTailNats(by_shift_[d][static_cast<size_t>(lag[d] + reach)], kFreedom) - tries);
    shown.blocks = BlocksAt(directions[d], static_cast<size_t>(lag[d]), scale.block);
    lasting = lasting && shown.blocks >= scale.fewest_blocks;
  }
  if (lasting) {
    const double most = kNatsPerBlock * (view.direction[0].blocks + view.direction[1].blocks) / 2;
    view.nats = std::clamp(StudentTailNats(view.deviations, kFreedom) - 2 * tries, 0.0, most);
  }
  return view;
}

}  // namespace cairn::slots
