// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_COUNTERS_TEXT_H_
#define CAIRN_TRACEBACK_DAEMON_COUNTERS_TEXT_H_

#include <cstdint>
#include <string>

#include "traceback/daemon/front_counters.h"
#include "traceback/daemon/monitor.h"
#include "traceback/daemon/trace_desk.h"
#include "traceback/tokens/token_store.h"

namespace cairn::daemon {

// One line each: "counters of ...: NAME=NUMBER ...", all of them, in a fixed order.
std::string CountersText(const FrontCounters& counters);
std::string CountersText(const MonitorCounters& counters, const WalkCounters& walks);
std::string CountersText(const tokens::StoreCounters& counters, uint64_t used_bytes);
// Without the words before it: it is told with what the agent of tracing counts.
std::string CountersText(const TraceDeskCounters& counters);

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_COUNTERS_TEXT_H_
