// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/sockets/socket_address.h"

#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace cairn::sockets {

SocketAddress SocketAddressOf(const Endpoint& end) {
  const IpAddress ip = end.ip.Unmapped();
  const std::array<uint8_t, 16> bytes = ip.ToBytes();
  SocketAddress made;
  if (ip.IsV4()) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(end.port);
    std::memcpy(&address.sin_addr, bytes.data() + 12, 4);
    std::memcpy(&made.storage, &address, sizeof(address));
    made.size = sizeof(address);
    return made;
  }
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(end.port);
  std::memcpy(&address.sin6_addr, bytes.data(), bytes.size());
  std::memcpy(&made.storage, &address, sizeof(address));
  made.size = sizeof(address);
  return made;
}

int FamilyOf(const IpAddress& ip) { return ip.Unmapped().IsV4() ? AF_INET : AF_INET6; }

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

Endpoint LocalEnd(int descriptor) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  return EndpointOf(storage);
}

}  // namespace cairn::sockets
