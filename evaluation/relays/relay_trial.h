// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_RELAYS_RELAY_TRIAL_H_
#define CAIRN_EVALUATION_RELAYS_RELAY_TRIAL_H_

#include <cstdint>
#include <optional>
#include <span>

#include "detector/correlator/relays/flow_activity.h"
#include "detector/stream/relay_options.h"

namespace cairn::evaluation {

// How improbable the server of a simulation looked, in nats: e to the minus this is the chance that
// the screen gives to as much.
struct AdaptiveOutcome {
  double first_minute = 0;
  double five_minutes = 0;  // taken as one
  double half_hour = 0;     // likewise, where as much was played
};

// What the published method decided.
struct PublishedOutcome {
  std::optional<double> first;              // nats of the first decision
  PacketDelta after = PacketDelta::Zero();  // ... and when it was made
  uint32_t decisions = 0;
  uint32_t alarms = 0;  // at Options::false_alarm_probability
};

// Plays so many minutes of a server's activities (SimulateServer()), at least five, to the
// statistic of one host.  Pure; O(activities K).
AdaptiveOutcome PlayAdaptive(std::span<const relays::FlowActivity> activities,
                             const relays::Options& options, uint32_t minutes = 5);
// `all`: every decision, else the first one only.
PublishedOutcome PlayPublished(std::span<const relays::FlowActivity> activities,
                               const relays::Options& options, bool all);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_RELAYS_RELAY_TRIAL_H_
