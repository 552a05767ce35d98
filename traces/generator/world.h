// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_GENERATOR_WORLD_H_
#define CAIRN_TRACES_GENERATOR_WORLD_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

#include "base/time.h"
#include "traces/chance/typing.h"
#include "traces/generator/simulation.h"
#include "traces/generator/site.h"
#include "traces/truth/truth.h"

namespace cairn::traces {

// 2026-01-05T08:00:00Z, a Monday: every generated trace starts then, so that it can be made again
// byte by byte.
constexpr PacketTime kTraceStart = PacketTime::FromNanoseconds(1767600000LL * 1000000000);

// How many of what live in a generated world.
struct WorldOptions {
  std::string name = "generated";
  uint64_t seed = 1;
  double duration_s = 600;
  uint64_t max_packets = 0;  // 0: as many as come up

  uint32_t interactive = 0;    // people at work at any moment, each with one login over the border
  double inbound_share = 0.5;  // of them, from outside
  uint32_t direct_chains = 0;  // outside > stone inside > outside
  uint32_t indirect_chains = 0;  // the same with a hidden hop between two inside hosts
  uint32_t outside_chains = 0;   // inside > stone outside > inside
  uint32_t long_chains = 0;      // in, out, in, out
  uint32_t reverse_chains = 0;   // the first leg opened from inside, as `ssh -R` does
  uint32_t double_chains = 0;    // one person with two windows over one stone to two targets
  uint32_t bulk = 0;             // transfers at any moment
  uint32_t web = 0;              // people who browse
  uint32_t periodic = 0;         // pollers: half of equal, half of nearly equal periods
  uint32_t wall_hosts = 0;       // hosts that broadcast together, inside and outside in turn
  uint32_t wall_sessions = 4;    // idle logins on each of them
  uint32_t chat_rooms = 0;
  uint32_t scanners = 0;

  double session_min_s = 300;
  double session_max_s = 3600;
  double wall_gap_s = 60;  // mean, plus 5 s
  double bulk_bytes_per_s = 1e6;
  double scan_syns_per_s = 20;
  SiteOptions site;
  TypingOptions typing;
};

// Lets the world live and gives its packets at the border to `sink`, in time order.  Returns the
// truth of what was given. The error is the sink's, or InvalidArgument when the options contradict
// each other.
absl::StatusOr<Truth> Generate(const WorldOptions& options, const Simulation::Sink& sink);

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_GENERATOR_WORLD_H_
