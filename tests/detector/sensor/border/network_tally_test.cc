// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/border/network_tally.h"

#include <string>
#include <vector>

#include "catch2/catch.hpp"

namespace cairn::border {
namespace {

IpAddress Ip(const std::string& text) { return IpAddress::Parse(text).value(); }

std::vector<std::string> Names(const NetworkTally& tally, size_t most = 4) {
  std::vector<std::string> names;
  for (const NetworkSeen& seen : tally.Top(most)) names.push_back(seen.network);
  return names;
}

TEST_CASE("the networks of most connections come first, and rare ones not at all") {
  NetworkTally tally;
  for (uint32_t i = 0; i < 100; ++i) {
    // One site of many /24s, and the world: two places of it often.
    const IpAddress site = IpAddress::FromV4(0x0a0a0000U + i * 256 + 1);
    const IpAddress world =
        i % 5 == 0 ? Ip("198.51.100.1") : IpAddress::FromV4(0x20000000U + i * 65536);
    tally.Add(world, site);
  }
  CHECK(Names(tally) == std::vector<std::string>{"10.10.0.0/16", "198.51.100.0/24"});
  CHECK(Names(tally, 1) == std::vector<std::string>{"10.10.0.0/16"});
  CHECK(tally.Top(4)[0].connections == 100);
  CHECK(tally.Top(4)[1].connections == 20);
  CHECK(tally.dropped() == 0);
}

TEST_CASE("a network is as narrow as what was seen of it, and no narrower") {
  NetworkTally tally;
  for (uint32_t i = 0; i < 100; ++i) {
    tally.Add(Ip(i == 0 ? "10.10.1.1" : "10.10.0.1"), IpAddress::FromV4(0x20000000U + i * 65536));
  }
  CHECK(Names(tally) == std::vector<std::string>{"10.10.0.0/16"});
  NetworkTally two;  // both ends in one /16, in two /24s
  for (uint32_t i = 0; i < 10; ++i) two.Add(Ip("10.10.1.1"), Ip("10.10.2.1"));
  CHECK(Names(two) == std::vector<std::string>{"10.10.0.0/16"});
}

TEST_CASE("IPv6 networks are counted by /48 and /64, and mapped addresses as IPv4") {
  NetworkTally tally;
  for (uint64_t i = 0; i < 20; ++i) {
    const IpAddress wide = IpAddress::FromWords(0x20010db800100000U + i, 1);
    const IpAddress narrow = IpAddress::FromWords(0x20010db8002000aaU, i);
    tally.Add(wide, narrow);
  }
  CHECK(Names(tally) == std::vector<std::string>{"2001:db8:10::/48", "2001:db8:20:aa::/64"});
  NetworkTally mapped;
  mapped.Add(IpAddress::FromIpv6Header(0, 0xffff0a0a0001U), IpAddress::FromV4(0x0a0a0002U));
  CHECK(Names(mapped) == std::vector<std::string>{"10.10.0.0/24"});
  CHECK(mapped.Top(4)[0].connections == 1);
}

TEST_CASE("a flood of addresses neither takes memory nor hides the site") {
  NetworkTally tally;
  for (uint32_t i = 0; i < 100'000; ++i) {
    tally.Add(IpAddress::FromV4(0x20000000U + i * 6151), IpAddress::FromV4(i * 40503));
    if (i % 3 == 0) tally.Add(Ip("10.10.3.4"), IpAddress::FromV4(0x40000000U + i * 6151));
  }
  CHECK(tally.dropped() > 1000);
  const std::vector<NetworkSeen> top = tally.Top(4);
  REQUIRE(top.size() == 1);
  CHECK(top[0].network == "10.10.3.0/24");
  CHECK(top[0].connections <= 33'334);
  CHECK(top[0].connections > 33'000);
  CHECK(tally.connections() == 133'334);
}

TEST_CASE("a tally of nothing suggests nothing") { CHECK(NetworkTally().Top(4).empty()); }

TEST_CASE("the table never holds more than its bound") {
  FrequentNetworks networks;
  for (uint32_t i = 0; i < 10'000; ++i) {
    networks.Add(IpAddress::FromV4(i << 16U));
    REQUIRE(networks.counts().size() <= FrequentNetworks::kMost);
  }
}

}  // namespace
}  // namespace cairn::border
