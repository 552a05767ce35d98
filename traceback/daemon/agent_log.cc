// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/agent_log.h"

namespace cairn::daemon {

void AgentLog::Log(const tracing::AgentLine& line, Clock::time_point now) {
  Bounds& bounds = bounds_[line.is_warning ? 1 : 0];
  const Level level = line.is_warning ? Level::kWarning : Level::kInfo;
  switch (line.cause) {
    case tracing::LogCause::kOwn:
      return bounds.own.Log(level, line.text, now);
    case tracing::LogCause::kPeer:
      return bounds.peers.Log(level, line.source, line.text, now);
    case tracing::LogCause::kStranger:
      return bounds.strangers.Log(level, line.source, line.text, now);
  }
}

bool AgentLog::Flush(Clock::time_point now) {
  bool is_due = false;
  for (Bounds& each : bounds_) {
    each.own.Flush(now);
    each.peers.Flush(now);
    each.strangers.Flush(now);
    is_due = is_due || each.own.due().has_value() || each.peers.due().has_value() ||
             each.strangers.due().has_value();
  }
  return is_due;
}

}  // namespace cairn::daemon
