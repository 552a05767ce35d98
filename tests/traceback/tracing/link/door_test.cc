// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "raw_client.h"
#include "test_agent.h"
#include "test_site.h"
#include "traceback/tracing/link/links.h"
#include "traceback/tracing/link/source_rates.h"

namespace cairn::tracing {
namespace {

constexpr uint16_t kDoorPort = 14113;

TEST_CASE("what is no TLS 1.3 of an agent with a certificate is refused") {
  const RawWish wish = GENERATE(RawWish{.version = TLS1_2_VERSION}, RawWish{.certificate = false},
                                RawWish{.protocol = false});
  CAPTURE(wish.version, wish.certificate, wish.protocol);
  const TestSite site;
  TestAgent agent(site, "agent.example.org", LoopbackAddress(1));
  RawClient client(site.Issue({}), wish, LoopbackAddress(1), kDoorPort);
  REQUIRE(Run({&agent}, [&] {
    client.Step();
    return client.failed();
  }));
  CHECK(agent.counters().handshakes == 0);
  CHECK(agent.counters().handshakes_failed == 1);
  CHECK(agent.All<LinkOpened>().empty());
}

TEST_CASE("the same client with all that it needs is let in") {
  const TestSite site;
  TestAgent agent(site, "agent.example.org", LoopbackAddress(1));
  RawClient client(site.Issue({}), {}, LoopbackAddress(1), kDoorPort);
  REQUIRE(Run({&agent}, [&] {
    client.Step();
    return agent.counters().handshakes == 1;
  }));
  CHECK_FALSE(client.failed());
}

TEST_CASE("garbage is refused at once") {
  const std::string what =
      GENERATE(std::string("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), std::string(100, '\0'),
               std::string("\x16\x03\x01\xff\xff", 5) + std::string(20000, 'x'),
               std::string("\x16\x03\x01\x00\x64", 5) + std::string(100, 'x'),
               std::string("\x17\x03\x03\x00\x01x", 6));
  const TestSite site;
  TestAgent agent(site, "agent.example.org", LoopbackAddress(1));
  RawSocket socket(LoopbackAddress(1), kDoorPort);
  bool sent = false;
  REQUIRE(Run({&agent}, [&] {
    if (!sent) sent = socket.Send(what);
    socket.Receive();
    return socket.closed();
  }));
  CHECK(agent.counters().invalid == 1);
  CHECK(agent.counters().timed_out == 0);
}

TEST_CASE("who has proven nothing cannot send without end") {
  const TestSite site;
  TestAgent agent(site, "agent.example.org", LoopbackAddress(1));
  RawSocket socket(LoopbackAddress(1), kDoorPort);
  std::string record("\x14\x03\x03\x00\x01\x01", 6);  // allowed before a hello
  std::string records;
  for (int i = 0; i < 500; ++i) records += record;
  REQUIRE(Run({&agent}, [&] {
    socket.Send(records);
    socket.Receive();
    return socket.closed();
  }));
  CHECK(agent.counters().bytes_received < 256 << 10);
  CHECK(agent.counters().invalid == 1);
}

TEST_CASE("who connects and says nothing is closed after the handshake's time") {
  const TestSite site;
  LinkOptions options = TestOptions();
  options.handshake_timeout = PacketDelta::FromMilliseconds(100);
  TestAgent agent(site, "agent.example.org", LoopbackAddress(1), options);
  RawSocket silent(LoopbackAddress(1), kDoorPort);
  RawSocket half(LoopbackAddress(1), kDoorPort);
  bool sent = false;
  REQUIRE(Run({&agent}, [&] {
    if (!sent) sent = half.Send(std::string("\x16\x03\x01\x00\x64\x01\x00", 7));
    silent.Receive();
    half.Receive();
    return silent.closed() && half.closed();
  }));
  CHECK(agent.counters().timed_out == 2);
}

TEST_CASE("an honest peer gets through while others take every place again and again") {
  const TestSite site;
  LinkOptions options = TestOptions();
  options.max_handshakes_per_source_minute = 2;
  TestAgent agent(site, "agent.example.org", LoopbackAddress(1), options);
  TestAgent honest(site, "honest.example.org", LoopbackAddress(2), options);
  std::list<RawSocket> flood;
  int next = 0;
  const auto more = [&] {
    for (int i = 0; i < 2; ++i, ++next) {
      const std::string from =
          "127.200." + std::to_string(next / 250 % 250) + "." + std::to_string(1 + next % 250);
      flood.emplace_back(LoopbackAddress(1), kDoorPort, from);
      if (i == 0) flood.back().Send("\x16");
      if (flood.size() > 200) flood.pop_front();
    }
  };
  REQUIRE(Run({&agent}, [&] {
    more();
    return agent.counters().refused_busy > 50;
  }));
  honest.links().Connect(Ip(LoopbackAddress(1)));
  REQUIRE(Run({&agent, &honest}, [&] {
    more();
    return honest.OpenLink() != 0 && agent.OpenLink() != 0;
  }));
  CHECK(honest.All<LinkClosed>().empty());
}

TEST_CASE("a source comes so often in a minute, and others all the same") {
  const TestSite site;
  LinkOptions options = TestOptions();
  options.max_handshakes_per_source_minute = 2;
  TestAgent agent(site, "agent.example.org", LoopbackAddress(1), options);
  TestAgent often(site, "often.example.org", LoopbackAddress(2), options);
  TestAgent other(site, "other.example.org", LoopbackAddress(3), options);
  // At once: none has proven yet who it is.
  for (int i = 0; i < 3; ++i) often.links().Connect(Ip(LoopbackAddress(1)));
  REQUIRE(Run({&agent, &often}, [&] {
    return often.All<LinkOpened>().size() == 2 && often.All<LinkClosed>().size() == 1;
  }));
  CHECK(often.All<LinkClosed>()[0].end == LinkEnd::kDenied);
  CHECK(agent.counters().refused_rate == 1);
  other.links().Connect(Ip(LoopbackAddress(1)));
  CHECK(Run({&agent, &often, &other}, [&] { return other.OpenLink() != 0; }));
}

TEST_CASE("a source's handshakes are counted by minute, and a network of IPv6 as one source") {
  const auto start = SourceRates::Clock::now();
  SourceRates rates(2);
  CHECK(rates.Allows(Ip("192.0.2.1"), start));
  CHECK(rates.Allows(Ip("192.0.2.1"), start + std::chrono::seconds(58)));
  CHECK_FALSE(rates.Allows(Ip("192.0.2.1"), start + std::chrono::seconds(59)));
  CHECK(rates.Allows(Ip("192.0.2.2"), start + std::chrono::seconds(59)));
  CHECK(rates.Allows(Ip("192.0.2.1"), start + std::chrono::seconds(60)));
  const IpAddress here = Ip("192.0.2.9");
  CHECK(SourceOf(Ip("2001:db8::1"), here) == SourceOf(Ip("2001:db8::2:0:0:2"), here));
  CHECK(SourceOf(Ip("2001:db8::1"), here) != SourceOf(Ip("2001:db8:0:1::1"), here));
  CHECK(SourceOf(Ip("192.0.2.1"), here) != SourceOf(Ip("192.0.2.2"), here));
  // A user of this host may take any of them, and nobody else can.
  CHECK(SourceOf(Ip("127.0.0.5"), here) == SourceOf(Ip("127.7.7.7"), here));
}

TEST_CASE("who proves who it is may come again in the same minute") {
  const TestSite site;
  LinkOptions options = TestOptions();
  options.max_handshakes_per_source_minute = 2;
  TestAgent agent(site, "agent.example.org", LoopbackAddress(1), options);
  TestAgent again(site, "again.example.org", LoopbackAddress(2), options);
  for (size_t i = 1; i <= 6; ++i) {
    again.links().Connect(Ip(LoopbackAddress(1)));
    REQUIRE(Run({&agent, &again}, [&] { return again.All<LinkOpened>().size() == i; }));
    again.links().Close(again.OpenLink());
    REQUIRE(Run({&agent, &again}, [&] { return again.All<LinkClosed>().size() == i; }));
  }
  CHECK(agent.counters().refused_rate == 0);
}

TEST_CASE("a place is given back to its source, so often a minute and no more") {
  const auto start = SourceRates::Clock::now();
  SourceRates rates(2);
  const IpAddress proven = Ip("192.0.2.1");
  for (uint32_t i = 0; i < SourceRates::kMostGivenBack; ++i) {
    REQUIRE(rates.Allows(proven, start));
    rates.GiveBack(proven, start);
  }
  CHECK(rates.Allows(proven, start));
  rates.GiveBack(proven, start);
  CHECK(rates.Allows(proven, start));
  rates.GiveBack(proven, start);
  CHECK_FALSE(rates.Allows(proven, start + std::chrono::seconds(59)));
  CHECK(rates.Allows(proven, start + std::chrono::seconds(60)));
  // Others gain nothing by it, and nobody gains what was never taken.
  const IpAddress other = Ip("192.0.2.2");
  rates.GiveBack(other, start);
  CHECK(rates.Allows(other, start));
  CHECK(rates.Allows(other, start));
  CHECK_FALSE(rates.Allows(other, start));
}

TEST_CASE("sources beyond what is remembered are not locked out") {
  const auto start = SourceRates::Clock::now();
  SourceRates rates(1);
  for (uint32_t i = 0; i < 3 * SourceRates::kMostSources; ++i) {
    REQUIRE(rates.Allows(IpAddress::FromV4(0x0a000000 + i), start));
  }
}

}  // namespace
}  // namespace cairn::tracing
