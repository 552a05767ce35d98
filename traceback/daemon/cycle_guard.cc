// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/cycle_guard.h"

#include <algorithm>

#include "base/wall_clock.h"
#include "traceback/daemon/asker_rights.h"
#include "traceback/stop/asker_network.h"

namespace cairn::daemon {

void CycleGuard::Forget(Clock::time_point now) {
  while (!expiries_.empty() && expiries_.front().time <= now) {
    const Expiry& oldest = expiries_.front();
    seen_.erase(oldest.key);
    const auto of_asker = seen_of_.find(oldest.network);
    if (--of_asker->second == 0) seen_of_.erase(of_asker);
    expiries_.pop_front();
  }
}

bool CycleGuard::HasRoom(const IpAddress& asker, const IpAddress& network) const {
  const size_t quarter = std::max<size_t>(options_.max_remembered / 4, 1);
  const auto of_asker = seen_of_.find(network);
  if (of_asker != seen_of_.end() && of_asker->second >= quarter) return false;
  const bool keeps_room = !trusted_.empty() && !IsTrusted(trusted_, asker);
  return seen_.size() + (keeps_room ? quarter : 0) < options_.max_remembered;
}

CycleGuard::Verdict CycleGuard::Observe(const IpAddress& asker, const stop::Request& request,
                                        Clock::time_point now) {
  Forget(now);
  Key key = {.asker = asker, .session_id = request.session_id};
  if (options_.cycle_rule == CycleRule::kConnection) {
    key.local_port = request.ports.local;
    key.remote_port = request.ports.remote;
  }
  if (seen_.contains(key)) return Verdict::kSeen;
  const IpAddress network = stop::AskerNetwork(asker);
  if (!HasRoom(asker, network)) return Verdict::kFull;
  seen_.insert(key);
  ++seen_of_[network];
  expiries_.push_back({now + ToChrono(options_.cycle_window), key, network});
  return Verdict::kNew;
}

}  // namespace cairn::daemon
