// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_MPTCP_H_
#define CAIRN_TRACEBACK_HOST_MPTCP_H_

#include <cstdint>
#include <vector>

#include "traceback/host/netlink.h"
#include "traceback/host/sock_diag.h"

// Multipath TCP (RFC 8684).  A process holds one socket, and the kernel holds TCP sockets for it,
// one for each path.  Most have the inode of the socket that the process holds; one of which the
// kernel says none is known by the token of its connection.
namespace cairn::host {

// Of the attribute INET_DIAG_ULP_INFO of a TCP socket.  0: it is no path of a multipath connection,
// or the asker may not know (CAP_NET_ADMIN).
uint32_t TokenOfPath(NetlinkBytes ulp_info);
// Of the attribute INET_DIAG_INFO of a multipath socket.  0: none.
uint32_t TokenOfMultipath(NetlinkBytes info);

// Gives each path without an inode that of the multipath socket with its token.
void AdoptPaths(const std::vector<InternetSocket>& multipath, std::vector<InternetSocket>& tcp);

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_MPTCP_H_
