// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_LISTENERS_H_
#define CAIRN_TRACEBACK_DAEMON_LISTENERS_H_

#include <vector>

#include "absl/status/statusor.h"

#include "traceback/daemon/options.h"

namespace cairn::daemon {

// The sockets on which requests come in: those that the service manager hands over, else one for
// each configured address.  None of them blocks.  An IPv6 socket takes IPv6 only.  An address of a
// family that this host lacks is skipped while another works.
//
// PermissionDenied, AlreadyExists (another program listens there), FailedPrecondition (what was
// handed over is not a listening TCP socket), Unavailable.
absl::StatusOr<std::vector<int>> OpenListeners(const Options& options);

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_LISTENERS_H_
