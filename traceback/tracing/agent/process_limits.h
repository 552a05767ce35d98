// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AGENT_PROCESS_LIMITS_H_
#define CAIRN_TRACEBACK_TRACING_AGENT_PROCESS_LIMITS_H_

#include <cstdint>

#include "traceback/tracing/agent/options.h"

namespace cairn::tracing {

// What the process of an agent may have of the system.  An agent keeps below them by its own
// bounds; they hold whoever has taken it over.
struct ProcessLimits {
  uint64_t descriptors = 0;
  uint64_t file_bytes = 0;    // of one file
  uint64_t memory_bytes = 0;  // of addresses, with the program's own
};
ProcessLimits LimitsOf(const Options& options);
// The same, with so few links that these descriptors are enough.
Options WithLinksFor(Options options, uint64_t descriptors);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AGENT_PROCESS_LIMITS_H_
