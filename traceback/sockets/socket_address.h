// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_SOCKETS_SOCKET_ADDRESS_H_
#define CAIRN_TRACEBACK_SOCKETS_SOCKET_ADDRESS_H_

#include <sys/socket.h>

#include "base/address.h"

// Ends of connections, as the kernel writes them.
namespace cairn::sockets {

// Of IPv4 or IPv6.
struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};
// IPv4 addresses and the mapped form of them are the same.
SocketAddress SocketAddressOf(const Endpoint& end);
// AF_INET or AF_INET6: of a socket for such addresses.
int FamilyOf(const IpAddress& ip);

// The end that a socket address names; all zero for other families.
Endpoint EndpointOf(const sockaddr_storage& storage);
// A socket's own end; all zero if it has none.
Endpoint LocalEnd(int descriptor);

}  // namespace cairn::sockets

#endif  // CAIRN_TRACEBACK_SOCKETS_SOCKET_ADDRESS_H_
