// SPDX-License-Identifier: BSD-3-Clause
#include <sys/socket.h>

#include <algorithm>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "test_agent.h"
#include "test_site.h"
#include "traceback/tracing/link/links.h"
#include "traceback/tracing/link/tcp_socket.h"

namespace cairn::tracing {
namespace {

LinkOptions HoppingHopping(PortHopping hopping) {
  LinkOptions options = TestOptions();
  options.hopping = hopping;
  return options;
}

// Two agents with a link between them.
struct Pair {
  explicit Pair(const LinkOptions& options)
      : one(site, "one.example.org", LoopbackAddress(1), options),
        other(site, "other.example.org", LoopbackAddress(2), options) {
    one.links().Connect(Ip(LoopbackAddress(2)));
  }
  bool Open() {
    return Run({&one, &other}, [&] { return one.OpenLink() != 0 && other.OpenLink() != 0; });
  }
  bool NothingClosed() const {
    return one.All<LinkClosed>().empty() && other.All<LinkClosed>().empty();
  }

  TestSite site;
  TestAgent one;
  TestAgent other;
};

bool InOrder(const std::vector<LinkReceived>& talk) {
  for (size_t i = 0; i < talk.size(); ++i) {
    if (NumberOf(talk[i].message) != i) return false;
  }
  return true;
}

TEST_CASE("thousands of messages both ways come whole and in order, whichever the ports") {
  const auto hopping = GENERATE(PortHopping::kOff, PortHopping::kPerSession, PortHopping::kTimed);
  LinkOptions options = HoppingHopping(hopping);
  options.hop_period = PacketDelta::FromMilliseconds(50);
  Pair pair(options);
  REQUIRE(pair.Open());
  constexpr uint64_t kMessages = 3000;
  uint64_t sent = 0;
  const auto all_there = [&] {
    for (int burst = 0; burst < 20 && sent < kMessages; ++burst, ++sent) {
      REQUIRE(pair.one.links().Send(pair.one.OpenLink(), Numbered(sent)));
      REQUIRE(pair.other.links().Send(pair.other.OpenLink(), Numbered(sent)));
    }
    return pair.one.Talk().size() == kMessages && pair.other.Talk().size() == kMessages;
  };
  const bool in_time = Run({&pair.one, &pair.other}, all_there, Millis(120000));
  CAPTURE(sent, pair.one.Talk().size(), pair.other.Talk().size());
  REQUIRE(in_time);
  CHECK(InOrder(pair.one.Talk()));
  CHECK(InOrder(pair.other.Talk()));
  CHECK(pair.NothingClosed());
}

TEST_CASE("a link goes on at ever new ports while it is used, and stays the same link") {
  LinkOptions options = HoppingHopping(PortHopping::kTimed);
  options.hop_period = PacketDelta::FromMilliseconds(50);
  Pair pair(options);
  REQUIRE(pair.Open());
  uint64_t sent = 0;
  const auto hopped = [&] {
    REQUIRE(pair.one.links().Send(pair.one.OpenLink(), Numbered(sent)));
    REQUIRE(pair.other.links().Send(pair.other.OpenLink(), Numbered(sent)));
    ++sent;
    return pair.one.counters().hops >= 12 && pair.other.counters().hops >= 12;
  };
  REQUIRE(Run({&pair.one, &pair.other}, hopped));
  REQUIRE(Run({&pair.one, &pair.other},
              [&] { return pair.one.Talk().size() == sent && pair.other.Talk().size() == sent; }));
  CHECK(InOrder(pair.one.Talk()));
  CHECK(InOrder(pair.other.Talk()));
  CHECK(pair.NothingClosed());
  CHECK(pair.one.All<LinkOpened>().size() == 1);
  CHECK(pair.other.All<LinkOpened>().size() == 1);
  CHECK(pair.other.counters().resumed >= 12);
  CHECK(pair.other.counters().handshakes == 1);
}

TEST_CASE("idle links with timed hops go on at new ports, and are closed all the same") {
  LinkOptions options = HoppingHopping(PortHopping::kTimed);
  options.hop_period = PacketDelta::FromMilliseconds(50);
  options.idle_timeout = PacketDelta::FromMilliseconds(400);
  Pair pair(options);
  REQUIRE(pair.Open());
  REQUIRE(Run({&pair.one, &pair.other}, [&] {
    return !pair.one.All<LinkClosed>().empty() && !pair.other.All<LinkClosed>().empty();
  }));
  CHECK(pair.other.counters().hops >= 2);
  const LinkEnd one = pair.one.All<LinkClosed>()[0].end;
  const LinkEnd other = pair.other.All<LinkClosed>()[0].end;
  CHECK((one == LinkEnd::kIdle || other == LinkEnd::kIdle));
  CHECK((one == LinkEnd::kIdle || one == LinkEnd::kClosed));
  CHECK((other == LinkEnd::kIdle || other == LinkEnd::kClosed));
}

TEST_CASE("a work port that cannot be reached ends the link, and the text names the range") {
  LinkOptions options = HoppingHopping(PortHopping::kPerSession);
  options.work_port_patience = PacketDelta::Zero();  // it is closed before anybody can come
  Pair pair(options);
  REQUIRE(Run({&pair.one, &pair.other}, [&] {
    return !pair.one.All<LinkClosed>().empty() && !pair.other.All<LinkClosed>().empty();
  }));
  const LinkClosed closed = pair.one.All<LinkClosed>()[0];
  CHECK(closed.end == LinkEnd::kBlocked);
  CHECK(closed.text.find("14200-14263") != std::string::npos);
  CHECK(pair.other.All<LinkClosed>()[0].text.find("14200-14263") != std::string::npos);
  CHECK(pair.one.All<LinkOpened>().empty());
  CHECK(pair.other.All<LinkOpened>().empty());
}

TEST_CASE("where no work port is free the peer is denied") {
  LinkOptions options = HoppingHopping(PortHopping::kPerSession);
  options.last_work_port = options.first_work_port;
  int error = 0;
  const UniqueFd taken =
      Listen({.ip = Ip(LoopbackAddress(2)), .port = options.first_work_port}, error);
  REQUIRE(taken.is_open());
  Pair pair(options);
  REQUIRE(Run({&pair.one, &pair.other}, [&] {
    return !pair.one.All<LinkClosed>().empty() && !pair.other.All<LinkClosed>().empty();
  }));
  CHECK(pair.one.All<LinkClosed>()[0].end == LinkEnd::kDenied);
  CHECK(pair.other.All<LinkClosed>()[0].end == LinkEnd::kLimit);
}

TEST_CASE("a link that cannot hop stays where it is") {
  LinkOptions options = HoppingHopping(PortHopping::kTimed);
  options.hop_period = PacketDelta::FromMilliseconds(30);
  options.last_work_port = options.first_work_port;
  Pair pair(options);
  REQUIRE(pair.Open());
  int error = 0;
  // Nobody listens there now, and from now on somebody else does.
  UniqueFd taken;
  REQUIRE(Run({&pair.one, &pair.other}, [&] {
    taken = Listen({.ip = Ip(LoopbackAddress(2)), .port = options.first_work_port}, error);
    return taken.is_open();
  }));
  RunFor({&pair.one, &pair.other}, Millis(200));
  REQUIRE(pair.one.links().Send(pair.one.OpenLink(), Numbered(0)));
  REQUIRE(Run({&pair.one, &pair.other}, [&] { return pair.other.Talk().size() == 1; }));
  CHECK(pair.NothingClosed());
}

TEST_CASE("each listener of a work port is closed once the peer has come") {
  LinkOptions options = HoppingHopping(PortHopping::kPerSession);
  options.last_work_port = options.first_work_port;
  Pair pair(options);
  REQUIRE(pair.Open());
  int error = 0;
  CHECK(Listen({.ip = Ip(LoopbackAddress(2)), .port = options.first_work_port}, error).is_open());
}

}  // namespace
}  // namespace cairn::tracing
