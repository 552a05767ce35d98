// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/link/links.h"

#include <memory>

#include "catch2/catch.hpp"

#include "test_agent.h"
#include "test_site.h"
#include "traceback/tracing/link/tcp_socket.h"

namespace cairn::tracing {
namespace {

LinkOptions LinksHopping(PortHopping hopping) {
  LinkOptions options = TestOptions();
  options.hopping = hopping;
  return options;
}

bool IsOpen(const TestAgent& agent) { return agent.OpenLink() != 0; }

TEST_CASE("a link opens on both sides, and says who is there") {
  const auto hopping = GENERATE(PortHopping::kOff, PortHopping::kPerSession, PortHopping::kTimed);
  const TestSite site;
  TestAgent one(site, "one.example.org", LoopbackAddress(1), LinksHopping(hopping));
  TestAgent other(site, "other.example.org", LoopbackAddress(2), LinksHopping(hopping));
  const LinkId link = one.links().Connect(Ip(LoopbackAddress(2)));
  CHECK_FALSE(one.links().Send(link, Numbered(1)));
  REQUIRE(Run({&one, &other}, [&] { return IsOpen(one) && IsOpen(other); }));
  const LinkOpened there = one.All<LinkOpened>().at(0);
  CHECK(there.link == link);
  CHECK(there.peer.name == "other.example.org");
  CHECK(there.address == Ip(LoopbackAddress(2)));
  CHECK(there.we_opened);
  const LinkOpened here = other.All<LinkOpened>().at(0);
  CHECK(here.peer.name == "one.example.org");
  CHECK(here.address == Ip(LoopbackAddress(1)));
  CHECK_FALSE(here.we_opened);
  CHECK(one.links().Send(link, Numbered(5)));
  REQUIRE(Run({&one, &other}, [&] { return other.Talk().size() == 1; }));
  CHECK(NumberOf(other.Talk()[0].message) == 5);
  CHECK(one.counters().hops == (hopping == PortHopping::kOff ? 0 : 1));
  CHECK(other.counters().resumed == (hopping == PortHopping::kOff ? 0 : 1));
  CHECK(one.All<LinkClosed>().empty());
  CHECK(other.All<LinkClosed>().empty());
}

TEST_CASE("a link that is closed here or there is told of on both sides") {
  const TestSite site;
  TestAgent one(site, "one.example.org", LoopbackAddress(1));
  TestAgent other(site, "other.example.org", LoopbackAddress(2));
  const LinkId link = one.links().Connect(Ip(LoopbackAddress(2)));
  REQUIRE(Run({&one, &other}, [&] { return IsOpen(one) && IsOpen(other); }));
  // What was sent before still comes.
  REQUIRE(one.links().Send(link, Numbered(7)));
  one.links().Close(link);
  CHECK_FALSE(one.links().Send(link, Numbered(8)));
  REQUIRE(Run({&one, &other},
              [&] { return !one.All<LinkClosed>().empty() && !other.All<LinkClosed>().empty(); }));
  CHECK(one.All<LinkClosed>()[0].link == link);
  CHECK(other.All<LinkClosed>()[0].end == LinkEnd::kClosed);
  REQUIRE(other.Talk().size() == 1);
  CHECK(NumberOf(other.Talk()[0].message) == 7);
}

TEST_CASE("where nobody listens a link is refused") {
  const TestSite site;
  TestAgent one(site, "one.example.org", "");
  const LinkId link = one.links().Connect(Ip(LoopbackAddress(9)));
  REQUIRE(Run({&one}, [&] { return !one.All<LinkClosed>().empty(); }));
  CHECK(one.All<LinkClosed>()[0].link == link);
  CHECK(one.All<LinkClosed>()[0].end == LinkEnd::kRefused);
  CHECK(one.All<LinkClosed>()[0].address == Ip(LoopbackAddress(9)));
}

TEST_CASE("a host that takes connections and says nothing is given up in time") {
  const TestSite site;
  LinkOptions options = TestOptions();
  options.handshake_timeout = PacketDelta::FromMilliseconds(100);
  int error = 0;
  const UniqueFd silent = Listen({.ip = Ip(LoopbackAddress(9)), .port = options.port}, error);
  TestAgent one(site, "one.example.org", "", options);
  one.links().Connect(Ip(LoopbackAddress(9)));
  REQUIRE(Run({&one}, [&] { return !one.All<LinkClosed>().empty(); }));
  CHECK(one.All<LinkClosed>()[0].end == LinkEnd::kUnreachable);
  CHECK(one.counters().timed_out == 1);
}

TEST_CASE("links are bounded in number, here and there") {
  const TestSite site;
  LinkOptions few = TestOptions();
  few.max_links = 1;
  TestAgent one(site, "one.example.org", LoopbackAddress(1), few);
  TestAgent other(site, "other.example.org", LoopbackAddress(2));
  TestAgent third(site, "third.example.org", LoopbackAddress(3));
  one.links().Connect(Ip(LoopbackAddress(2)));
  one.links().Connect(Ip(LoopbackAddress(3)));
  REQUIRE(Run({&one, &other, &third}, [&] { return IsOpen(one) && IsOpen(other); }));
  REQUIRE(one.All<LinkClosed>().size() == 1);
  CHECK(one.All<LinkClosed>()[0].end == LinkEnd::kLimit);
  // What it has opened itself takes no place from those of others.
  other.links().Connect(Ip(LoopbackAddress(1)));
  REQUIRE(Run({&one, &other, &third}, [&] { return one.All<LinkOpened>().size() == 2; }));
  third.links().Connect(Ip(LoopbackAddress(1)));
  REQUIRE(Run({&one, &other, &third}, [&] { return !third.All<LinkClosed>().empty(); }));
  CHECK(third.All<LinkClosed>()[0].end == LinkEnd::kDenied);
  CHECK(other.All<LinkClosed>().empty());
}

TEST_CASE("a peer that comes again and again keeps its newest links") {
  const TestSite site;
  TestAgent one(site, "one.example.org", LoopbackAddress(1));
  TestAgent other(site, "other.example.org", LoopbackAddress(2));
  for (size_t i = 1; i <= 5; ++i) {
    one.links().Connect(Ip(LoopbackAddress(2)));
    REQUIRE(Run({&one, &other}, [&] { return other.All<LinkOpened>().size() == i; }));
  }
  REQUIRE(Run({&one, &other}, [&] { return !one.All<LinkClosed>().empty(); }));
  CHECK(one.All<LinkClosed>().size() == 1);
  CHECK(one.All<LinkClosed>()[0].link == one.All<LinkOpened>()[0].link);
}

TEST_CASE("a range of work ports that is empty, and an address of others, cannot be used") {
  const TestSite site;
  const TestHost host = site.Issue({});
  const Trust trust = site.MakeTrust();
  OwnSigner signer(host.private_key());
  LinkOptions options = TestOptions();
  const auto make = [&] {
    return Links::Make(options, host.credentials(), trust, signer, "host", &WallTime).status();
  };
  CHECK(make().ok());
  options.addresses = {Ip("192.0.2.200")};
  CHECK(absl::IsUnavailable(make()));
  options.addresses = {};
  options.last_work_port = 1;
  CHECK(absl::IsInvalidArgument(make()));
}

TEST_CASE("an agent with nothing to do waits without end") {
  const TestSite site;
  TestAgent one(site, "one.example.org", LoopbackAddress(1));
  CHECK_FALSE(one.links().NextDeadline().has_value());
  TestAgent other(site, "other.example.org", LoopbackAddress(2));
  one.links().Connect(Ip(LoopbackAddress(2)));
  REQUIRE(Run({&one, &other}, [&] { return IsOpen(one) && IsOpen(other); }));
  RunFor({&one, &other}, Millis(50));
  // Only the end of an idle link is near.
  CHECK(*one.links().NextDeadline() > Links::Clock::now() + std::chrono::seconds(60));
}

}  // namespace
}  // namespace cairn::tracing
