// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/link/tcp_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "traceback/sockets/socket_address.h"

namespace cairn::tracing {
namespace {

constexpr int kBacklog = 128;
// A peer that has vanished is noticed by what it does not acknowledge.
constexpr unsigned kMostUnacknowledgedMilliseconds = 15000;
constexpr unsigned kPreferPublic = 2;  // IPV6_PREFER_SRC_PUBLIC of <linux/in6.h>

UniqueFd NewSocket(const IpAddress& ip) {
  return UniqueFd(socket(sockets::FamilyOf(ip), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

void Set(int descriptor, int level, int option, unsigned value) {
  // Where it fails, things only become slower.
  setsockopt(descriptor, level, option, &value, sizeof(value));
}

void SetUp(int descriptor) {
  Set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  Set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, kMostUnacknowledgedMilliseconds);
}

}  // namespace

UniqueFd Listen(const Endpoint& at, int& error) {
  UniqueFd made = NewSocket(at.ip);
  const sockets::SocketAddress address = sockets::SocketAddressOf(at);
  // Beside connections that an earlier listener of this port has left; never beside a listener.
  if (made.is_open()) Set(made.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (made.is_open() && sockets::FamilyOf(at.ip) == AF_INET6)
    Set(made.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (!made.is_open() || bind(made.get(), address.get(), address.size) != 0 ||
      listen(made.get(), kBacklog) != 0) {
    error = errno;
    return {};
  }
  return made;
}

UniqueFd BeginConnect(const Endpoint& to, const std::optional<IpAddress>& from, int& error) {
  UniqueFd made = NewSocket(to.ip);
  if (!made.is_open()) {
    error = errno;
    return made;
  }
  SetUp(made.get());
  // Not one of the addresses that hosts change every day: no certificate names them.
  if (sockets::FamilyOf(to.ip) == AF_INET6) {
    Set(made.get(), IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, kPreferPublic);
  }
  if (from.has_value() && sockets::FamilyOf(*from) == sockets::FamilyOf(to.ip)) {
    const auto own = sockets::SocketAddressOf({.ip = *from, .port = 0});
    Set(made.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    // Not possible: the system chooses.
    if (bind(made.get(), own.get(), own.size) != 0) errno = 0;
  }
  const auto address = sockets::SocketAddressOf(to);
  if (connect(made.get(), address.get(), address.size) != 0 && errno != EINPROGRESS) {
    error = errno;
    return {};
  }
  return made;
}

std::optional<Accepted> Accept(int listener, int& error) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  UniqueFd accepted(accept4(listener, reinterpret_cast<sockaddr*>(&storage), &size,
                            SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!accepted.is_open()) {
    // Those that went before they were taken: the next one.
    error = errno == EAGAIN || errno == EINTR || errno == ECONNABORTED ? 0 : errno;
    return std::nullopt;
  }
  SetUp(accepted.get());
  return Accepted{.descriptor = std::move(accepted), .from = sockets::EndpointOf(storage)};
}

int ConnectError(int descriptor) {
  int error = 0;
  socklen_t size = sizeof(error);
  return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

}  // namespace cairn::tracing
