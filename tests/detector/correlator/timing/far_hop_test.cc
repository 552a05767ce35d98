// SPDX-License-Identifier: BSD-3-Clause
// Stepping stones far from the capture point: what they relay comes back a round trip later.
#include "catch2/catch.hpp"

#include "tests/detector/correlator/timing/scene.h"

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
  const auto up = trace.Open(kInsider, kFarStone, Ms(-9000), Millis(trip_ms));
  const auto down = trace.Open(far_client, kInnerTarget, Ms(-7000), Millis(1), Millis(trip_ms));
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
  const auto up = trace.Open(kInsider, kFarStone, Ms(-9000), Millis(400));
  const auto down = trace.Open(kFarClient, kInnerTarget, Ms(-7000), Millis(1), Millis(400));
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

TEST_CASE("a near stone whose acknowledgements are all delayed is found in mid-stream") {
  for (const int64_t round_trip_ms : {5, 15, 30, 80}) {
    TraceBuilder trace;
    const auto up = trace.MidStream(kOutsider, kStone);
    const auto down = trace.MidStream(kStoneClient, kTarget);
    RelayDelays delays;
    delays.round_trip = Millis(round_trip_ms);
    const std::vector<PacketTime> keys = Typing(3, 60, Ms(1000));
    Relay(trace, up, down, keys, delays);
    for (const PacketTime key : keys) {
      if (round_trip_ms > 40) trace.Ack(up, From::kServer, key + Millis(40));
      trace.Ack(down, From::kClient, key + delays.forward + delays.round_trip + Millis(40));
      trace.Ack(up, From::kClient,
                key + delays.forward + delays.round_trip + delays.backward + Millis(40));
    }
    INFO(round_trip_ms << " ms");
    CHECK(Find(trace.Build(), true).pairs.size() == 1);
  }
}

TEST_CASE("the published rule knows no round trips") {
  for (const Endpoint& client : {kFarClient, kOtherFarClient}) {
    DetectorOptions options = ByThresholds();
    options.protected_networks = Protect();
    const std::vector<Segment> segments = WorkThrough(client, 100, 60);
    options.timing.adapt_to_round_trips = true;
    const Outcome with = Detect(options, segments);
    options.timing.adapt_to_round_trips = false;
    const Outcome without = Detect(options, segments);
    REQUIRE(with.pairs.size() == 1);
    REQUIRE(with.events.size() == without.events.size());
    for (size_t i = 0; i < with.events.size(); ++i) {
      CHECK(Describe(with.events[i]) == Describe(without.events[i]));
    }
  }
}

}  // namespace
}  // namespace cairn::testing
