// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_ALERTS_OPTIONS_H_
#define CAIRN_TRACEBACK_ALERTS_OPTIONS_H_

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "traceback/requester/options.h"
#include "traceback/stop/message.h"
#include "traceback/tracing/asker/options.h"

namespace cairn::alerts {

// The alerts that name an upstream and a downstream connection.
enum class Trigger : uint8_t { kSteppingStone, kExposure, kMessageRelay, kUnjudged, kRelayNode };

// 4113, and 24113 to 24176: the defaults of stopd.
std::vector<uint16_t> DefaultTracingPorts();

// Which hosts are asked when an alert is raised, and how.
struct Options {
  bool enabled = false;  // while watching; a replay asks nobody unless it is told to
  std::vector<Trigger> events = {Trigger::kSteppingStone};
  bool allowed_alerts = false;  // also of alerts that an allow rule of the policy has marked
  stop::RequestType type = stop::RequestType::kSvRec;
  PrefixSet allowed_networks;  // hosts that may be asked; empty: the protected networks
  requester::Options ask;
  // Whether the agents of the hosts are asked to trace the chain (traceback/tracing/).  Then hosts
  // without an agent are asked for tokens, also if `enabled` does not hold.
  bool trace = false;
  tracing::AskerOptions tracing = {};  // `networks` follow from the above
  // Where the tracing agents of the site listen (stopd), in order: the port where they find each
  // other, and those where they work.  Surveys do not take an agent for a scanner.
  std::vector<uint16_t> tracing_ports = DefaultTracingPorts();
};

}  // namespace cairn::alerts

#endif  // CAIRN_TRACEBACK_ALERTS_OPTIONS_H_
