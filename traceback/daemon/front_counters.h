// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_FRONT_COUNTERS_H_
#define CAIRN_TRACEBACK_DAEMON_FRONT_COUNTERS_H_

#include <cstdint>

namespace cairn::daemon {

// What the process that talks to the network counts.  Only grows.
struct FrontCounters {
  uint64_t connections = 0;            // accepted
  uint64_t connections_refused = 0;    // beyond max_connections, or max_connections_per_asker
  uint64_t connections_displaced = 0;  // closed for a newer one: the one that was silent longest
  uint64_t timed_out = 0;              // no whole request within line_timeout
  uint64_t lines_too_long = 0;
  uint64_t requests = 0;
  uint64_t faulty = 0;            // were none
  uint64_t rate_limited = 0;      // beyond max_requests_per_asker_minute
  uint64_t deferred = 0;          // had to wait for max_requests
  uint64_t overloaded = 0;        // not processed: too many were waiting
  uint64_t cycles = 0;            // recursive requests that came again
  uint64_t unremembered = 0;      // recursive requests served without asking on: no room
  uint64_t askers_forgotten = 0;  // beyond max_askers
  uint64_t hops_asked = 0;        // previous hosts
  uint64_t hops_answered = 0;
  uint64_t hops_dropped = 0;      // there was no room in the queue
  uint64_t hops_joined = 0;       // asked for several tokens at once
  uint64_t not_allowed = 0;       // asked for more than plain ident, and are not trusted
  uint64_t refusals_unnoted = 0;  // tokens of requests not processed that the journal lacks

  bool operator==(const FrontCounters&) const = default;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_FRONT_COUNTERS_H_
