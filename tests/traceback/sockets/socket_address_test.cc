// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/sockets/socket_address.h"

#include <unistd.h>

#include "catch2/catch.hpp"

namespace cairn::sockets {
namespace {

Endpoint End(const char* ip, uint16_t port) { return {.ip = *IpAddress::Parse(ip), .port = port}; }

TEST_CASE("ends come back from socket addresses as they were") {
  for (const Endpoint& end : {End("192.0.2.1", 22), End("2001:db8::7", 40000), End("::", 0)}) {
    const SocketAddress address = SocketAddressOf(end);
    CHECK(address.get()->sa_family == FamilyOf(end.ip));
    CHECK(EndpointOf(address.storage) == end);
  }
}

TEST_CASE("a mapped IPv4 address is the IPv4 address") {
  const Endpoint mapped = End("::ffff:192.0.2.1", 22);
  CHECK(FamilyOf(mapped.ip) == AF_INET);
  CHECK(EndpointOf(SocketAddressOf(mapped).storage) == End("192.0.2.1", 22));
}

TEST_CASE("addresses of other families name no end") {
  sockaddr_storage local{};
  local.ss_family = AF_UNIX;
  CHECK(EndpointOf(local) == Endpoint());
}

TEST_CASE("a socket tells its own end, and what is none tells nothing") {
  const Endpoint wanted = End("127.0.0.1", 0);
  const int made = socket(FamilyOf(wanted.ip), SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(made >= 0);
  const SocketAddress address = SocketAddressOf(wanted);
  REQUIRE(bind(made, address.get(), address.size) == 0);
  CHECK(LocalEnd(made).ip == wanted.ip);
  CHECK(LocalEnd(made).port != 0);
  close(made);
  CHECK(LocalEnd(-1) == Endpoint());
}

}  // namespace
}  // namespace cairn::sockets
