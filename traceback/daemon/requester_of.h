// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_REQUESTER_OF_H_
#define CAIRN_TRACEBACK_DAEMON_REQUESTER_OF_H_

#include "base/address.h"
#include "traceback/stop/asker_network.h"

namespace cairn::daemon {

// Whose turn an asker's requests take: one requester's, whatever addresses it can take.
inline IpAddress RequesterOf(const IpAddress& asker) { return stop::AskerNetwork(asker); }

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_REQUESTER_OF_H_
