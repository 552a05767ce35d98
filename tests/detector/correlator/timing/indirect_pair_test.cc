// SPDX-License-Identifier: BSD-3-Clause
// Indirect pairs: hops between the two connections are not visible on the border.
#include <algorithm>

#include "catch2/catch.hpp"

#include "tests/detector/correlator/timing/scene.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

TEST_CASE("An indirect pair is found with the sixth keystroke") {
  // The first keystroke's coincidence is credited when the second shows it to be worth a pair; its
  // echo is not.  Six coincidences forward and four backward are the ten needed.
  TwoLegs legs = IndirectWork(8);
  const Outcome outcome = Detect(ByThresholds(), legs.trace.Build());
  REQUIRE(outcome.pairs.size() == 1);
  const SteppingStone& pair = outcome.pairs[0];
  CHECK(pair.time == Typing(1, 8, Ms(1000))[5] + Millis(4));
  CHECK(pair.kind == PairKind::kIndirect);
  CHECK_FALSE(pair.host.has_value());
  CHECK(pair.upstream.orig == kOutsider);
  CHECK(pair.downstream.resp == kTarget);
  CHECK(pair.evidence.forward.onsets_upstream == 6);
  CHECK(pair.evidence.forward.coincidences == 6);
  CHECK(pair.evidence.forward.consecutive == 5);
  CHECK(pair.evidence.backward.coincidences == 4);
  CHECK(pair.evidence.backward.consecutive == 3);
}

TEST_CASE("An indirect pair is printed once, not once for each order") {
  TwoLegs legs = IndirectWork(100);
  const Outcome outcome = Detect(ByThresholds(), legs.trace.Build());
  CHECK(outcome.pairs.size() == 1);
  CHECK(outcome.ends.size() == 1);
}

TEST_CASE("Keystrokes are never held against echoes") {
  // Two connections whose echoes fall on each other's keystrokes: chance meetings of a keystroke
  // flow with an echo flow that run towards different stones.
  TwoLegs legs = Indirect();
  for (const PacketTime key : Typing(7, 60, Ms(1000))) {
    legs.trace.Key(legs.upstream, key);
    legs.trace.Echo(legs.downstream, key + Millis(10));
  }
  CHECK(Detect(ByThresholds(), legs.trace.Build()).pairs.empty());
}

TEST_CASE("Candidates among many sessions at once are still found") {
  // More than 64 onsets per window: only flows with a past are compared, and a longer one is asked
  // for.
  TraceBuilder trace;
  for (uint32_t i = 0; i < 600; ++i) {
    const auto c = trace.Open({IpAddress::FromV4(0xc6330100U + i), 40000},
                              {IpAddress::FromV4(0x0a010000U + i), 22}, Ms(i % 900));
    Talk(trace, c, Typing(1000 + i, 20, Ms(1000 + i % 977), Millis(700), Millis(3000)));
  }
  const auto upstream = trace.Open(kOutsider, kStone, Ms(0));
  const auto downstream = trace.Open(kInnerClient, kTarget, Ms(500));
  Relay(trace, upstream, downstream, Typing(1, 40, Ms(1000), Millis(700), Millis(1500)));
  DetectorOptions options = ByThresholds();
  options.protected_networks = Protect();
  const Outcome outcome = Detect(options, trace.Build());
  // Of 180 thousand pairs one or another may arise by accident in twenty onsets each.
  CHECK(outcome.pairs.size() <= 3);
  CHECK(std::any_of(outcome.pairs.begin(), outcome.pairs.end(), [](const SteppingStone& pair) {
    return pair.upstream.orig == kOutsider && pair.downstream.orig == kInnerClient;
  }));
}

TEST_CASE("An indirect pair is found across the sign change of packet time and at its ends") {
  // Keys of the candidate search are computed from absolute time; nothing in them may overflow.
  const int64_t start = GENERATE(int64_t{-4'294'967'295}, int64_t{-20}, int64_t{4'294'967'200});
  const int64_t window_ms = GENERATE(1, 40, 160);
  DetectorOptions options = ByThresholds();
  options.timing.direct.coincidence_window = Millis(window_ms);
  options.timing.indirect.coincidence_window = Millis(window_ms);
  RelayDelays delays;
  delays.forward = PacketDelta::FromMicroseconds(500);
  delays.backward = PacketDelta::FromMicroseconds(700);
  TwoLegs legs = IndirectWork(25, delays);
  std::vector<Segment> segments = legs.trace.Build();
  const PacketDelta shift =
      PacketTime::FromNanoseconds(0) + PacketDelta::FromSeconds(start) - Ms(0);
  for (Segment& segment : segments) segment.time = segment.time + shift;
  const Outcome outcome = Detect(options, segments);
  REQUIRE(outcome.pairs.size() == 1);
  CHECK(outcome.pairs[0].kind == PairKind::kIndirect);
}

}  // namespace
}  // namespace cairn
