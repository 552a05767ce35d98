// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_BORDER_REPORT_H_
#define CAIRN_OUTPUT_BORDER_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "detector/sensor/border/border_census.h"

namespace cairn::output {

// How the connections lie to the border of the protected networks.
struct BorderReport {
  bool has_networks = false;  // whether any are protected
  border::BorderCounters counters;
  // The networks that could be the site's own, the likeliest first, of so many connections.
  std::vector<border::NetworkSeen> seen;
  uint64_t tallied = 0;
};

BorderReport ReportOf(const border::BorderCensus& census, bool has_networks);

// What the user should know, a sentence or two each; empty where all is well.  They say what is
// wrong, what follows from it, and what to do.
std::vector<std::string> BorderAdvice(const BorderReport& report);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_BORDER_REPORT_H_
