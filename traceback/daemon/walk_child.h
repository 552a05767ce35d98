// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_WALK_CHILD_H_
#define CAIRN_TRACEBACK_DAEMON_WALK_CHILD_H_

#include <sys/types.h>

#include <cstddef>
#include <vector>

#include "base/time.h"
#include "traceback/daemon/options.h"
#include "traceback/daemon/walk_confinement.h"
#include "traceback/host/inspector.h"

namespace cairn::daemon {

// Walks that share one look at the host.
struct WalkJob {
  std::vector<host::TcpConnection> connections;  // at most kMostInBatch; none: only the look
  // Of several, each has its part of a short time, so that one that somebody has made long costs
  // the others nothing.  One alone has all of it.
  bool is_alone = false;
  // Of which of them the links are told, too (host::Inspector::AddLinks); as many, or none at all.
  std::vector<bool> wants_links = {};
  // Whether the memory of processes is read, too (host::Inspector::LeaveMemory).
  bool reads_memory = true;
  PacketTime now;
};

// Other connections that are looked at for the links of one.
inline constexpr size_t kMostLinks = 64;

// How a child ends that had too little memory.
inline constexpr int kOutOfMemory = 12;

// What a child process does for the monitor: looks, walks, and tells it through `pipe`
// (WalkReportWriter).  Of the deadline, the look has three quarters at most, and the walks have a
// quarter together; a walk alone has all that the look leaves.
// Returns the exit status.
int WalkInChild(const host::Inspector& inspector, const Walks& walks,
                const WalkConfinement& confinement, const WalkJob& job, pid_t parent, int pipe);

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_WALK_CHILD_H_
