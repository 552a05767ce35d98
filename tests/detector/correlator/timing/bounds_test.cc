// SPDX-License-Identifier: BSD-3-Clause
// What is bounded, what gives way, and that it is counted.
#include "catch2/catch.hpp"

#include "tests/detector/correlator/timing/scene.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

// A busy middle host: `count` sessions in and as many out, all typing on their own.
void Crowd(TraceBuilder& trace, uint32_t count, size_t keys) {
  for (uint32_t i = 0; i < count; ++i) {
    const auto port = static_cast<uint16_t>(20000 + i);
    const auto in = trace.Open({IpAddress::FromV4(0xc6330100U + i), 40000}, kStone, Ms(i));
    const auto out = trace.Open({kStone.ip, port}, {IpAddress::FromV4(0xcb007200U + i), 22}, Ms(i));
    Talk(trace, in, Typing(1000 + i, keys, Ms(1000 + i * 31)));
    Talk(trace, out, Typing(5000 + i, keys, Ms(1000 + i * 17)));
  }
}

TEST_CASE("A full pair table drops the least promising pairs and keeps the real one") {
  TwoLegs legs = Direct();
  // The real pair begins while the table is fought for.
  Relay(legs.trace, legs.upstream, legs.downstream, Typing(1, 30, Ms(5000)));
  Crowd(legs.trace, 20, 30);
  DetectorOptions options = ByThresholds();
  options.timing.direct.min_consecutive = 30;  // late, so that the pair must survive long
  options.timing.max_pairs = 60;
  const Outcome outcome = Detect(options, legs.trace.Build());
  CHECK(outcome.counters.pairs_evicted > 100);
  CHECK(outcome.counters.pairs_evicted_by_table == outcome.counters.pairs_evicted);
  CHECK(outcome.counters.pairs_evicted_by_connection == 0);
  CHECK(outcome.counters.pairs_peak == 60);
  REQUIRE(outcome.pairs.size() == 1);
  CHECK(outcome.pairs[0].upstream.orig == kOutsider);
}

TEST_CASE("A connection's pairs are bounded, too") {
  TwoLegs legs = Direct();
  Relay(legs.trace, legs.upstream, legs.downstream, Typing(1, 30, Ms(1000)));
  Crowd(legs.trace, 20, 30);
  DetectorOptions options = ByThresholds();
  options.timing.max_pairs_per_connection = 2;
  const Outcome outcome = Detect(options, legs.trace.Build());
  CHECK(outcome.counters.pairs_evicted > 100);
  CHECK(outcome.counters.pairs_evicted_by_connection == outcome.counters.pairs_evicted);
  CHECK(outcome.counters.pairs_evicted_by_table == 0);
  CHECK(outcome.counters.pairs_peak <= 2 * 42 / 2);
}

TEST_CASE("Strangers that make way have gathered nothing, and are not told as a loss") {
  TwoLegs legs = Direct();
  Relay(legs.trace, legs.upstream, legs.downstream, Typing(1, 30, Ms(1000)));
  Crowd(legs.trace, 20, 30);
  DetectorOptions options;
  options.timing.max_pairs_per_connection = 8;
  const Outcome outcome = Detect(options, legs.trace.Build());
  CHECK(outcome.counters.pairs_evicted > 100);
  CHECK(outcome.counters.pairs_evicted_promising == 0);
  CHECK(outcome.pairs.size() == 1);
}

TEST_CASE("A pair with half of the evidence that makes way is told") {
  // One stone, a place for one pair only, and two people who type in turns, six keys each: whoever
  // has the place is about to be reported when the other comes back.
  TraceBuilder trace;
  std::vector<std::pair<TraceBuilder::Connection, TraceBuilder::Connection>> people;
  for (uint32_t i = 0; i < 2; ++i) {
    const auto in = trace.Open({IpAddress::FromV4(0xc6330100U + i), 40000}, kStone, Ms(i));
    const auto out = trace.Open({kStone.ip, static_cast<uint16_t>(20000 + i)},
                                {IpAddress::FromV4(0xcb007200U + i), 22}, Ms(i));
    people.emplace_back(in, out);
  }
  for (int64_t turn = 0; turn < 10; ++turn) {
    const auto& [in, out] = people[static_cast<size_t>(turn % 2)];
    Relay(trace, in, out, Typing(static_cast<uint64_t>(turn), 4, Ms(1000 + turn * 20000)));
  }
  DetectorOptions options;
  options.timing.max_pairs = 1;
  options.timing.max_pairs_per_connection = 1;
  options.timing.indirect.enabled = false;
  options.slots.enabled = false;
  options.timing.false_alarms_per_day = 1e-3;  // none suffices in one turn
  const Outcome outcome = Detect(options, trace.Build());
  CHECK(outcome.counters.pairs_evicted > 0);
  CHECK(outcome.counters.pairs_evicted_promising > 0);
  CHECK(outcome.counters.pairs_evicted_promising <= outcome.counters.pairs_evicted);
}

TEST_CASE("A table full of reported pairs refuses new ones, and counts them") {
  TraceBuilder trace;
  for (uint16_t i = 0; i < 3; ++i) {
    const auto number = static_cast<uint32_t>(i);
    const IpAddress stone = IpAddress::FromV4(0x0a000001U + number);
    const auto up =
        trace.Open({IpAddress::FromV4(0xc6336401U + number), 40000}, {stone, 22}, Ms(i));
    const auto down =
        trace.Open({stone, 40000}, {IpAddress::FromV4(0xcb007101U + number), 22}, Ms(i));
    Relay(trace, up, down, Typing(i, 10, Ms(1000 + i * 100000)));
  }
  DetectorOptions options = ByThresholds();
  options.timing.indirect.enabled = false;
  options.timing.max_pairs = 2;
  const Outcome outcome = Detect(options, trace.Build());
  CHECK(outcome.pairs.size() == 2);
  CHECK(outcome.ends.size() == 2);
  CHECK(outcome.counters.pairs_refused == 18);  // ten keystrokes, ten echoes, but for the first
  CHECK(outcome.counters.pairs_peak == 2);
}

