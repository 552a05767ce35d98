// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_RELAYS_RELAY_EXPERIMENTS_H_
#define CAIRN_EVALUATION_RELAYS_RELAY_EXPERIMENTS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evaluation/rates.h"
#include "evaluation/relays/relay_traffic.h"

namespace cairn::evaluation {

// One way to decide whether the server relays.
struct RelayMethod {
  std::string name;  // "published A=1000 L=100", "adaptive 300 s", ...
  bool published = false;
  uint32_t terms = 0;     // published: A
  uint32_t slot_ms = 0;   // L
  uint32_t sums = 0;      // K
  uint32_t seconds = 0;   // adaptive: that it watches before it decides
  bool any_pair = false;  // adaptive: not only connections of opposite roles
};

// How often a method reports the server, under one condition.
struct RelayPoint {
  std::string figure;  // of the paper: "table1", "fig3", ...
  RelayTraffic traffic;
  RelayMethod method;
  Proportion reported{};          // false ones where traffic.relays is 0
  double seconds = 0;             // until a decision, in the mean
  std::optional<double> paper{};  // what the paper reports, where its text has the figure
};

struct RelayExperimentOptions {
  uint32_t trials = 200;  // servers simulated for each condition
  uint64_t seed = 1;
  int threads = 1;  // the result does not depend on it
};

// The experiments of Coskun & Memon 2007, section 3.2: false positives by A and L (Table 1), and
// true positives by mean delay and by A and L (Figures 3 and 4), the number of relays (Figure 5),
// packets relayed (Figure 6) and chaff (Figure 7); with the published method and with ours.  All
// methods see the same servers and may err in one of a hundred decisions by their own reckoning.
// About ten CPU seconds for each trial.  `done` is told of each figure.
std::vector<RelayPoint> RunRelayExperiments(
    const RelayExperimentOptions& options,
    const std::function<void(std::string_view figure)>& done);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_RELAYS_RELAY_EXPERIMENTS_H_
