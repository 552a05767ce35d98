// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_LANDLOCK_H_
#define CAIRN_TRACEBACK_DAEMON_LANDLOCK_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"

namespace cairn::daemon {

// By the kernel's Landlock, as far as this kernel has it (5.13 and later; ports from 6.7 on,
// signals from 6.12 on): no file can be reached, TCP connections only to `port` and from no port of
// the caller's choice, and no process signalled that was there before.  Unset: no connection at
// all. Only for a process that looks at no other: Landlock hides those from /proc.
//
// Requires: no_new_privs, one thread.  A kernel without Landlock is no error.
absl::Status EnterLandlock(std::optional<uint16_t> port);

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_LANDLOCK_H_
