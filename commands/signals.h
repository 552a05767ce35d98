// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_SIGNALS_H_
#define CAIRN_COMMANDS_SIGNALS_H_

namespace cairn::commands {

// From here on the first SIGINT (^C), SIGTERM or SIGHUP asks the run to end with its results so
// far; the second one ends the process at once, as it would without this.  A blocked read returns
// with EINTR, and is interrupted again every second, so that no read that starts just after the
// signal can hold up the end.  SIGPIPE is ignored: a closed pipe is an error of the write.
//
// Process-wide; call once, before any thread is started.
void CatchStopSignals();

// The number of the signal that asked for the end; 0 while none has.  Safe from any thread.
int StopSignal();

// The exit code of a process that it ended, as shells report it.  Requires: StopSignal() != 0.
int StopExitCode();

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_SIGNALS_H_
