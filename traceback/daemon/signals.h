// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_SIGNALS_H_
#define CAIRN_TRACEBACK_DAEMON_SIGNALS_H_

#include <signal.h>

// What the administrator tells the daemon by signals.  Of the whole process.
namespace cairn::daemon {

// From now on they are noted.  All are blocked but while the daemon waits (ppoll), with the mask
// that is returned; then a signal cannot come too early to be seen.
sigset_t HandleSignals();

// SIGTERM or SIGINT has come.
bool IsStopWanted();
// SIGUSR1 has come; once for each time.
bool TakeCountersWanted();

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_SIGNALS_H_
