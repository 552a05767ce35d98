// SPDX-License-Identifier: BSD-3-Clause
// Stepping stones far from the capture point: what they relay comes back a round trip later.
#include "catch2/catch.hpp"

#include "tests/detector/timing/scene.h"

namespace cairn::testing {
namespace {

const Endpoint kInsider = At("10.0.0.15", 48224);
const Endpoint kFarStone = At("198.51.100.7", 22);
const Endpoint kFarClient = At("198.51.100.7", 37534);
const Endpoint kOtherFarClient = At("203.0.113.2", 37534);
const Endpoint kInnerTarget = At("10.0.0.99", 22);

// An insider who works through hosts `trip_ms` away, back into the site: keystrokes, echoes, and
// the acknowledgements of far and near ends.
std::vector<Segment> WorkThrough(const Endpoint& far_client, int64_t trip_ms, size_t count) {
  TraceBuilder trace;
  const auto up = trace.MidStream(kInsider, kFarStone);
  const auto down = trace.MidStream(far_client, kInnerTarget);
  const RelayDelays delays{
      .forward = Millis(trip_ms + 5), .round_trip = Millis(2), .backward = Millis(trip_ms + 4)};
  const std::vector<PacketTime> keys = Typing(5, count, Ms(1000), Millis(1500), Millis(4000));
  Relay(trace, up, down, keys, delays);
  for (const PacketTime key : keys) {
    trace.Ack(up, From::kServer, key + Millis(trip_ms));
    const PacketTime echo = key + delays.forward + delays.round_trip;
    trace.Ack(down, From::kClient, echo + Millis(trip_ms));
  }
  return trace.Build();
}

Outcome Find(const std::vector<Segment>& segments, bool adapt) {
  DetectorOptions options;
  options.protected_networks = Protect();
  options.timing.adapt_to_round_trips = adapt;
  options.slots.enabled = false;  // it is onsets that are tested
  return Detect(options, segments);
}

TEST_CASE("a stone half a second away is found sooner when the round trip is known") {
  const std::vector<Segment> segments = WorkThrough(kFarClient, 400, 60);
  const Outcome adapted = Find(segments, true);
  const Outcome not_adapted = Find(segments, false);
  REQUIRE(adapted.pairs.size() == 1);
  REQUIRE(not_adapted.pairs.size() == 1);
  CHECK(adapted.pairs[0].time < not_adapted.pairs[0].time);

  const DirectionEvidence& forward = adapted.pairs[0].evidence.forward;
  CHECK(forward.transit > Millis(250));
  CHECK(forward.transit <= Millis(300));  // three quarters
  CHECK(forward.lag_p50 > Millis(320));
  CHECK(forward.lag_p50 < Millis(500));
  CHECK(not_adapted.pairs[0].evidence.forward.transit == PacketDelta::Zero());
}

TEST_CASE("a far hop is no delay") {
  const std::vector<Segment> segments = WorkThrough(kFarClient, 600, 60);
  const Outcome adapted = Find(segments, true);
  REQUIRE(adapted.pairs.size() == 1);
  CHECK_FALSE(adapted.pairs[0].evidence.delay_suspected);
  CHECK(Find(segments, false).pairs.at(0).evidence.delay_suspected);
}

TEST_CASE("a chain through two hosts by satellite is found") {
  const std::vector<Segment> segments = WorkThrough(kOtherFarClient, 700, 80);
  const Outcome adapted = Find(segments, true);
  REQUIRE(adapted.pairs.size() == 1);
  CHECK(adapted.pairs[0].kind == PairKind::kIndirect);
  CHECK(Hosts(adapted.pairs[0].upstream) == "10.0.0.15>198.51.100.7");
  CHECK(Find(segments, false).pairs.empty());
}

TEST_CASE("what comes back sooner than the round trip allows was not relayed") {
  // The far host is 400 ms away, yet the other connection follows within 5 ms: something else moves
  // both.
  TraceBuilder trace;
  const auto up = trace.MidStream(kInsider, kFarStone);
  const auto down = trace.MidStream(kFarClient, kInnerTarget);
  for (const PacketTime key : Typing(5, 60, Ms(1000), Millis(1500), Millis(4000))) {
    trace.Key(up, key).Ack(up, From::kServer, key + Millis(400)).Echo(up, key + Millis(410));
    trace.Key(down, key + Millis(5)).Echo(down, key + Millis(7));
    trace.Ack(down, From::kClient, key + Millis(407));
  }
  const std::vector<Segment> segments = trace.Build();
  CHECK(Find(segments, true).pairs.empty());
  CHECK(Find(segments, false).pairs.size() == 1);
}

TEST_CASE("near stones are counted as ever") {
  TwoLegs legs = DirectWork(40);
  const std::vector<Segment> segments = legs.trace.Build();
  const Outcome adapted = Find(segments, true);
  REQUIRE(adapted.pairs.size() == 1);
  CHECK(adapted.pairs[0].evidence.forward.transit == PacketDelta::Zero());
  CHECK(adapted.pairs[0].time == Find(segments, false).pairs.at(0).time);
}

TEST_CASE("the published rule knows no round trips") {
  DetectorOptions options = ByThresholds();
  options.protected_networks = Protect();
  const Outcome outcome = Detect(options, WorkThrough(kFarClient, 100, 60));
  REQUIRE(outcome.pairs.size() == 1);
  CHECK(outcome.pairs[0].evidence.forward.transit == PacketDelta::Zero());
}

}  // namespace
}  // namespace cairn::testing
