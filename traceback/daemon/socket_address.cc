// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/socket_address.h"

#include <netinet/in.h>

#include <cstring>

namespace cairn::daemon {

Endpoint EndpointOf(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    sockaddr_in address{};
    std::memcpy(&address, &storage, sizeof(address));
    return {IpAddress::FromV4(ntohl(address.sin_addr.s_addr)), ntohs(address.sin_port)};
  }
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 address{};
    std::memcpy(&address, &storage, sizeof(address));
    return {IpAddress::FromV6Bytes(address.sin6_addr.s6_addr), ntohs(address.sin6_port)};
  }
  return {};
}

}  // namespace cairn::daemon
