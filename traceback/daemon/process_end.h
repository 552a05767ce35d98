// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_PROCESS_END_H_
#define CAIRN_TRACEBACK_DAEMON_PROCESS_END_H_

#include <sys/types.h>

#include <string>

namespace cairn::daemon {

// Waits for the end of a child that has been told to end, for two seconds; then it is killed.
// Returns its status as waitpid(2) gives it.
int AwaitEnd(pid_t pid);

// How a process ended, for people: "exit status 1", "signal 9 (Killed)".  One that its own filter
// of system calls has stopped (SIGSYS) says nothing by itself, so what that means is said here.
std::string EndText(int status);

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_PROCESS_END_H_
