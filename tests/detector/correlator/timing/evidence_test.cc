// SPDX-License-Identifier: BSD-3-Clause
// Pairs by evidence, the default: what is found that thresholds miss, and what is not mistaken.
#include "catch2/catch.hpp"

#include "tests/detector/correlator/timing/scene.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

TEST_CASE("A person who goes on from a host is found within seven keystrokes, with the reasons") {
  const Outcome outcome = Detect({}, DirectWork(12).trace.Build());
  REQUIRE(outcome.pairs.size() == 1);
  const SteppingStone& pair = outcome.pairs[0];
  CHECK(pair.time <= Typing(1, 12, Ms(1000))[6] + Millis(40));
  CHECK(pair.host == kStone.ip);
  CHECK(pair.upstream.orig == kOutsider);
  CHECK(pair.downstream.resp == kTarget);
  const Significance& forward = pair.evidence.forward.significance;
  CHECK(forward.nats > 6);
  CHECK(forward.hits == forward.trials);
  CHECK(forward.hits >= 4);
  CHECK(forward.window == Millis(20));
  CHECK(forward.chance < 0.05);
  CHECK(pair.evidence.backward.significance.hits >= 4);
  CHECK(pair.evidence.forward.lag_p50 < Millis(6));
}

TEST_CASE("A relay far slower than any coincidence window of thresholds is found") {
  RelayDelays delays;
  delays.forward = Millis(400);
  delays.round_trip = Millis(60);
  delays.backward = Millis(300);
  const bool direct = GENERATE(true, false);
  const TwoLegs legs = direct ? DirectWork(60, delays) : IndirectWork(60, delays);
  const Outcome outcome = Detect({}, legs.trace.Build());
  REQUIRE(outcome.pairs.size() == 1);
  CHECK(outcome.pairs[0].evidence.forward.significance.window >= Millis(300));
  CHECK(outcome.ends[0].evidence.forward.lag_p50 > Millis(300));
  CHECK(outcome.ends[0].evidence.forward.lag_p50 < Millis(500));
  CHECK(Detect(ByThresholds(), legs.trace.Build()).pairs.empty());
}

TEST_CASE("A broadcast to many hosts has no keystrokes; the demand for both sees to it") {
  DetectorOptions options;
  if (GENERATE(false, true)) options.protected_networks = Protect();
  CHECK(Detect(options, Wall()).pairs.empty());
  CHECK(Detect(options, Wall()).counters.pairs > 0);
}

TEST_CASE("Keystrokes that meet while everybody hears broadcasts are too few for a pair") {
  TwoLegs legs = Indirect();
  for (const PacketTime wall : Typing(77, 60, Ms(5000), Millis(4000), Millis(20000))) {
    legs.trace.Echo(legs.downstream, wall).Echo(legs.upstream, wall + Millis(5));
  }
  // Of sixty keystrokes on one connection a few more than by chance follow one on the other.
  const std::vector<PacketTime> keys = Typing(5, 60, Ms(900000), Millis(4000), Millis(9000));
  const std::vector<PacketTime> others = Typing(6, 60, Ms(901700), Millis(4000), Millis(9000));
  for (size_t i = 0; i < keys.size(); ++i) {
    legs.trace.Key(legs.upstream, keys[i]);
    legs.trace.Key(legs.downstream, i % 4 == 0 ? keys[i] + Millis(900) : others[i]);
  }
  DetectorOptions options;
  CHECK(Detect(options, legs.trace.Build()).pairs.empty());
  options.timing.min_weaker_evidence = 0;
  CHECK(Detect(options, legs.trace.Build()).pairs.size() == 1);
}

TEST_CASE("Flows of equal period are no evidence") {
  for (const TwoLegs& legs : {Direct(), Indirect()}) {
    const std::vector<Segment> segments = Clocks(legs, Millis(1000), Millis(1000), Millis(4));
    DetectorOptions options;
    CHECK(Detect(options, segments).pairs.empty());
  }
}

