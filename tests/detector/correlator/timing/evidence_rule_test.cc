// SPDX-License-Identifier: BSD-3-Clause
// The verdict by evidence, as a pure function.
#include "detector/correlator/timing/evidence_rule.h"

#include <algorithm>
#include <cmath>

#include "catch2/catch.hpp"

#include "detector/correlator/timing/onset_evidence.h"

namespace cairn::timing {
namespace {

Significance Of(double nats, uint32_t hits = 10) {
  return {.nats = nats,
          .window = PacketDelta::FromMilliseconds(20),
          .hits = hits,
          .trials = hits,
          .chance = 0.01};
}

double Lacking(double first, double second, bool both = true, double needed = 20) {
  return LackingNats(
      {.direction = {Of(first), Of(second)}, .client_to_server = {}, .sees_both_directions = both},
      needed, {}, PairKind::kIndirect);
}

double LackingWithHits(uint32_t hits, bool both, PairKind kind) {
  return LackingNats(
      {.direction = {Of(30, hits), Of(30)}, .client_to_server = {}, .sees_both_directions = both},
      20, {}, kind);
}

TEST_CASE("What a pair needs follows from the pairs a day and the false alarms allowed") {
  const PacketDelta day = PacketDelta::FromSeconds(86400);
  CHECK(NeededNats(1000, day, 1) == Approx(std::log(1000)));
  CHECK(NeededNats(1000, day, 0.1) == Approx(std::log(10000)));
  CHECK(NeededNats(1000, PacketDelta::FromSeconds(43200), 1) == Approx(std::log(2000)));
  CHECK(NeededNats(2, day, 1000) == 0);  // more are allowed than there are pairs
}

TEST_CASE("The first minutes are not taken for a day") {
  CHECK(NeededNats(5, PacketDelta::FromSeconds(1), 1) ==
        NeededNats(5, PacketDelta::FromSeconds(600), 1));
  CHECK(NeededNats(0, PacketDelta::Zero(), 1) > 0);
}

TEST_CASE("What strangers reached here is believed when it asks for less, after ten minutes") {
  const PacketDelta day = PacketDelta::FromSeconds(86400);
  const double bound = NeededNats(1000, day, 1);
  NullScores modest(1);  // of a thousand pairs a day few reach anything
  for (int i = 0; i < 20; ++i) modest.Add(0, 3.5);
  CHECK(NeededNats(1000, day, 1, &modest) == Approx(3 + std::log(20)));
  CHECK(NeededNats(1000, day, 1, &modest) < bound);
  CHECK(FalseAlarmsPerDay(1000, day, 6, &modest) == Approx(20 * std::exp(-3)));
  CHECK(FalseAlarmsPerDay(1000, day, 6, &modest) < FalseAlarmsPerDay(1000, day, 6));
  NullScores alarming(1);
  for (int i = 0; i < 1000; ++i) alarming.Add(0, 30);
  CHECK(NeededNats(1000, day, 1, &alarming) == bound);
  const NullScores untold(1);
  CHECK(NeededNats(1000, day, 1, &untold) == bound);
  const PacketDelta early = PacketDelta::FromSeconds(599);
  CHECK(NeededNats(1000, early, 1, &modest) == NeededNats(1000, early, 1));
}

TEST_CASE("The stronger direction and half the weaker one must reach it") {
  CHECK(Lacking(17, 7) <= 0);
  CHECK(Lacking(7, 17) <= 0);
  CHECK(Lacking(16, 7) == Approx(0.5));
}

TEST_CASE("However strong one direction is, the other must show something, where it is captured") {
  CHECK(Lacking(500, 6) <= 0);
  CHECK(Lacking(500, 5) == Approx(1));
  CHECK(Lacking(500, 0, false) <= 0);
}

TEST_CASE("Five hits are too few, whatever they are worth") {
  CHECK(LackingWithHits(5, true, PairKind::kIndirect) > 0);
  CHECK(LackingWithHits(6, true, PairKind::kIndirect) <= 0);
  CHECK(LackingWithHits(0, false, PairKind::kIndirect) <= 0);
}

TEST_CASE("Where two connections share a host four hits will do") {
  CHECK(LackingWithHits(3, true, PairKind::kDirect) > 0);
  CHECK(LackingWithHits(4, true, PairKind::kDirect) <= 0);
}

TEST_CASE("What clients send is enough alone, what servers send never is") {
  const auto lacking = [](double clients, double servers, uint32_t hits = 10) {
    return LackingNats({.direction = {Of(servers), Of(clients, hits)}, .client_to_server = 1}, 20,
                       {}, PairKind::kIndirect);
  };
  CHECK(lacking(20, 0) <= 0);
  CHECK(lacking(19, 0) == Approx(1));
  CHECK(lacking(0, 500) == Approx(6));
  CHECK(lacking(17, 7) <= 0);
  CHECK(lacking(500, 0, 5) > 0);
}

TEST_CASE("A hit adds no more than its bound, in whatever window and after whatever past") {
  // The earlier flow has an onset every twenty seconds: its windows are covered as little as can
  // be.
  for (const int64_t lag_ms : {1, 20, 21, 80, 200, 300, 900, 1200, 2000, 2500}) {
    const PacketDelta lag = PacketDelta::FromMilliseconds(lag_ms);
    Coverage covered;
    OnsetEvidence evidence;
    double before = 0;
    double most = 0;
    for (int64_t i = 0; i < 200; ++i) {
      covered.AddGap(PacketDelta::FromSeconds(20));
      const bool hit = i % 7 != 3 && i > 20;
      evidence.Add(PacketTime::FromNanoseconds(i * i * 19'900'000'001),
                   hit ? lag : PacketDelta::FromSeconds(9));
      const double now = evidence.View(covered).nats;
      most = std::max(most, now - before);
      before = now;
    }
    INFO(lag_ms << " ms");
    CHECK(before > 20);
    CHECK(most > 0);
    CHECK(most <= static_cast<double>(MostNatsOf(lag)) + 1e-3);
  }
}

}  // namespace
}  // namespace cairn::timing
