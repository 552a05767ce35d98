// SPDX-License-Identifier: BSD-3-Clause
// Direct pairs: the upstream connection ends at the host from which the downstream one starts.
#include "catch2/catch.hpp"

#include "tests/detector/correlator/timing/scene.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

TEST_CASE("A person who goes on from a host is found with the fourth keystroke") {
  // The second keystroke makes it a pair, crediting the first; the echo of the first is not
  // credited.  Four coincidences forward and two backward are the six needed.
  TwoLegs legs = DirectWork(8);
  const Outcome outcome = Detect(ByThresholds(), legs.trace.Build());
  REQUIRE(outcome.pairs.size() == 1);
  const SteppingStone& pair = outcome.pairs[0];
  CHECK(pair.time == Typing(1, 8, Ms(1000))[3] + Millis(4));
  CHECK(pair.kind == PairKind::kDirect);
  CHECK(pair.host == kStone.ip);
  CHECK(pair.upstream.orig == kOutsider);
  CHECK(pair.upstream.resp == kStone);
  CHECK(pair.upstream.start == Ms(0));
  CHECK(pair.downstream.orig == kStoneClient);
  CHECK(pair.downstream.resp == kTarget);
  CHECK(pair.evidence.capture == CaptureView::kBoth);
  CHECK(pair.evidence.forward.onsets_upstream == 4);
  CHECK(pair.evidence.forward.onsets_downstream == 4);
  CHECK(pair.evidence.forward.coincidences == 4);
  CHECK(pair.evidence.forward.consecutive == 3);
  CHECK(pair.evidence.forward.ratio == 1);
  CHECK(pair.evidence.backward.onsets_upstream == 3);
  CHECK(pair.evidence.backward.coincidences == 2);
  CHECK(pair.evidence.backward.consecutive == 1);
  CHECK(pair.chain.starts_with("c-"));
  CHECK(pair.chain.size() == 18);
}

TEST_CASE("Three keystrokes are no stepping stone") {
  TwoLegs legs = DirectWork(3);
  CHECK(Detect(ByThresholds(), legs.trace.Build()).pairs.empty());
}

TEST_CASE("A pair is reported once, and its totals when either connection ends") {
  TwoLegs legs = DirectWork(20);
  const PacketTime end = Ms(120000);
  SECTION("closed") { legs.trace.Close(legs.downstream, end - Millis(1)); }
  SECTION("reset") { legs.trace.Rst(legs.upstream, From::kServer, end); }
  const Outcome outcome = Detect(ByThresholds(), legs.trace.Build());
  REQUIRE(outcome.pairs.size() == 1);
  REQUIRE(outcome.ends.size() == 1);
  const SteppingStoneEnd& total = outcome.ends[0];
  CHECK(total.time == end);
  CHECK((total.cause == "closed" || total.cause == "reset"));
  CHECK(total.alert_id == outcome.pairs[0].alert_id);
  CHECK(total.chain == outcome.pairs[0].chain);
  CHECK(total.duration == end - Ms(500));
  CHECK(total.evidence.forward.onsets_upstream == 20);
  CHECK(total.evidence.forward.onsets_downstream == 20);
  CHECK(total.evidence.forward.coincidences == 20);
  CHECK(total.evidence.forward.consecutive == 19);
  CHECK(total.evidence.backward.coincidences == 19);
  CHECK(outcome.counters.stepping_stones == 1);
  CHECK(outcome.counters.pairs_held == 0);
}

TEST_CASE("A pair that is still open ends with the capture") {
  TwoLegs legs = DirectWork(5);
  const Outcome outcome = Detect(ByThresholds(), legs.trace.Build());
  REQUIRE(outcome.ends.size() == 1);
  CHECK(outcome.ends[0].cause == "end_of_capture");
}

TEST_CASE("A pair that nobody reported ends in silence") {
  TwoLegs legs = DirectWork(3);
  CHECK(Detect(ByThresholds(), legs.trace.Build()).events.empty());
}

