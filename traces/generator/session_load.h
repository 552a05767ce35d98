// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_GENERATOR_SESSION_LOAD_H_
#define CAIRN_TRACES_GENERATOR_SESSION_LOAD_H_

#include <cstdint>

#include "absl/status/status.h"

#include "traces/generator/simulation.h"

namespace cairn::traces {

// As many sessions in as much time as Heberlein's "Analysis of Session Flow Information: First
// Experiment" has (sections 2 and 5), mixed as at a border of 2003.
struct SessionLoadOptions {
  uint64_t seed = 1;
  uint64_t sessions = 9582680;
  double duration_s = 15600;  // 4 h 20 min
  uint64_t max_packets = 0;   // 0: as many as come up
  double silent_share = 0.7;  // attempts of scans, of one or two SYNs
  double rejected_share = 0.1;
};

// Sessions that begin at even random times: scans that nobody answers, by some hundred clients on
// either side of the border of 10.10.0.0/16; attempts that are rejected; and connections of 8 to 20
// packets, from clients to a few thousand servers.  No truth: it is a load.
//
// Memory: that of the sessions under way, some hundred kilobytes at this rate.
absl::Status GenerateSessionLoad(const SessionLoadOptions& options, const Simulation::Sink& sink);

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_GENERATOR_SESSION_LOAD_H_
