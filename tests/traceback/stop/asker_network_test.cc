// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/stop/asker_network.h"

#include "catch2/catch.hpp"

namespace cairn::stop {
namespace {

IpAddress Ip(const char* text) { return *IpAddress::Parse(text); }

TEST_CASE("an asker is an IPv4 address, or an IPv6 network of 64 bits") {
  SetOwnAddresses({});
  CHECK(AskerNetwork(Ip("192.0.2.1")) != AskerNetwork(Ip("192.0.2.2")));
  CHECK(AskerNetwork(Ip("2001:db8::1")) == AskerNetwork(Ip("2001:db8::ffff:2")));
  CHECK(AskerNetwork(Ip("2001:db8::1")) != AskerNetwork(Ip("2001:db8:0:1::1")));
  CHECK(AskerNetwork(Ip("::ffff:192.0.2.1")) == AskerNetwork(Ip("192.0.2.1")));
}

TEST_CASE("all addresses of this host are one asker") {
  SetOwnAddresses({Ip("2001:db8::7"), Ip("192.0.2.1")});
  const IpAddress here = AskerNetwork(Ip("127.0.0.1"));
  for (const char* own : {"127.3.2.1", "::1", "192.0.2.1", "::ffff:192.0.2.1", "2001:db8::7"}) {
    INFO(own);
    CHECK(AskerNetwork(Ip(own)) == here);
  }
  for (const char* other : {"126.0.0.1", "128.0.0.1", "192.0.2.2", "2001:db8::8", "::2"}) {
    INFO(other);
    CHECK(AskerNetwork(Ip(other)) != here);
  }
  SetOwnAddresses({});
  CHECK(AskerNetwork(Ip("192.0.2.1")) != here);
}

}  // namespace
}  // namespace cairn::stop