TEST_CASE("An onset is compared with the most recent candidates, and the rest are counted") {
  TraceBuilder trace;
  std::vector<TraceBuilder::Connection> others;
  for (uint32_t i = 0; i < 100; ++i) {
    others.push_back(trace.Open({IpAddress::FromV4(0xc6330100U + i), 40000}, kStone, Ms(0)));
  }
  const auto upstream = trace.Open(kOutsider, kStone, Ms(0));
  const auto downstream = trace.Open(kStoneClient, kTarget, Ms(0));
  for (const PacketTime key : Typing(1, 6, Ms(1000))) {
    for (const auto other : others) trace.Key(other, key - Millis(50));
    Relay(trace, upstream, downstream, {key});
  }
  DetectorOptions options = ByThresholds();
  options.timing.indirect.enabled = false;
  options.timing.max_candidates_per_onset = 10;
  const Outcome outcome = Detect(options, trace.Build());
  CHECK(outcome.counters.candidates_dropped >= 5);
  REQUIRE(outcome.pairs.size() >= 1);
  CHECK(outcome.pairs[0].upstream.orig == kOutsider);
}

TEST_CASE("An indirect search that stops early is counted once an onset") {
  TraceBuilder trace;
  std::vector<TraceBuilder::Connection> others;
  for (uint32_t i = 0; i < 40; ++i) {
    others.push_back(trace.Open({IpAddress::FromV4(0xc6330100U + i), 40000},
                                {IpAddress::FromV4(0x0a010000U + i), 22}, Ms(0)));
  }
  const auto last = trace.Open(kInnerClient, kTarget, Ms(0));
  for (const PacketTime key : Typing(1, 3, Ms(1000))) {
    for (const auto other : others) trace.Key(other, key);
    trace.Key(last, key + Millis(9));
  }
  DetectorOptions options = ByThresholds();
  options.protected_networks = Protect();
  options.timing.direct.enabled = false;
  options.timing.max_candidates_per_onset = 8;
  const Outcome outcome = Detect(options, trace.Build());
  // From the second keystroke on: the 32 others that have more than 8 before them, and the last.
  CHECK(outcome.counters.candidates_dropped == 2 * (31 + 1));
}

TEST_CASE("A pair that gets nowhere is given up, and counted") {
  TwoLegs legs = Direct();
  Relay(legs.trace, legs.upstream, legs.downstream, {Ms(700), Ms(1800)});
  Talk(legs.trace, legs.upstream, Typing(21, 60, Ms(2500), Millis(2000), Millis(2900)));
  Talk(legs.trace, legs.downstream, Typing(22, 60, Ms(3800), Millis(2000), Millis(2900)));
  DetectorOptions options = ByThresholds();
  options.timing.direct.coincidence_window = Millis(5);
  options.timing.indirect.enabled = false;
  const Outcome outcome = Detect(options, legs.trace.Build());
  CHECK(outcome.pairs.empty());
  CHECK(outcome.counters.pairs_hopeless >= 1);
}

TEST_CASE("A slot's next connection does not inherit what the one before it did") {
  // Four slots.  Each upstream session types one key and ends; another host's session takes its
  // slot at once, and only then does the key leave the stone.
  TraceBuilder trace;
  const auto downstream = trace.Open(kStoneClient, kTarget, Ms(0));
  int64_t number = 0;
  for (const PacketTime key : Typing(1, 30, Ms(1000))) {
    const auto i = static_cast<uint32_t>(number++);
    const auto old =
        trace.Open({IpAddress::FromV4(0xc6330100U + i), 40000}, kStone, key - Millis(200));
    trace.Key(old, key).Echo(old, key + Millis(1)).Close(old, key + Millis(2));
    const auto decoy =
        trace.Open({IpAddress::FromV4(0xcb007200U + i), 40000}, kStone, key + Millis(4));
    trace.Key(downstream, key + Millis(10)).Echo(downstream, key + Millis(40));
    trace.Close(decoy, key + Millis(300));
  }
  DetectorOptions options = ByThresholds();
  options.connections.max_connections = 2;
  const Outcome outcome = Detect(options, trace.Build());
  CHECK(outcome.counters.connections == 61);
  CHECK(outcome.counters.pairs == 0);
  CHECK(outcome.pairs.empty());
}

TEST_CASE("Last words that come with the closing segment leave nothing behind") {
  // The second FIN carries data: an onset of a connection that is already over.
  TraceBuilder trace;
  const auto downstream = trace.Open(kStoneClient, kTarget, Ms(0));
  uint32_t i = 0;
  for (const PacketTime key : Typing(1, 30, Ms(1000))) {
    const auto up =
        trace.Open({IpAddress::FromV4(0xc6330100U + i), 40000}, kStone, key - Millis(200));
    ++i;
    trace.Fin(up, From::kServer, key - Millis(50)).Fin(up, From::kClient, key, 48);
    trace.Key(downstream, key + Millis(5)).Echo(downstream, key + Millis(40));
  }
  DetectorOptions options = ByThresholds();
  options.connections.max_connections = 2;
  const Outcome outcome = Detect(options, trace.Build());
  CHECK(outcome.pairs.empty());
  CHECK(outcome.counters.pairs_held == 0);
  CHECK(outcome.counters.pairs == 0);
}

}  // namespace
}  // namespace cairn
