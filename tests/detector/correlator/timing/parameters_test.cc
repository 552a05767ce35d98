// SPDX-License-Identifier: BSD-3-Clause
// Every parameter has an effect, on its own kind of pair and on no other.
#include <functional>

#include "catch2/catch.hpp"

#include "tests/detector/correlator/timing/scene.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file
using timing::PairRules;

// Traffic of a direct pair, or an indirect one.
using Scene = std::function<std::vector<Segment>(TwoLegs)>;
using Change = std::function<void(PairRules&)>;

struct Found {
  bool direct = false;
  bool indirect = false;
  bool operator==(const Found&) const = default;
};

Found ParametersFind(const DetectorOptions& options, const Scene& scene) {
  return {.direct = !Detect(options, scene(Direct())).pairs.empty(),
          .indirect = !Detect(options, scene(Indirect())).pairs.empty()};
}

// With the defaults both kinds are (not) found; with one kind's rules changed, that kind turns.
void CheckEffect(bool by_default, const Change& change, const Scene& scene) {
  DetectorOptions options = ByThresholds();
  CHECK(ParametersFind(options, scene) == Found{by_default, by_default});
  change(options.timing.direct);
  CHECK(ParametersFind(options, scene) == Found{!by_default, by_default});
  options.timing.direct = timing::Options{}.direct;
  change(options.timing.indirect);
  CHECK(ParametersFind(options, scene) == Found{by_default, !by_default});
}

std::vector<Segment> Work(TwoLegs legs) {
  Relay(legs.trace, legs.upstream, legs.downstream, Typing(1, 40, Ms(1000)));
  return legs.trace.Build();
}

TEST_CASE("Either kind can be switched off") {
  CheckEffect(
      true, [](PairRules& rules) { rules.enabled = false; }, Work);
}

TEST_CASE("idle_threshold: pauses in typing that are shorter make no onsets") {
  CheckEffect(
      true, [](PairRules& rules) { rules.idle_threshold = Millis(3001); }, Work);
}

TEST_CASE("coincidence_window: a slower relay is not seen") {
  CheckEffect(
      true, [](PairRules& rules) { rules.coincidence_window = Millis(2); }, Work);
}

TEST_CASE("min_ratio: the share of keystrokes that must be relayed") {
  CheckEffect(
      true, [](PairRules& rules) { rules.min_ratio = 0.7; },
      [](TwoLegs legs) {
        // Every second block of four keystrokes stays on its own connection.
        const std::vector<PacketTime> keys = Typing(1, 40, Ms(1000));
        for (size_t i = 0; i < keys.size(); ++i) {
          if (i / 4 % 2 == 1) {
            Relay(legs.trace, legs.upstream, legs.downstream, {keys[i]});
          } else {
            Talk(legs.trace, legs.upstream, {keys[i]});
            Talk(legs.trace, legs.downstream, {keys[i] + Millis(300)});
          }
        }
        return legs.trace.Build();
      });
}

TEST_CASE("min_consecutive: how many keystrokes in a row must be relayed") {
  CheckEffect(
      true, [](PairRules& rules) { rules.min_consecutive = 79; }, Work);
}

TEST_CASE("min_coincidences: how many keystrokes and echoes there must be at least") {
  CheckEffect(
      true, [](PairRules& rules) { rules.min_coincidences = 80; }, Work);
}

TEST_CASE("consecutive_scale: how soon more are needed") {
  CheckEffect(
      true, [](PairRules& rules) { rules.consecutive_scale = 1; }, Work);
}

TEST_CASE("directionality: now one side moves first, now the other") {
  const Scene scene = [](TwoLegs legs) {
    const std::vector<PacketTime> times = Typing(9, 80, Ms(1000));
    for (size_t i = 0; i < times.size(); ++i) {
      const bool first = i / 2 % 2 == 0;
      legs.trace.Key(legs.upstream, times[i] + Millis(first ? 0 : 8));
      legs.trace.Key(legs.downstream, times[i] + Millis(first ? 8 : 0));
      legs.trace.Echo(legs.upstream, times[i] + Millis(first ? 250 : 258));
      legs.trace.Echo(legs.downstream, times[i] + Millis(first ? 258 : 250));
    }
    return legs.trace.Build();
  };
  DetectorOptions options = ByThresholds();
  CHECK(ParametersFind(options, scene) == Found{false, false});
  options.timing.direct.directionality = false;
  CHECK(ParametersFind(options, scene) == Found{true, false});
  // In the opposite order a direct pair's legs are an indirect pair, so both scenes turn.
  options.timing.direct = timing::Options{}.direct;
  options.timing.indirect.directionality = false;
  CHECK(ParametersFind(options, scene) == Found{true, true});
}