TEST_CASE("Clocks that tick between their users' keystrokes are no stepping stone") {
  // Status lines of two programs, every full fifteen seconds; people type on their own.
  TwoLegs legs = Indirect();
  Talk(legs.trace, legs.upstream, Typing(31, 250, Ms(1000)), Millis(30));
  Talk(legs.trace, legs.downstream, Typing(32, 250, Ms(1300)), Millis(30));
  for (int64_t i = 1; i < 32; ++i) {
    const PacketTime tick = Ms(i * 15000 + 20 * (i % 2));
    legs.trace.Key(legs.upstream, tick).Echo(legs.upstream, tick + Millis(30));
    legs.trace.Key(legs.downstream, tick + Millis(3));
    legs.trace.Echo(legs.downstream, tick + Millis(27));
  }
  CHECK(Detect({}, legs.trace.Build()).pairs.empty());
}

TEST_CASE("Two strangers at work on one host for an hour are no stepping stone") {
  TwoLegs legs = Direct();
  Talk(legs.trace, legs.upstream, Typing(41, 1500, Ms(1000)));
  Talk(legs.trace, legs.downstream, Typing(42, 1500, Ms(1300)));
  CHECK(Detect({}, legs.trace.Build()).pairs.empty());
}

TEST_CASE("One user in two windows, one server for two users: the exclusions see to it") {
  for (const bool same_server : {false, true}) {
    TraceBuilder trace;
    const auto first = trace.Open(kOutsider, kStone, Ms(0));
    const auto second = same_server ? trace.Open(At("192.0.2.77", 40001), kStone, Ms(500))
                                    : trace.Open(At("198.51.100.7", 50001), kTarget, Ms(500));
    for (const PacketTime key : Typing(3, 40, Ms(1000))) {
      trace.Key(first, key).Key(second, key + Millis(3));
      trace.Echo(first, key + Millis(30)).Echo(second, key + Millis(34));
    }
    CHECK(Detect({}, trace.Build()).pairs.empty());
  }
}

// Keystrokes alone, as a capture of one direction holds them.
std::vector<Segment> OneDirection() {
  TraceBuilder trace;
  const auto upstream = trace.MidStream(kOutsider, kStone);
  const auto downstream = trace.MidStream(kStoneClient, kTarget);
  trace.Hide(upstream, From::kServer).Hide(downstream, From::kServer);
  Relay(trace, upstream, downstream, Typing(1, 120, Ms(1000)), {.forward = Millis(900)});
  return trace.Build();
}

TEST_CASE("Where one direction is captured the other cannot be asked for") {
  const Outcome outcome = Detect({}, OneDirection());
  REQUIRE(outcome.pairs.size() == 1);
  CHECK(outcome.pairs[0].evidence.capture == CaptureView::kForwardOnly);
}

TEST_CASE("The fewer false alarms are allowed, the more evidence a pair needs") {
  DetectorOptions options;
  const Outcome usual = Detect(options, OneDirection());
  options.timing.false_alarms_per_day = 1e-6;
  const Outcome strict = Detect(options, OneDirection());
  REQUIRE(usual.pairs.size() == 1);
  REQUIRE(strict.pairs.size() == 1);
  CHECK(strict.pairs[0].time > usual.pairs[0].time);
}

TEST_CASE("A pair that gathers nothing is given up, and counted") {
  TwoLegs legs = Direct();
  Talk(legs.trace, legs.upstream, Typing(21, 200, Ms(2500), Millis(2000), Millis(2900)));
  Talk(legs.trace, legs.downstream, Typing(22, 200, Ms(3800), Millis(2000), Millis(2900)));
  const Outcome outcome = Detect({}, legs.trace.Build());
  CHECK(outcome.pairs.empty());
  CHECK(outcome.counters.pairs_hopeless >= 1);
}

}  // namespace
}  // namespace cairn
