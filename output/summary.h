// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SUMMARY_H_
#define CAIRN_OUTPUT_SUMMARY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "capture/counters.h"
#include "detector/correlator/policy/policy.h"
#include "detector/findings/counters.h"
#include "output/border_report.h"

namespace cairn::output {

// What came of asking hosts.
struct TracebackCounters {
  uint64_t asked = 0;
  uint64_t tokens = 0;
  std::map<std::string, uint64_t> failed;  // by reason
};

// What came of tracing chains.
struct TracingCounters {
  uint64_t traces = 0;
  uint64_t hops = 0;                       // that were verified
  uint64_t claims = 0;                     // that were not
  std::map<std::string, uint64_t> ended;   // by how the chain ends
  std::map<std::string, uint64_t> failed;  // nothing came of it, by reason
};

// What a run did and what it cost.  The costs are measured by the caller: nothing here reads a
// clock.
struct RunSummary {
  std::string_view command;  // "replay", "watch"
  std::string_view end;      // how it ended: "complete", "interrupted", "failed"
  CaptureCounters capture;
  DetectorCounters detector;
  BorderReport border = {};
  std::vector<policy::RuleUse> rules = {};  // the allow rules, in the order of the configuration
  PacketTime newest = {};  // packet time at the end; tells which rules have expired
  std::optional<TracebackCounters> traceback = std::nullopt;  // unset: nobody was to be asked
  std::optional<TracingCounters> tracing = std::nullopt;      // likewise
  double wall_seconds = 0;
  double cpu_seconds = 0;          // user and system, of the whole process
  uint64_t peak_memory_bytes = 0;  // resident
};

// For people: several lines; what was dropped or suppressed is listed by reason where it is not
// zero.
std::string SummaryText(const RunSummary& summary);
// For programs: one line of JSON with every counter, also the zeros.
std::string SummaryJson(const RunSummary& summary);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SUMMARY_H_
