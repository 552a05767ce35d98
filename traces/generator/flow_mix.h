// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_GENERATOR_FLOW_MIX_H_
#define CAIRN_TRACES_GENERATOR_FLOW_MIX_H_

#include <cstdint>

#include "absl/status/status.h"

#include "traces/generator/simulation.h"

// Loads for measuring speed and limits: packets of many connections without any person behind them.
// No truth: there is nothing to find.
namespace cairn::traces {

struct FlowMixOptions {
  uint64_t seed = 1;
  uint64_t packets = 6000000;
  uint32_t open_connections = 50000;  // at any moment
  double mean_packets = 27;           // of a connection; 0: connections never end
  uint32_t packets_per_second = 100000;
};

// Each packet belongs to a random one of the open connections (the worst case for a cache); a
// connection that ends makes room for a new one.  Half of the connections enter 10.10.0.0/16, half
// leave it.  Memory: 32 bytes a connection.
absl::Status GenerateFlowMix(const FlowMixOptions& options, const Simulation::Sink& sink);

struct SynFloodOptions {
  uint64_t seed = 1;
  uint64_t packets = 1000000;
  uint32_t packets_per_second = 100000;
};

// SYNs from as many distinct addresses, all outside 10.10.0.0/16, to hosts inside it; never
// answered.
absl::Status GenerateSynFlood(const SynFloodOptions& options, const Simulation::Sink& sink);

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_GENERATOR_FLOW_MIX_H_
