// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_SLOTS_SLOT_CORRELATION_H_
#define CAIRN_DETECTOR_CORRELATOR_SLOTS_SLOT_CORRELATION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "detector/correlator/slots/slot_series.h"
#include "detector/findings/event.h"

namespace cairn::slots {

// One flow's slots made comparable: their levels (64 ln(1 + count), or 8 count) less the moving
// average.  So sending more or less than a moment ago is compared, not being busy all evening.
struct Activity {
  std::vector<int16_t> level;
  size_t active_slots = 0;

  // Allocates when longer than ever before.
  void Set(std::span<const uint8_t> counts, const Scale& scale);
};

// An ordered flow pair: what the earlier flow carries to the stone leaves it on the later one.
struct Direction {
  const Activity* earlier = nullptr;
  const Activity* later = nullptr;
};

// Do the slots of two connections move together, more than they do when the second connection's are
// shifted in time?
//
// For each pair of lags that a relay may take, the two directions' correlations, in standard
// deviations, are added, and so they are with the second connection shifted by ten seconds and
// more: the traffic's own time-shifted copies are the null model, as in searches for gravitational
// waves, so nothing is assumed of how people type (Was et al. 2010, "On the background estimation
// by time slides").  Both of a connection's flows are shifted together, so keystrokes and echoes
// need not be independent.  In a short common time there are few shifts; so their variance is
// weighed with what Bartlett's formula predicts from the series' own correlations (Bartlett 1946,
// "On the Theoretical Specification and Sampling Properties of Autocorrelated Time-Series").  The
// best pair of lags counts, at the price of having tried them all.
//
// What is assumed: that a stranger's activity is as likely to coincide at no shift as at one of 10
// to 60 s, and that the sums' tail is no heavier than Student's with 60 degrees of freedom;
// measured, see docs/algorithm.md.
//
// Not judged (no nats): less than 45 s of common time, a flow with fewer than kFewestActive active
// slots, or of which every slot is alike, and a correlation that rests on fewer than
// Scale::fewest_blocks stretches of ten seconds: two people who were busy in the same quarter of a
// minute once prove nothing.  For the same reason, each stretch is worth 3 nats at most.
//
// Keeps its workspace: thread-compatible, allocates only until it has grown.
class SlotCorrelation {
 public:
  static constexpr size_t kFewestActive = 10;

  // A first test, by which most pairs are dismissed: O(slots * lags).
  // Requires, here and below: the four activities have the same length.
  static bool IsWorthwhile(const std::array<Direction, 2>& directions, const Scale& scale);

  // O(slots * shifts).
  SlotSignificance View(const std::array<Direction, 2>& directions, const Scale& scale);

 private:
  struct Moments {
    double mean = 0;
    double deviation = 0;
  };

  static Moments MomentsOf(const std::vector<double>& values);
  Moments Weighed(const Moments& shifted, double predicted) const;
  void Predict(const std::array<Direction, 2>& directions, const Scale& scale);
  void Correlate(const Direction& direction, const Scale& scale, int64_t reach,
                 double predicted_variance, std::vector<double>& by_shift);
  Moments ShiftedSums(int64_t lags, const Scale& scale, int64_t reach);

  std::array<std::vector<double>, 2> own_;
  std::array<double, 2> predicted_variance_{};   // of each direction
  std::vector<double> predicted_correlation_;    // of the two, by the sum of their lags
  std::array<std::vector<double>, 2> by_shift_;  // from -reach to reach
  std::vector<double> null_;
};

}  // namespace cairn::slots

#endif  // CAIRN_DETECTOR_CORRELATOR_SLOTS_SLOT_CORRELATION_H_
