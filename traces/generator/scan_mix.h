// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_GENERATOR_SCAN_MIX_H_
#define CAIRN_TRACES_GENERATOR_SCAN_MIX_H_

#include <cstdint>

#include "absl/status/statusor.h"

#include "traces/generator/simulation.h"
#include "traces/truth/truth.h"

namespace cairn::traces {

// Scanners among those who fail as often, and do not scan.
struct ScanMixOptions {
  uint64_t seed = 1;
  double duration_s = 14400;
  uint32_t scanners = 8;
  uint32_t targets = 4000;  // of the busiest scanner; all other numbers keep step with it
};

// A border of 10.10.0.0/16 with (in brackets: of 4,000 targets)
//  * scanners, from outside and from inside, each at a port of its own: most of their targets
//    (1,600 to 4,000) are silent, some reject, few accept, and some of these get data;
//  * mail servers inside that try 300 dead or overloaded ones again and again, 40 times each; four
//    in five of these accept mail at other times;
//  * file-sharing clients inside that try 500 peers likewise; two in three are alive at other
//    times;
//  * a web proxy inside that reaches 3,000 servers, and fails at 600 others, nearly all of which it
//    or others reach at other times;
//  * ordinary clients, of which one connection in fifty fails.
//
// The truth has a session for each of these: scenario "bg_scan" for the scanners, else "bg_mail",
// "bg_sharing", "bg_proxy" and "bg_web"; its leg has the port.  It has no connections.
//
// Memory: about 100 bytes a connection.  The error is the sink's, or InvalidArgument.
absl::StatusOr<Truth> GenerateScanMix(const ScanMixOptions& options, const Simulation::Sink& sink);

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_GENERATOR_SCAN_MIX_H_
