// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_READ_ONLY_VIEW_H_
#define CAIRN_TRACEBACK_DAEMON_READ_ONLY_VIEW_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace cairn::daemon {

// This process and its children see every file system as read-only from now on, but for the folders
// `writable` and what is below them; what others mount later is seen as they mount it.  Nothing
// changes for other processes, or if "/" is read-only already, as under stopd.service.  Folders
// that are not there are passed over.
//
// Requires: CAP_SYS_ADMIN, one thread.  FailedPrecondition: "/" is not a shared mount (then later
// mounts would not be seen, and what others unmount would stay in use), or this kernel (before
// 5.12), or where the process runs, does not allow it; nothing has changed for others then.
absl::Status EnterReadOnlyView(const std::vector<std::string>& writable);

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_READ_ONLY_VIEW_H_
