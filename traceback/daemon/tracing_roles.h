// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_TRACING_ROLES_H_
#define CAIRN_TRACEBACK_DAEMON_TRACING_ROLES_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "traceback/tracing/agent/options.h"

namespace cairn::daemon {

// What one of the two processes of chain tracing is (TracingProcesses), and what it is given.
struct TracingRole {
  enum class Kind : uint8_t { kAgent, kKey };
  Kind kind = Kind::kAgent;
  int monitor = -1;       // the socket to the monitor
  int other = -1;         // ... and to the other of the two
  int report = -1;        // the child's end of a StartReport
  std::string root = {};  // of the key's process: an empty folder

  std::array<int, 3> descriptors() const { return {monitor, other, report}; }
  bool operator==(const TracingRole&) const = default;
};

// As ExecuteAs() takes it.
std::string RoleText(const TracingRole& role);
// Unset: it is none.
std::optional<TracingRole> ParseRole(std::string_view text);

// Gives up the privileges of root, tells by `report` that it is at work or why it is not, and works
// until the monitor has gone.
[[noreturn]] void RunRole(const tracing::Options& options, const TracingRole& role);

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_TRACING_ROLES_H_
