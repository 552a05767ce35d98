// SPDX-License-Identifier: BSD-3-Clause
// Which connections are never compared, each rule with its switch.
#include "catch2/catch.hpp"

#include "tests/detector/correlator/timing/scene.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

DetectorOptions Without(bool timing::Options::*rule) {
  DetectorOptions options = ByThresholds();
  options.timing.*rule = false;
  return options;
}

// Keystrokes on both connections at nearly the same times, the first a little earlier; and echoes
// in the order of a relay, so late that they do not coincide with the keystrokes.
std::vector<Segment> Alike(const Endpoint& client_a, const Endpoint& server_a,
                           const Endpoint& client_b, const Endpoint& server_b,
                           PacketDelta round_trip = Millis(250)) {
  TraceBuilder trace;
  const auto a = trace.Open(client_a, server_a, Ms(0));
  const auto b = trace.Open(client_b, server_b, Ms(100));
  RelayDelays delays;
  delays.round_trip = round_trip;
  Relay(trace, a, b, Typing(1, 30, Ms(1000)), delays);
  return trace.Build();
}

TEST_CASE("One user with two sessions that start at the same host: no pair") {
  // The same user types a command into both, or a program drives both.
  const auto segments = Alike(At("10.0.0.15", 40001), At("203.0.113.1", 22), At("10.0.0.15", 40002),
                              At("203.0.113.2", 22));
  CHECK(Detect(ByThresholds(), segments).pairs.empty());
  CHECK(Detect(Without(&timing::Options::exclude_shared_host), segments).pairs.size() == 1);
}

TEST_CASE("Two sessions to the same server: no pair") {
  const auto segments = Alike(At("198.51.100.1", 40001), At("10.0.0.15", 22),
                              At("198.51.100.2", 40002), At("10.0.0.15", 2222));
  CHECK(Detect(ByThresholds(), segments).pairs.empty());
  CHECK(Detect(Without(&timing::Options::exclude_shared_host), segments).pairs.size() == 1);
}

TEST_CASE("One user with two sessions on the same server: no pair, however near it is") {
  // Typing into both at once, keystrokes on one are soon followed by echoes on the other.
  const auto segments = Alike(At("198.51.100.1", 40001), At("10.0.0.15", 22),
                              At("198.51.100.1", 40002), At("10.0.0.15", 2222), Millis(20));
  CHECK(Detect(ByThresholds(), segments).pairs.empty());
  CHECK(Detect(Without(&timing::Options::exclude_shared_host), segments).pairs.size() == 1);
}

TEST_CASE("A chain that goes to a host and straight back is a pair") {
  const auto segments = Alike(At("198.51.100.1", 40001), At("10.0.0.15", 22),
                              At("10.0.0.15", 40002), At("198.51.100.1", 22), Millis(20));
  const Outcome outcome = Detect(ByThresholds(), segments);
  REQUIRE(outcome.pairs.size() == 1);
  CHECK(outcome.pairs[0].kind == PairKind::kDirect);
}

TEST_CASE("Two connections with a common address and port: no pair") {
  // A server on the middle host relays between its clients over one port: no login.
  const auto segments = Alike(At("198.51.100.1", 40001), At("10.0.0.15", 4667),
                              At("10.0.0.15", 4667), At("203.0.113.2", 4667));
  CHECK(Detect(ByThresholds(), segments).pairs.empty());
  CHECK(Detect(Without(&timing::Options::exclude_shared_endpoint), segments).pairs.size() == 1);
}

