// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_DESCRIPTORS_H_
#define CAIRN_TRACEBACK_DAEMON_DESCRIPTORS_H_

#include <vector>

namespace cairn::daemon {

// For a child that has work of its own: closes all descriptors but standard error and `kept`.
void KeepDescriptors(std::vector<int> kept);

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_DESCRIPTORS_H_
