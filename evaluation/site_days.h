// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_SITE_DAYS_H_
#define CAIRN_EVALUATION_SITE_DAYS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "detector/options.h"
#include "evaluation/rates.h"

namespace cairn::evaluation {

// Are there as many false alarms as allowed?  Days of a site at which nobody goes on from one host
// to another: every report there is false, and how often that happens is what
// alerts.false_alarms_per_day was set to, if the mathematics holds.

struct SiteDaysOptions {
  double days = 10;  // of each site
  uint32_t sites = 2;
  uint32_t people = 40;  // at work at any moment, each with one login over the border
  uint32_t hosts = 20;   // of the site; fewer make more of the pairs direct ones
  uint64_t seed = 1;
  std::vector<double> rates = {0.1, 1, 10};  // alerts.false_alarms_per_day
  DetectorOptions detector;                  // all else; its networks are replaced
  int threads = 1;                           // the result does not depend on it
};

// The alarms at one setting, all sites together.
struct AlarmCount {
  double allowed_per_day = 0;
  double days = 0;
  uint64_t by_direct_onsets = 0;
  uint64_t by_indirect_onsets = 0;
  uint64_t by_slots = 0;

  uint64_t alarms() const { return by_direct_onsets + by_indirect_onsets + by_slots; }
  double expected() const { return allowed_per_day * days; }
};

// 95 % interval of a Poisson mean of which `count` was observed (Wilson & Hilferty's approximation
// of the chi-square quantiles, right to 1 % from count 1 on).
Interval PoissonInterval(uint64_t count);

// About ten CPU seconds for each day of 40 people.  Errors: options that contradict each other.
absl::StatusOr<std::vector<AlarmCount>> CountAlarms(const SiteDaysOptions& options);

// As a table of text, or of Markdown.
std::string FormatAlarms(const std::vector<AlarmCount>& counts, bool markdown);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_SITE_DAYS_H_
