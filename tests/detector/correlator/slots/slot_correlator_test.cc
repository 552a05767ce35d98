// SPDX-License-Identifier: BSD-3-Clause
// Direct pairs by slots, through the whole detector: what onsets alone miss.
#include "detector/correlator/slots/slot_correlator.h"

#include <algorithm>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/detector/correlator/slots/people.h"
#include "tests/detector/correlator/timing/scene.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

struct Disguise {
  PacketDelta delay = Millis(3);
  double chaff = 0;
};

void Send(TraceBuilder& trace, TraceBuilder::Connection connection, From from,
          const std::vector<PacketTime>& moments) {
  for (const PacketTime moment : moments) trace.Data(connection, from, moment);
}

// One person, from an outsider through the stone to a target, disguised.
std::vector<Segment> Chain(const Disguise& disguise, int64_t seconds = 200, uint64_t seed = 1) {
  TraceBuilder trace;
  const auto up = trace.Open(kOutsider, kStone, Ms(0));
  const auto down = trace.Open(kStoneClient, kTarget, Ms(2000));
  const std::vector<PacketTime> keys = AtWork(seed, Ms(4000), PacketDelta::FromSeconds(seconds));
  const std::vector<PacketTime> onward = HeldBack(seed + 1, keys, disguise.delay);
  std::vector<PacketTime> echoes = onward;
  for (PacketTime& echo : echoes) echo = echo + Millis(25);
  const std::vector<PacketTime> back = HeldBack(seed + 2, echoes, disguise.delay);
  Send(trace, up, From::kClient, WithChaff(seed + 3, keys, disguise.chaff));
  Send(trace, down, From::kClient, WithChaff(seed + 4, onward, disguise.chaff));
  Send(trace, down, From::kServer, WithChaff(seed + 5, echoes, disguise.chaff));
  Send(trace, up, From::kServer, WithChaff(seed + 6, back, disguise.chaff));
  return trace.Build();
}

DetectorOptions WithoutSlots() {
  DetectorOptions options;
  options.slots.enabled = false;
  return options;
}

TEST_CASE("Keystrokes that are held back by up to a second are found by their amounts") {
  const std::vector<Segment> segments = Chain({.delay = Millis(1500), .chaff = 0.5});
  const Outcome outcome = Detect({}, segments);
  REQUIRE(outcome.pairs.size() == 1);
  const SteppingStone& pair = outcome.pairs[0];
  CHECK(pair.kind == PairKind::kDirect);
  CHECK(pair.host == kStone.ip);
  CHECK(pair.upstream.orig == kOutsider);
  CHECK(pair.downstream.resp == kTarget);
  REQUIRE(pair.evidence.slots.has_value());
  CHECK(pair.evidence.slots->nats > 10);
  CHECK(std::max(pair.evidence.slots->direction[0].nats,
                 pair.evidence.slots->matching.direction_nats[0]) > 6);
  CHECK(outcome.ends.size() == 1);
  CHECK(outcome.chains.size() == 2);  // the second is its end
  CHECK(Detect(WithoutSlots(), segments).pairs.empty());
}

TEST_CASE("Keystrokes among five times as many others are found in fine slots") {
  const std::vector<Segment> segments = Chain({.chaff = 5});
  const Outcome outcome = Detect({}, segments);
  REQUIRE(outcome.pairs.size() == 1);
  REQUIRE(outcome.pairs[0].evidence.slots.has_value());
  CHECK(outcome.pairs[0].evidence.slots->slot == Millis(100));
  CHECK(Detect(WithoutSlots(), segments).pairs.empty());
}

TEST_CASE("A pair that onsets show is reported once") {
  const Outcome outcome = Detect({}, Chain({}));
  REQUIRE(outcome.pairs.size() == 1);
  CHECK_FALSE(outcome.pairs[0].evidence.slots.has_value());
}

TEST_CASE("A connection's last words are looked at when it ends") {
  // Too young for the second look at 90 s.
  CHECK(Detect({}, Chain({.chaff = 3}, 84)).pairs.size() == 1);
}

TEST_CASE("People who work on one host are no pairs") {
  TraceBuilder trace;
  for (uint64_t i = 0; i < 12; ++i) {
    const auto in = trace.Open(At("198.51.100.7", static_cast<uint16_t>(40000 + i)), kStone,
                               Ms(static_cast<int64_t>(i)));
    const auto out = trace.Open(At("10.0.0.15", static_cast<uint16_t>(50000 + i)), kTarget,
                                Ms(100 + static_cast<int64_t>(i)));
    for (const auto& [connection, seed] : {std::pair{in, 100 + i}, std::pair{out, 200 + i}}) {
      const std::vector<PacketTime> keys = AtWork(seed, Ms(4000), PacketDelta::FromSeconds(300));
      Send(trace, connection, From::kClient, keys);
      std::vector<PacketTime> echoes = keys;
      for (PacketTime& echo : echoes) echo = echo + Millis(20);
      Send(trace, connection, From::kServer, echoes);
    }
  }
  const Outcome outcome = Detect({}, trace.Build());
  CHECK(outcome.pairs.empty());
  CHECK(outcome.counters.slot_pairs == 144);
}

TEST_CASE("The published rule knows no slots") {
  DetectorOptions options;
  options.timing.rule = timing::Rule::kThresholds;
  const Outcome outcome = Detect(options, Chain({.chaff = 5}));
  CHECK(outcome.pairs.empty());
  CHECK(outcome.counters.slot_looks == 0);
}

TEST_CASE("The bounds hold, and what they drop is counted") {
  DetectorOptions options;
  options.slots.max_connections = 2;
  TraceBuilder trace;
  std::vector<TraceBuilder::Connection> connections;
  for (uint16_t i = 0; i < 20; ++i) {
    connections.push_back(
        trace.Open(At("198.51.100.7", static_cast<uint16_t>(40000 + i)), kStone, Ms(i)));
    connections.push_back(
        trace.Open(At("10.0.0.15", static_cast<uint16_t>(50000 + i)), kTarget, Ms(i)));
  }
  for (uint64_t i = 0; i < connections.size(); ++i) {
    for (const PacketTime key : AtWork(i, Ms(1000), PacketDelta::FromSeconds(100))) {
      trace.Key(connections[i], key).Echo(connections[i], key + Millis(9));
    }
  }
  CHECK(Detect(options, trace.Build()).counters.slot_connections_left_out > 0);
  options.slots.max_connections = 1000;
  options.slots.max_pairs_per_review = 7;
  const Outcome few = Detect(options, trace.Build());
  CHECK(few.counters.slot_connections_left_out == 0);
  CHECK(few.counters.slot_looks_dropped > 0);
}

TEST_CASE("Looks come at growing intervals, and never end") {
  using slots::LooksUntil;
  CHECK(LooksUntil(PacketDelta::FromSeconds(-5)) == 0);
  CHECK(LooksUntil(PacketDelta::FromSeconds(59)) == 0);
  CHECK(LooksUntil(PacketDelta::FromSeconds(60)) == 1);
  CHECK(LooksUntil(PacketDelta::FromSeconds(89)) == 1);
  CHECK(LooksUntil(PacketDelta::FromSeconds(780)) == 8);
  CHECK(LooksUntil(PacketDelta::FromSeconds(1079)) == 8);
  CHECK(LooksUntil(PacketDelta::FromSeconds(1080)) == 9);
  CHECK(LooksUntil(PacketDelta::FromSeconds(86400)) > 200);
}

}  // namespace
}  // namespace cairn