TEST_CASE("Onsets exactly one coincidence window apart coincide") {
  RelayDelays delays;
  delays.forward = Millis(160);
  delays.round_trip = Millis(50);
  TwoLegs legs = DirectWork(10, delays);
  CHECK(Detect(ByThresholds(), legs.trace.Build()).pairs.size() == 1);
}

TEST_CASE("Onsets further apart than the coincidence window do not coincide") {
  RelayDelays delays;
  delays.forward = Millis(160) + PacketDelta::FromNanoseconds(1);
  delays.round_trip = Millis(50);
  TwoLegs legs = DirectWork(10, delays);
  const Outcome outcome = Detect(ByThresholds(), legs.trace.Build());
  CHECK(outcome.pairs.empty());
}

TEST_CASE("Lag quantiles tell the delay of keystrokes and of echoes") {
  RelayDelays delays;
  delays.forward = Millis(40);
  delays.backward = Millis(10);
  TwoLegs legs = DirectWork(20, delays);
  const Outcome outcome = Detect(ByThresholds(), legs.trace.Build());
  REQUIRE(outcome.ends.size() == 1);
  const Evidence& evidence = outcome.ends[0].evidence;
  CHECK(evidence.forward.lag_p50 >= Millis(32));
  CHECK(evidence.forward.lag_p95 <= Millis(48));
  CHECK(evidence.backward.lag_p50 >= Millis(8));
  CHECK(evidence.backward.lag_p95 <= Millis(12));
}

TEST_CASE("A pause of hours resets nothing") {
  TwoLegs legs = Direct();
  constexpr int64_t kHour = 3600 * 1000;
  Relay(legs.trace, legs.upstream, legs.downstream,
        {Ms(1000), Ms(9 * kHour), Ms(13 * kHour), Ms(36 * kHour)});
  const Outcome outcome = Detect(ByThresholds(), legs.trace.Build());
  REQUIRE(outcome.pairs.size() == 1);
  CHECK(outcome.pairs[0].upstream.start == Ms(0));
  CHECK(outcome.pairs[0].evidence.forward.consecutive == 3);
}

TEST_CASE("Neither ports nor payload matter") {
  TraceBuilder trace;
  const auto upstream = trace.Open(kOutsider, At("10.0.0.15", 31337), Ms(0));
  const auto downstream = trace.Open(kStoneClient, At("203.0.113.2", 8080), Ms(500));
  for (const PacketTime key : Typing(3, 6, Ms(1000))) {
    trace.Data(upstream, From::kClient, key, 1).Data(downstream, From::kClient, key + Millis(2), 9);
    trace.Data(downstream, From::kServer, key + Millis(30), 700);
    trace.Data(upstream, From::kServer, key + Millis(33), 1400);
  }
  CHECK(Detect(ByThresholds(), trace.Build()).pairs.size() == 1);
}

TEST_CASE("One lost segment in each direction blinds no connection") {
  TwoLegs legs = Direct();
  for (const auto leg : {legs.upstream, legs.downstream}) {
    legs.trace.LoseNext(leg, From::kClient).LoseNext(leg, From::kServer);
  }
  Relay(legs.trace, legs.upstream, legs.downstream, Typing(1, 12, Ms(1000)));
  const Outcome outcome = Detect(ByThresholds(), legs.trace.Build());
  REQUIRE(outcome.ends.size() == 1);
  CHECK(outcome.ends[0].evidence.forward.coincidences == 11);
  CHECK(outcome.ends[0].evidence.forward.consecutive == 10);
}

TEST_CASE("A missed coincidence breaks the consecutive count, not the pair") {
  TwoLegs legs = Direct();
  Relay(legs.trace, legs.upstream, legs.downstream, Typing(1, 5, Ms(1000)));
  legs.trace.Key(legs.upstream, Ms(60000));  // a key that goes nowhere
  Relay(legs.trace, legs.upstream, legs.downstream, Typing(2, 5, Ms(70000)));
  const Outcome outcome = Detect(ByThresholds(), legs.trace.Build());
  REQUIRE(outcome.ends.size() == 1);
  CHECK(outcome.ends[0].evidence.forward.onsets_upstream == 11);
  CHECK(outcome.ends[0].evidence.forward.onsets_downstream == 10);
  CHECK(outcome.ends[0].evidence.forward.coincidences == 10);
  CHECK(outcome.ends[0].evidence.forward.consecutive == 8);
  CHECK(outcome.ends[0].evidence.forward.ratio == 1);
}

