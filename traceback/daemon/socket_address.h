// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_SOCKET_ADDRESS_H_
#define CAIRN_TRACEBACK_DAEMON_SOCKET_ADDRESS_H_

#include <sys/socket.h>

#include "capture/address.h"

namespace cairn::daemon {

// The end that the kernel names by a socket address of IPv4 or IPv6; all zero for other families.
Endpoint EndpointOf(const sockaddr_storage& storage);

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_SOCKET_ADDRESS_H_
