// SPDX-License-Identifier: BSD-3-Clause
#include "base/address.h"

#include <array>
#include <cstdint>
#include <string>

#include "catch2/catch.hpp"

namespace cairn {
namespace {

IpAddress Ip(const char* text) { return *IpAddress::Parse(text); }

TEST_CASE("addresses are written as they are read") {
  for (const char* text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::15",
                           "::ffff:192.0.2.1", "::ffff:0.0.0.0", "fe80::1"}) {
    CHECK(Ip(text).ToString() == text);
  }
}

TEST_CASE("an IPv4 address within an IPv6 one is another address, with the bytes of its header") {
  const IpAddress mapped = Ip("::ffff:192.0.2.1");
  CHECK(mapped != Ip("192.0.2.1"));
  CHECK_FALSE(mapped.IsV4());
  CHECK(mapped.IsMapped());
  CHECK(mapped.Unmapped() == Ip("192.0.2.1"));
  const std::array<uint8_t, 16> bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
  CHECK(mapped.ToBytes() == bytes);
  CHECK(IpAddress::FromIpv6Header(0, 0xffffc0000201) == mapped);
  // To a socket they are one and the same.
  CHECK(IpAddress::FromV6Bytes(bytes.data()) == Ip("192.0.2.1"));
}

TEST_CASE("other addresses are unmapped to themselves") {
  for (const char* text : {"192.0.2.1", "2001:db8::15", "::192.0.2.1", "::ffff:0:192.0.2.1"}) {
    CHECK(Ip(text).Unmapped() == Ip(text));
    CHECK_FALSE(Ip(text).IsMapped());
  }
}

TEST_CASE("a network of IPv4 holds its hosts in either form, and no others") {
  const Prefix network = *Prefix::Parse("192.0.2.0/24");
  CHECK(network.Contains(Ip("192.0.2.1")));
  CHECK(network.Contains(Ip("::ffff:192.0.2.1")));
  CHECK_FALSE(network.Contains(Ip("::ffff:192.0.3.1")));
  CHECK_FALSE(network.Contains(Ip("2001:db8::15")));
  CHECK(Prefix::Parse("::ffff:192.0.2.0/24")->ToString() == "192.0.2.0/24");
  CHECK(Prefix::Parse("2001:db8::/32")->Contains(Ip("2001:db8::15")));
}

}  // namespace
}  // namespace cairn
