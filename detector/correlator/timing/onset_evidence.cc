// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/timing/onset_evidence.h"

#include <algorithm>
#include <cmath>

#include "detector/correlator/timing/log_gamma.h"

namespace cairn::timing {
namespace {

constexpr int kStepBits = 18;
constexpr double kLeastChance = 1e-6;
constexpr size_t kHorizon = kEvidenceWindows.size();

uint32_t Steps(PacketDelta delta) {
  return static_cast<uint32_t>(delta.ToNanoseconds() >> kStepBits);
}

// ln gamma(n + offset), tabulated: pairs are tested all the time, and most are young.
class LogGammaTable {
 public:
  explicit LogGammaTable(double offset) : offset_(offset) {
    for (size_t n = 0; n < values_.size(); ++n) {
      values_[n] = LogGamma(static_cast<double>(n) + offset);
    }
  }
  double operator()(uint32_t n) const {
    return n < values_.size() ? values_[n] : LogGamma(n + offset_);
  }

 private:
  double offset_;
  std::array<double, 512> values_{};
};

// ln of (the Beta(1/2, 1/2) mixture's likelihood of `hits` in `onsets`) / (the same under
// `chance`).
double LogRatio(uint32_t hits, uint32_t onsets, double chance) {
  static const LogGammaTable half(0.5);
  static const LogGammaTable one(1.0);
  constexpr double kLogPi = 1.1447298858494002;  // ln B(1/2, 1/2)
  const uint32_t misses = onsets - hits;
  return half(hits) + half(misses) - one(onsets) - kLogPi - hits * std::log(chance) -
         misses * std::log1p(-chance);
}

}  // namespace

void Coverage::AddGap(PacketDelta gap) {
  for (size_t w = 0; w < kHorizon; ++w) steps_[w] += Steps(std::min(gap, kEvidenceWindows[w]));
  steps_[kHorizon] += Steps(std::min(gap, kEvidenceHorizon));
}

Coverage Coverage::operator-(const Coverage& earlier) const {
  Coverage difference;
  for (size_t i = 0; i < steps_.size(); ++i) difference.steps_[i] = steps_[i] - earlier.steps_[i];
  return difference;
}

double Coverage::Chance(size_t window) const {
  const double horizon = std::max<uint32_t>(steps_[kHorizon], 1);
  return std::clamp(steps_[window] / horizon, kLeastChance, 1 - kLeastChance);
}

void HitTimes::Add(PacketTime time) {
  steps_[count_ % kKept] = static_cast<uint32_t>(time.ToNanoseconds() >> 20);
  ++count_;
}

double HitTimes::ShareOfClock() const {
  constexpr uint32_t kTolerance = 12;        // steps
  constexpr uint32_t kShortestPeriod = 858;  // steps: 0.9 s
  constexpr uint32_t kMostPeriods = 6;       // between two hits
  constexpr uint32_t kFewest = 3;            // intervals that agree; fewer may by chance
  const uint32_t kept = std::min<uint32_t>(count_, kKept);
  if (kept < kFewest + 1) return 0;
  std::array<uint32_t, kKept - 1> interval{};
  for (uint32_t i = 0; i + 1 < kept; ++i) {
    const uint32_t older = count_ - kept + i;
    interval[i] = steps_[(older + 1) % kKept] - steps_[older % kKept];
  }
  uint32_t most = 0;
  for (uint32_t i = 0; i + 1 < kept; ++i) {
    for (uint32_t k = 1; k <= kMostPeriods && interval[i] / k >= kShortestPeriod; ++k) {
      const double period = static_cast<double>(interval[i]) / k;
      uint32_t agree = 0;
      for (uint32_t j = 0; j + 1 < kept; ++j) {
        const double periods = std::round(interval[j] / period);
        agree += periods >= 1 && std::abs(interval[j] - periods * period) <= kTolerance ? 1U : 0U;
      }
      most = std::max(most, agree);
    }
  }
  if (most < kFewest) return 0;
  return static_cast<double>(most + 1) / kept;
}

void OnsetEvidence::Add(PacketTime time, PacketDelta lag) {
  if (lag > kEvidenceHorizon) return;
  ++onsets_;
  if (lag < PacketDelta::Zero()) return;
  for (size_t w = 0; w < kHorizon; ++w) hits_[w] += lag <= kEvidenceWindows[w] ? 1U : 0U;
  for (size_t i = 0; i < kClockWindows.size(); ++i) {
    if (lag <= kEvidenceWindows[kClockWindows[i]]) hit_times_[i].Add(time);
  }
}

void OnsetEvidence::Correct(PacketTime time, PacketDelta counted, PacketDelta lag) {
  if (counted > kEvidenceHorizon) return Add(time, lag);
  for (size_t w = 0; w < kHorizon; ++w) {
    hits_[w] += lag <= kEvidenceWindows[w] && counted > kEvidenceWindows[w] ? 1U : 0U;
  }
  for (size_t i = 0; i < kClockWindows.size(); ++i) {
    const PacketDelta window = kEvidenceWindows[kClockWindows[i]];
    if (lag <= window && counted > window) hit_times_[i].Add(time);
  }
}

Significance OnsetEvidence::View(const Coverage& covered) const {
  constexpr double kWorthALook = 3;  // nats
  const Significance view = ViewWithout(0, covered);
  if (view.nats < kWorthALook) return view;
  const uint32_t clock_hits = ClockHits();
  return clock_hits == 0 ? view : ViewWithout(clock_hits, covered);
}

uint32_t OnsetEvidence::ClockHits() const {
  double most = 0;
  for (size_t i = 0; i < kClockWindows.size(); ++i) {
    most = std::max(most, hit_times_[i].ShareOfClock() * hits_[kClockWindows[i]]);
  }
  return static_cast<uint32_t>(std::ceil(most));
}

Significance OnsetEvidence::ViewWithout(uint32_t clock_hits, const Coverage& covered) const {
  Significance view;
  view.trials = onsets_ - std::min(clock_hits, onsets_);
  view.window = kEvidenceWindows[0];
  if (view.trials == 0) return view;
  const Coverage time = covered - start_;
  std::array<double, kHorizon> log_ratio{};
  double best = 0;
  for (size_t w = 0; w < kHorizon; ++w) {
    const double chance = time.Chance(w);
    const uint32_t hits = std::min(hits_[w] - std::min(hits_[w], clock_hits), view.trials);
    // Fewer hits than by chance speak for nobody; leaving them out makes the average smaller.
    if (hits <= chance * view.trials) continue;
    log_ratio[w] = LogRatio(hits, view.trials, chance);
    if (log_ratio[w] <= best) continue;
    best = log_ratio[w];
    view.window = kEvidenceWindows[w];
    view.hits = hits;
    view.chance = chance;
  }
  if (best <= 0) return view;
  double sum = 0;
  for (const double ratio : log_ratio) {
    if (ratio > 0) sum += std::exp(ratio - best);
  }
  view.nats = std::max(0.0, best + std::log(sum / kHorizon));
  return view;
}

}  // namespace cairn::timing
