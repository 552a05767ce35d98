// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_AGENT_LOG_H_
#define CAIRN_TRACEBACK_DAEMON_AGENT_LOG_H_

#include <array>

#include "traceback/daemon/log.h"
#include "traceback/daemon/source_throttle.h"
#include "traceback/tracing/agent/agent.h"

namespace cairn::daemon {

// Where the lines of a tracing agent go.  Each cause has its own bound: strangers hide nothing that
// peers cause, and neither of them what this host has to say.  Thread-compatible.
class AgentLog {
 public:
  using Clock = LogThrottle::Clock;

  void Log(const tracing::AgentLine& line, Clock::time_point now);
  // Says how many were left out, once the second is over; true: there will be something to say.
  bool Flush(Clock::time_point now);

 private:
  // Warnings are not hidden by others either.
  struct Bounds {
    LogThrottle own;
    SourceThrottle peers;
    SourceThrottle strangers;
  };
  std::array<Bounds, 2> bounds_;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_AGENT_LOG_H_
