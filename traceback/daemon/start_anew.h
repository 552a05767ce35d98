// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_START_ANEW_H_
#define CAIRN_TRACEBACK_DAEMON_START_ANEW_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace cairn::daemon {

inline constexpr char kStartedAnew[] = "STOPD_STARTED_ANEW";

// Replaces this process by one of the same program with the same arguments and the same number,
// which knows nothing of what this one did.  It gets the listening sockets as from a service
// manager (sd_listen_fds(3)), so that no requester is turned away meanwhile.  Returns only if that
// fails.
//
// Requires: one thread.  Every other descriptor must be closed on exec.
// The new program is told by kStartedAnew in its environment that this one was confined, and it is.
absl::Status StartAnew(const std::vector<int>& listeners);

// The same for a child, which is to do nothing but what `role` says, and keeps `descriptors`: a
// fork of a process that has worked would know all that this one has seen, and where it is in
// memory.  Returns only if that fails.
absl::Status ExecuteAs(const std::string& role, const std::vector<int>& descriptors);
// The role that ExecuteAs() gave to this process, which it has but once; unset: none.
std::optional<std::string> TakeRole();

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_START_ANEW_H_