TEST_CASE("A loop between one host's own connections, with no hop seen between: no pair") {
  // It opened both: one program that talks to two peers (10.0.0.15 hears from the first peer what
  // it tells the second a moment earlier).
  TraceBuilder trace;
  const auto a = trace.Open(At("10.0.0.15", 40001), At("203.0.113.1", 80), Ms(0));
  const auto b = trace.Open(At("10.0.0.15", 40002), At("203.0.113.2", 80), Ms(100));
  RelayDelays delays;
  delays.downstream_typist = From::kServer;
  Relay(trace, a, b, Typing(1, 30, Ms(1000)), delays);
  CHECK(Detect(ByThresholds(), trace.Build()).pairs.empty());
  CHECK(Detect(Without(&timing::Options::exclude_shared_host), trace.Build()).pairs.size() == 1);
}

TEST_CASE("A chain that really comes back to its first host is a pair") {
  TraceBuilder trace;
  const auto out = trace.Open(At("10.0.0.15", 40001), At("203.0.113.1", 22), Ms(0));
  const auto back = trace.Open(At("203.0.113.2", 40002), At("10.0.0.15", 22), Ms(100));
  Relay(trace, out, back, Typing(1, 30, Ms(1000)));
  const Outcome outcome = Detect(ByThresholds(), trace.Build());
  REQUIRE(outcome.pairs.size() == 1);
  CHECK(outcome.pairs[0].kind == PairKind::kIndirect);
}

TEST_CASE("A connection within one host takes part in no pair") {
  TraceBuilder trace;
  const auto in = trace.Open(kOutsider, kStone, Ms(0));
  const auto local = trace.Open(At("10.0.0.15", 40001), At("10.0.0.15", 445), Ms(100));
  Relay(trace, in, local, Typing(1, 30, Ms(1000)));
  CHECK(Detect(ByThresholds(), trace.Build()).pairs.empty());
}

TEST_CASE("The two flows of one connection are not a pair") {
  TraceBuilder trace;
  const auto c = trace.Open(kOutsider, kStone, Ms(0));
  Talk(trace, c, Typing(1, 50, Ms(1000)), Millis(5));
  const Outcome outcome = Detect(ByThresholds(), trace.Build());
  CHECK(outcome.pairs.empty());
  CHECK(outcome.counters.pairs == 0);
}

TEST_CASE("With protected networks one flow must enter the site and the other leave it") {
  DetectorOptions options = ByThresholds();
  options.protected_networks = Protect("10.0.0.0/24");
  SECTION("in and out again") {
    CHECK(Detect(options, DirectWork(10).trace.Build()).pairs.size() == 1);
    CHECK(Detect(options, IndirectWork(10).trace.Build()).pairs.size() == 1);
  }
  SECTION("transit: neither end of either is ours") {
    const auto segments = Alike(At("198.51.100.1", 40001), At("203.0.113.15", 22),
                                At("203.0.113.15", 40002), At("192.0.2.2", 22));
    CHECK(Detect(options, segments).pairs.empty());
    CHECK(Detect(options, segments).counters.pairs == 0);
    CHECK(Detect(ByThresholds(), segments).pairs.size() == 1);
  }
  SECTION("internal: all ends are ours") {
    const auto segments = Alike(At("10.0.0.1", 40001), At("10.0.0.15", 22), At("10.0.0.15", 40002),
                                At("10.0.0.2", 22));
    CHECK(Detect(options, segments).pairs.empty());
    CHECK(Detect(ByThresholds(), segments).pairs.size() == 1);
  }
  SECTION("two that both enter") {
    const auto segments = Alike(At("198.51.100.1", 40001), At("10.0.0.15", 22),
                                At("203.0.113.1", 40002), At("10.0.0.16", 22));
    CHECK(Detect(options, segments).pairs.empty());
    CHECK(Detect(ByThresholds(), segments).pairs.size() == 1);
  }
  SECTION("one internal, one that leaves") {
    const auto segments = Alike(At("10.0.0.1", 40001), At("10.0.0.15", 22), At("10.0.0.15", 40002),
                                At("203.0.113.1", 22));
    CHECK(Detect(options, segments).pairs.empty());
    CHECK(Detect(ByThresholds(), segments).pairs.size() == 1);
  }
}

}  // namespace
}  // namespace cairn
