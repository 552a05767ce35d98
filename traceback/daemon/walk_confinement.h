// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_WALK_CONFINEMENT_H_
#define CAIRN_TRACEBACK_DAEMON_WALK_CONFINEMENT_H_

#include <linux/filter.h>
#include <sys/types.h>

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "traceback/daemon/options.h"

namespace cairn::daemon {

// What a process that walks may do: look.  It reads what all users of the host have made, for a
// limited time, in limited memory; and it may read any file.  So it can neither write files, nor
// make processes, nor reach the network, nor touch other processes.  What a library tries of that
// fails with EPERM.
class WalkConfinement {
 public:
  // Makes the filter of system calls, which costs more than its use.
  static absl::StatusOr<WalkConfinement> Prepare(const Walks& walks);

  // In the child, for good.  The child ends with `parent`.
  absl::Status Enter(pid_t parent) const;

 private:
  WalkConfinement(const Walks& walks, std::vector<sock_filter> filter)
      : walks_(walks), filter_(std::move(filter)) {}

  Walks walks_;
  std::vector<sock_filter> filter_;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_WALK_CONFINEMENT_H_
