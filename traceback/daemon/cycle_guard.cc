// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/cycle_guard.h"

namespace cairn::daemon {

CycleGuard::Verdict CycleGuard::Observe(const IpAddress& asker, const stop::Request& request,
                                        Clock::time_point now) {
  while (!expiries_.empty() && expiries_.front().time <= now) {
    seen_.erase(expiries_.front().key);
    expiries_.pop_front();
  }
  Key key = {.asker = asker, .session_id = request.session_id};
  if (options_.cycle_rule == CycleRule::kConnection) {
    key.local_port = request.ports.local;
    key.remote_port = request.ports.remote;
  }
  if (seen_.contains(key)) return Verdict::kSeen;
  if (seen_.size() >= options_.max_remembered) return Verdict::kFull;
  seen_.insert(key);
  expiries_.push_back({now + std::chrono::nanoseconds(options_.cycle_window.ToNanoseconds()), key});
  return Verdict::kNew;
}

}  // namespace cairn::daemon
