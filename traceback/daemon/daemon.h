// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_DAEMON_H_
#define CAIRN_TRACEBACK_DAEMON_DAEMON_H_

#include "absl/status/status.h"

#include "traceback/daemon/options.h"

// The host daemon of the Session TOken Protocol: who asks about a TCP connection of this host gets
// a token, and who owned the connection is remembered for whoever may redeem it.
//
// Source: Carrier & Shields, "A Recursive Session Token Protocol for Use in Computer Forensics and
// TCP Traceback", section III; RFC 1413.
namespace cairn::daemon {

// Serves until SIGTERM or SIGINT; SIGUSR1 logs all counters.  The calling process becomes the
// privileged side (Monitor); a child process talks to the network (Front) inside EnterSandbox().
// Should that end, both are started anew (StartAnew()).  Sockets come from the service manager if
// it has some for this process, else they are made as configured.
//
// Requires: one thread.  PermissionDenied: not root.  Otherwise an error says why it cannot start,
// and what to do.
absl::Status Run(const Options& options);

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_DAEMON_H_
