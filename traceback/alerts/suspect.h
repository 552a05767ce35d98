// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_ALERTS_SUSPECT_H_
#define CAIRN_TRACEBACK_ALERTS_SUSPECT_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"

#include "base/address.h"
#include "base/time.h"
#include "detector/findings/event.h"
#include "traceback/alerts/options.h"
#include "traceback/findings/traceback_event.h"

namespace cairn::alerts {

// What an alert points at, whichever kind it is.
struct Suspect {
  Trigger trigger = Trigger::kSteppingStone;
  PacketTime time;
  std::string alert_id = {};
  uint32_t revision = 1;           // of the alert
  std::string chain = {};          // the incident; empty: none
  std::optional<IpAddress> stone;  // where a direct pair meets
  ConnectionSummary upstream;
  ConnectionSummary downstream;
  bool is_allowed = false;  // by the policy
};

// Unset: the event points at no two connections.
std::optional<Suspect> SuspectOf(const Event& event);

// The stone's way on, as it has it: what to ask it about.  Through a reverse tunnel it has accepted
// that connection.
HostConnection WayOn(const Suspect& suspect);

// Which suspects are a reason to ask: alerts of the wanted kinds that the policy does not allow,
// each once, and once more when its roles are corrected.  Remembers kMostAlerts; the oldest are
// forgotten.  Thread-compatible.
class SuspectSieve {
 public:
  static constexpr size_t kMostAlerts = 65536;

  explicit SuspectSieve(const Options& options)
      : events_(options.events), allowed_alerts_(options.allowed_alerts) {}

  bool Takes(const Suspect& suspect);

 private:
  const std::vector<Trigger> events_;
  const bool allowed_alerts_;
  absl::flat_hash_set<std::string> seen_;
  std::deque<std::string> seen_order_;
};

}  // namespace cairn::alerts

#endif  // CAIRN_TRACEBACK_ALERTS_SUSPECT_H_
