// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_CONFINEMENT_H_
#define CAIRN_TRACEBACK_DAEMON_CONFINEMENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"

// How the monitor gives up what it does not need, whoever starts it.
namespace cairn::daemon {

// The capabilities that the monitor needs, and those by which it starts the front anew.
uint64_t MonitorCapabilities();

// For good, also for processes and programs that it starts: no more capabilities than those, no new
// privileges, no core dumps, all but the folders `writable` read-only (where that cannot be, the
// log says so), and only the system calls that the daemon needs.  Others fail with EPERM: a
// library that tries something new must not cost evidence.
//
// Landlock would be the kernel's own way to restrict files, but hides other processes from /proc,
// which the monitor is there to look at.
//
// Requires: root, one thread.  An error says which step failed.
absl::Status ConfineMonitor(const std::vector<std::string>& writable);

// The filter of system calls alone.
absl::Status FilterMonitorCalls();

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_CONFINEMENT_H_
