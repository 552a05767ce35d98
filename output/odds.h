// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_ODDS_H_
#define CAIRN_OUTPUT_ODDS_H_

#include <optional>
#include <string>

#include "detector/findings/event.h"

// Could an alert be chance?  Told as the time that passes, in the mean, until chance alone makes
// one that is as strong.  docs/alerts.md ("Could it be chance?") has the arithmetic and what it
// assumes.
namespace cairn::output {

// More is not claimed: long before, what the method assumes is no longer true.
inline constexpr double kLongestIntervalYears = 1e6;

// At this site, from any of the detector's tests.  At most kLongestIntervalYears.  Unset without a
// verdict by evidence (timing.rule: thresholds, corrections, the end of a pair).
std::optional<double> FalseAlarmIntervalYears(const Evidence& evidence);
// For one host that is active all the time.  Unset for the published method, whose probability is
// one of a decision and not of a time.
std::optional<double> FalseAlarmIntervalYears(const RelayNode& event);

// "by chance once in 3,000 years", "by chance once in 10 days", "by chance less than once in a
// million years".
std::string ChanceOnceIn(double years);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_ODDS_H_
