// SPDX-License-Identifier: BSD-3-Clause
// Which connection is upstream: who moves first, not who came first or who sent the SYN.
#include "catch2/catch.hpp"

#include "tests/detector/correlator/timing/scene.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

TEST_CASE("The side that moves first is upstream, whichever connection is older") {
  TraceBuilder trace;
  const auto downstream = trace.Open(kStoneClient, kTarget, Ms(0));
  const auto upstream = trace.Open(kOutsider, kStone, Ms(500));
  Relay(trace, upstream, downstream, Typing(1, 6, Ms(1000)));
  const Outcome outcome = Detect(ByThresholds(), trace.Build());
  REQUIRE(outcome.pairs.size() == 1);
  CHECK(outcome.pairs[0].upstream.orig == kOutsider);
  CHECK(outcome.pairs[0].downstream.orig == kStoneClient);
}

TEST_CASE("In a reverse tunnel keystrokes come in on a connection that was opened from inside") {
  DetectorOptions options = ByThresholds();
  if (GENERATE(false, true)) options.protected_networks = Protect();
  TraceBuilder trace;
  const Endpoint drop = At("198.51.100.7", 22);
  const auto tunnel = trace.Open(At("10.0.0.15", 40001), drop, Ms(0));
  const auto onward = trace.Open(kStoneClient, kTarget, Ms(500));
  RelayDelays delays;
  delays.upstream_typist = From::kServer;
  Relay(trace, tunnel, onward, Typing(1, 8, Ms(1000)), delays);
  const Outcome outcome = Detect(options, trace.Build());
  REQUIRE(outcome.pairs.size() == 1);
  CHECK(outcome.pairs[0].kind == PairKind::kDirect);
  CHECK(outcome.pairs[0].host == kStone.ip);
  CHECK(outcome.pairs[0].upstream.resp == drop);  // orig is who sent the SYN
  CHECK(outcome.pairs[0].downstream.resp == kTarget);
}

TEST_CASE("A stone outside: keystrokes leave the site and come back") {
  DetectorOptions options = ByThresholds();
  options.protected_networks = Protect();
  TraceBuilder trace;
  const auto out = trace.Open(At("10.0.0.20", 40001), At("198.51.100.7", 22), Ms(0));
  SECTION("directly, from the same outer host") {
    const auto back = trace.Open(At("198.51.100.7", 50001), At("10.0.0.30", 22), Ms(500));
    Relay(trace, out, back, Typing(1, 8, Ms(1000)));
    const Outcome outcome = Detect(options, trace.Build());
    REQUIRE(outcome.pairs.size() == 1);
    CHECK(outcome.pairs[0].kind == PairKind::kDirect);
    CHECK(outcome.pairs[0].host == At("198.51.100.7", 0).ip);
    CHECK(Hosts(outcome.pairs[0].upstream) == "10.0.0.20>198.51.100.7");
    CHECK(Hosts(outcome.pairs[0].downstream) == "198.51.100.7>10.0.0.30");
  }
  SECTION("over hops that are not seen") {
    const auto back = trace.Open(At("203.0.113.80", 50001), At("10.0.0.30", 22), Ms(500));
    Relay(trace, out, back, Typing(1, 8, Ms(1000)));
    const Outcome outcome = Detect(options, trace.Build());
    REQUIRE(outcome.pairs.size() == 1);
    CHECK(outcome.pairs[0].kind == PairKind::kIndirect);
    CHECK(Hosts(outcome.pairs[0].upstream) == "10.0.0.20>198.51.100.7");
  }
}

TEST_CASE("Equal time stamps coincide in both orders") {
  // A pair that a first keystroke has shown; then a clock so coarse that a keystroke and its relay
  // carry the same time, and a capture that holds the relay first.
  TwoLegs legs = Direct();
  Relay(legs.trace, legs.upstream, legs.downstream, {Ms(1000)});
  for (const PacketTime key : Typing(2, 10, Ms(3000))) {
    legs.trace.Key(legs.downstream, key).Key(legs.upstream, key);
    legs.trace.Echo(legs.upstream, key + Millis(30)).Echo(legs.downstream, key + Millis(30));
  }
  const Outcome outcome = Detect(ByThresholds(), legs.trace.Build());
  REQUIRE(outcome.ends.size() == 1);
  CHECK(outcome.ends[0].kind == PairKind::kDirect);
  CHECK(outcome.ends[0].upstream.orig == kOutsider);
  CHECK(outcome.ends[0].evidence.forward.coincidences == 11);
  CHECK(outcome.ends[0].evidence.backward.coincidences == 10);
}

TEST_CASE("On a coarse clock the order within the capture does not decide what is upstream") {
  DetectorOptions options = ByThresholds();
  const bool relay_first = GENERATE(false, true);
  TwoLegs legs = Direct();
  for (const PacketTime key : Typing(2, 10, Ms(3000))) {
    if (relay_first)
      legs.trace.Key(legs.downstream, key).Key(legs.upstream, key);
    else
      legs.trace.Key(legs.upstream, key).Key(legs.downstream, key);
    legs.trace.Echo(legs.upstream, key + Millis(30)).Echo(legs.downstream, key + Millis(30));
  }
  const Outcome outcome = Detect(options, legs.trace.Build());
  REQUIRE(outcome.pairs.size() == 1);
  CHECK(outcome.pairs[0].kind == PairKind::kDirect);
  CHECK(outcome.pairs[0].upstream.orig == kOutsider);
}

TEST_CASE("Equal time stamps do not speak for the opposite order") {
  // Half of the coincidences are simultaneous: they count for the pair, and not against it.
  TwoLegs legs = Indirect();
  const std::vector<PacketTime> keys = Typing(4, 40, Ms(1000));
  for (size_t i = 0; i < keys.size(); ++i) {
    RelayDelays delays;
    if (i % 4 >= 2) delays.forward = delays.backward = PacketDelta::Zero();
    Relay(legs.trace, legs.upstream, legs.downstream, {keys[i]}, delays);
  }
  const Outcome outcome = Detect(ByThresholds(), legs.trace.Build());
  REQUIRE(outcome.ends.size() == 1);
  CHECK(outcome.ends[0].upstream.orig == kOutsider);
  CHECK(outcome.ends[0].evidence.forward.coincidences == 40);
  CHECK(outcome.ends[0].evidence.forward.consecutive == 39);
}

TEST_CASE("A pair whose order flips gathers no evidence, unless the rule is switched off") {
  // As with talk: now one side is first, now the other.
  TwoLegs legs = Indirect();
  size_t i = 0;
  for (const PacketTime time : Typing(9, 80, Ms(1000))) {
    const bool first = (i++ / 2) % 2 == 0;  // two in a row, so that consecutive ones exist
    legs.trace.Key(legs.upstream, time + Millis(first ? 0 : 8));
    legs.trace.Key(legs.downstream, time + Millis(first ? 8 : 0));
    legs.trace.Echo(legs.upstream, time + Millis(first ? 250 : 258));
    legs.trace.Echo(legs.downstream, time + Millis(first ? 258 : 250));
  }
  DetectorOptions options = ByThresholds();
  CHECK(Detect(options, legs.trace.Build()).pairs.empty());
  options.timing.indirect.directionality = false;
  CHECK(Detect(options, legs.trace.Build()).pairs.size() == 1);
}

}  // namespace
}  // namespace cairn
