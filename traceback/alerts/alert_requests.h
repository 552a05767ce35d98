// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_ALERTS_ALERT_REQUESTS_H_
#define CAIRN_TRACEBACK_ALERTS_ALERT_REQUESTS_H_

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "detector/findings/event.h"
#include "traceback/alerts/options.h"
#include "traceback/alerts/suspect.h"
#include "traceback/findings/traceback_event.h"
#include "traceback/requester/requester.h"

namespace cairn::alerts {

// Asks the hosts of an alert to remember, at once, who owns the connection: the originator of the
// downstream connection about that one, and the originator of the upstream connection about its
// own, if it may be asked.  The far address is named, so the answer is a token (Carrier & Shields,
// section III-B: requests of gateways).
//
// Only hosts of the allowed networks are ever asked.  Nothing here waits for a host: requests go
// out from a thread of the requester's, and results are taken when they are there.  Each alert asks
// once, and once more when its roles are corrected (SuspectSieve).  Thread-compatible.
class AlertRequests {
 public:
  // `protected_networks` are asked where the options name no others.
  AlertRequests(const Options& options, const PrefixSet& protected_networks);

  // Asks, if the event is a reason to.
  void Observe(const Event& event);
  // Asks.
  void Ask(const Suspect& suspect);
  // The results since the last call, in the order in which they became known.
  std::vector<TracebackEvent> Take();
  // Waits until all hosts have answered or given up; false: not until then.
  bool WaitUntil(std::chrono::steady_clock::time_point deadline) {
    return requester_.WaitUntil(deadline);
  }
  // How long the slowest host may take for all its attempts.
  std::chrono::nanoseconds Patience() const;
  // What is still open is given up; to be called last, after Take().
  std::vector<TracebackEvent> GiveUp();

 private:
  enum class Side : uint8_t { kDownstream, kUpstream };
  void Ask(const Suspect& suspect, Side side, uint32_t session_id);
  static TracebackEvent EventOf(HostAsked asked, const requester::Outcome& outcome);

  const Options options_;
  const PrefixSet networks_;
  std::random_device random_;
  uint64_t next_tag_ = 1;
  absl::flat_hash_map<uint64_t, HostAsked> open_;  // by tag; at most what the requester takes
  std::vector<TracebackEvent> ended_;
  SuspectSieve sieve_;
  requester::Requester requester_;
};

}  // namespace cairn::alerts

#endif  // CAIRN_TRACEBACK_ALERTS_ALERT_REQUESTS_H_
