// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_RATES_H_
#define CAIRN_EVALUATION_RATES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

// Error rates from scores.  A pair is alerted when its score is above a threshold.  Pure functions.
namespace cairn::evaluation {

struct Interval {
  double low = 0;
  double high = 1;
};

// `hits` of `trials`.  Without trials nothing is known: share 0, interval 0 to 1.
struct Proportion {
  uint64_t hits = 0;
  uint64_t trials = 0;

  double Share() const;
  // 95 % score interval (Wilson, "Probable Inference, the Law of Succession, and Statistical
  // Inference", JASA 1927): right also near 0 and 1, where all that matters here happens.
  Interval Wilson() const;
};

// Scores in descending order.
class Scores {
 public:
  Scores() = default;
  explicit Scores(std::vector<double> scores);  // in any order; O(n log n)

  size_t size() const { return descending_.size(); }
  // The lowest threshold above which at most the share `rate` of the scores lies; empty when that
  // would be less than one score, so that the rate cannot be measured.
  std::optional<double> ThresholdFor(double rate) const;
  Proportion Above(double threshold) const;     // O(log n)
  Proportion NotBelow(double threshold) const;  // O(log n)

 private:
  std::vector<double> descending_;
};

struct RocPoint {
  double false_positive_rate = 0;
  double true_positive_rate = 0;
};

// Ten points a decade, from the lowest rate that `negatives` can show up to 1; each at the
// threshold of its rate.
std::vector<RocPoint> RocCurve(const Scores& positives, const Scores& negatives);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_RATES_H_