TEST_CASE("Retransmissions and keep-alives do not look like keystrokes") {
  // Nine times out of ten what the two connections share is no new data.
  TraceBuilder trace;
  const auto upstream = trace.Open(kOutsider, kStone, Ms(0));
  const auto downstream = trace.Open(kStoneClient, kTarget, Ms(500));
  trace.Key(upstream, Ms(1000)).Echo(upstream, Ms(1050));
  trace.Key(downstream, Ms(3000)).Echo(downstream, Ms(3050));
  for (const PacketTime time : Typing(5, 20, Ms(5000))) {
    trace.Retransmit(upstream, From::kClient, time);
    trace.Retransmit(downstream, From::kClient, time + Millis(3));
    trace.KeepAlive(downstream, From::kServer, time + Millis(20), 1);
    trace.KeepAlive(upstream, From::kServer, time + Millis(25), 0);
  }
  const Outcome outcome = Detect(ByThresholds(), trace.Build());
  CHECK(outcome.pairs.empty());
  CHECK(outcome.counters.onsets == 4);
}

TEST_CASE("A pair of which the capture holds one direction only is found, and says so") {
  TraceBuilder trace;
  const auto up = trace.MidStream(kOutsider, kStone);
  const auto down = trace.MidStream(kStoneClient, kTarget);
  SECTION("keystrokes") {
    trace.Hide(up, From::kServer).Hide(down, From::kServer);
    Relay(trace, up, down, Typing(1, 6, Ms(1000)));
    const Outcome outcome = Detect(ByThresholds(), trace.Build());
    REQUIRE(outcome.pairs.size() == 1);
    CHECK(outcome.pairs[0].evidence.capture == CaptureView::kForwardOnly);
    CHECK(outcome.pairs[0].evidence.backward.coincidences == 0);
    CHECK_FALSE(outcome.pairs[0].evidence.backward.lag_p50.has_value());
    CHECK(outcome.pairs[0].upstream.orig == kOutsider);
    CHECK(outcome.pairs[0].upstream.originator == OriginatorSource::kGuessed);
  }
  SECTION("echoes") {
    trace.Hide(up, From::kClient).Hide(down, From::kClient);
    Relay(trace, up, down, Typing(1, 6, Ms(1000)));
    const Outcome outcome = Detect(ByThresholds(), trace.Build());
    REQUIRE(outcome.pairs.size() == 1);
    CHECK(outcome.pairs[0].evidence.capture == CaptureView::kBackwardOnly);
    CHECK(outcome.pairs[0].upstream.orig == kOutsider);
    CHECK(outcome.pairs[0].downstream.resp == kTarget);
  }
}

TEST_CASE("IPv6 stepping stones are found like others") {
  TraceBuilder trace;
  const auto upstream = trace.Open(At("2001:db8:1::7", 50000), At("2001:db8:2::15", 22), Ms(0));
  const auto downstream = trace.Open(At("2001:db8:2::15", 50001), At("2001:db8:3::2", 22), Ms(1));
  Relay(trace, upstream, downstream, Typing(1, 6, Ms(1000)));
  const Outcome outcome = Detect(ByThresholds(), trace.Build());
  REQUIRE(outcome.pairs.size() == 1);
  CHECK(outcome.pairs[0].host == At("2001:db8:2::15", 0).ip);
}

TEST_CASE("Two people who work at the same time on one host are not a pair") {
  TwoLegs legs = Direct();
  Talk(legs.trace, legs.upstream, Typing(11, 300, Ms(1000)));
  Talk(legs.trace, legs.downstream, Typing(12, 300, Ms(1500)));
  CHECK(Detect(ByThresholds(), legs.trace.Build()).pairs.empty());
}

}  // namespace
}  // namespace cairn