// Keystrokes are relayed, and the other direction is silent but for every `echoes`th.
Scene FewEchoes(size_t echoes) {
  return [echoes](TwoLegs legs) {
    const std::vector<PacketTime> keys = Typing(1, 60, Ms(1000));
    for (size_t i = 0; i < keys.size(); ++i) {
      legs.trace.Key(legs.upstream, keys[i]).Key(legs.downstream, keys[i] + Millis(4));
      const PacketTime echo = keys[i] + Millis(200);
      // What the user of each connection sees, most of the time not the same.
      const PacketDelta lag = echoes != 0 && i % echoes == echoes - 1 ? Millis(3) : Millis(240);
      legs.trace.Echo(legs.downstream, echo).Echo(legs.upstream, echo + lag);
    }
    return legs.trace.Build();
  };
}

TEST_CASE("both_directions: echoes must be relayed, too") {
  CheckEffect(
      false, [](PairRules& rules) { rules.both_directions = false; }, FewEchoes(0));
}

TEST_CASE("min_weaker_ratio: how many of them") {
  CheckEffect(
      false, [](PairRules& rules) { rules.min_weaker_ratio = 0.05; }, FewEchoes(12));
}

TEST_CASE("period_tolerance: how exact a clock must be to count as one") {
  // 15 ms off the beat, now early, now late.
  CheckEffect(
      false, [](PairRules& rules) { rules.period_tolerance = Millis(10); },
      [](TwoLegs legs) {
        for (int64_t i = 0; i < 120; ++i) {
          const PacketTime beat = Ms(1000 + i * 1000 + i % 2 * 15);
          legs.trace.Key(legs.upstream, beat).Echo(legs.upstream, beat + Millis(25));
          if (i < 20) continue;
          legs.trace.Key(legs.downstream, beat + Millis(4));
          legs.trace.Echo(legs.downstream, beat + Millis(15));
        }
        return legs.trace.Build();
      });
}

TEST_CASE("As published, a pair is taken up at its first coincidence; otherwise at its second") {
  for (const bool direct : {true, false}) {
    TwoLegs legs = direct ? Direct() : Indirect();
    legs.trace.Key(legs.upstream, Ms(1000)).Key(legs.downstream, Ms(1010));
    legs.trace.Key(legs.upstream, Ms(5000)).Key(legs.downstream, Ms(9000));
    DetectorOptions options = ByThresholds();
    CHECK(Detect(options, legs.trace.Build()).counters.pairs == 0);
    options.timing.direct.from_first_coincidence = true;
    options.timing.indirect.from_first_coincidence = true;
    CHECK(Detect(options, legs.trace.Build()).counters.pairs == 1);
  }
}

TEST_CASE("As published, a pair that gathers little is kept, and its coincidences all count") {
  // One in three keystrokes is passed on: just above the ratio, and never two in a row at first.
  TwoLegs legs = Direct();
  const std::vector<PacketTime> keys = Typing(1, 90, Ms(1000), Millis(1500), Millis(4000));
  for (size_t i = 0; i < keys.size(); ++i) {
    legs.trace.Key(legs.upstream, keys[i]);
    legs.trace.Key(legs.downstream,
                   i % 3 == 0 || i > 80 ? keys[i] + Millis(5) : keys[i] + Millis(700));
  }
  DetectorOptions options = ByThresholds();
  options.timing.direct.both_directions = false;
  options.timing.direct.min_coincidences = 30;
  const Outcome later = Detect(options, legs.trace.Build());
  options.timing.direct.from_first_coincidence = true;
  const Outcome published = Detect(options, legs.trace.Build());
  CHECK(later.pairs.empty());
  REQUIRE(published.pairs.size() == 1);
  CHECK(published.counters.pairs_hopeless == 0);
}

}  // namespace
}  // namespace cairn
