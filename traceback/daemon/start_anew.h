// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_START_ANEW_H_
#define CAIRN_TRACEBACK_DAEMON_START_ANEW_H_

#include <vector>

#include "absl/status/status.h"

namespace cairn::daemon {

// Replaces this process by one of the same program with the same arguments and the same number,
// which knows nothing of what this one did.  It gets the listening sockets as from a service
// manager (sd_listen_fds(3)), so that no requester is turned away meanwhile.  Returns only if that
// fails.
//
// Requires: one thread.  Every other descriptor must be closed on exec.
absl::Status StartAnew(const std::vector<int>& listeners);

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_START_ANEW_H_
