// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_ALERTS_OPTIONS_H_
#define CAIRN_TRACEBACK_ALERTS_OPTIONS_H_

#include <cstdint>
#include <vector>

#include "capture/address.h"
#include "traceback/requester/options.h"
#include "traceback/stop/message.h"

namespace cairn::alerts {

// The alerts that name an upstream and a downstream connection.
enum class Trigger : uint8_t { kSteppingStone, kExposure, kMessageRelay, kUnjudged, kRelayNode };

// Which hosts are asked when an alert is raised, and how.
struct Options {
  bool enabled = false;  // while watching; a replay asks nobody unless it is told to
  std::vector<Trigger> events = {Trigger::kSteppingStone};
  bool allowed_alerts = false;  // also of alerts that an allow rule of the policy has marked
  stop::RequestType type = stop::RequestType::kSvRec;
  PrefixSet allowed_networks;  // hosts that may be asked; empty: the protected networks
  requester::Options ask;
};

}  // namespace cairn::alerts

#endif  // CAIRN_TRACEBACK_ALERTS_OPTIONS_H_
