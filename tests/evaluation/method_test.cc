// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/method.h"

#include "catch2/catch.hpp"

#include "evaluation/published_rule.h"
#include "evaluation/simulate.h"
#include "tests/evaluation/sample_flows.h"

namespace cairn::evaluation {
namespace {

constexpr PacketTime kEnd = kSessionStart + PacketDelta::FromSeconds(600);

double ScoreOf(const std::string& name, const FlowPair& pair) {
  for (const Method& method : Methods(20)) {
    if (method.name == name) return method.score(pair);
  }
  FAIL("no method " << name);
  return 0;
}

ObservedLeg AtEnd(const Leg& leg) { return LegObserver(leg).Until(kEnd); }

ObservedLeg LegOf(const std::vector<int64_t>& forward_ms, const std::vector<int64_t>& backward_ms) {
  return AtEnd({FlowOf(forward_ms), FlowOf(backward_ms)});
}

TEST_CASE("onsets end half a second of silence; a clock's are kept for the published rule only") {
  const FlowTimes segments = FlowOf({100, 200, 700, 1201, 5000, 9000, 13000, 17000, 21000});
  const Flow flow = FlowObserver(segments).Until(kEnd);
  CHECK(flow.resumptions == FlowOf({100, 1201, 5000, 9000, 13000, 17000, 21000}));
  CHECK(flow.onsets.size() < flow.resumptions.size());
}

TEST_CASE("nothing is observed from the end on, and no observation disturbs the next") {
  const FlowTimes segments = FlowOf({100, 2000, 4000, 9000});
  FlowObserver observer(segments);
  CHECK(observer.Until(At(100)).onsets.empty());
  CHECK(observer.Until(At(4000)).onsets == FlowOf({100, 2000}));
  const Flow all = observer.Until(At(10000));
  CHECK(all.onsets == segments);
  const Flow at_once = FlowObserver(segments).Until(At(10000));
  for (size_t window = 0; window < timing::kEvidenceWindows.size(); ++window) {
    CHECK(all.covered.Chance(window) == at_once.covered.Chance(window));
  }
}

TEST_CASE("the published rule counts coincidences up to 80 ms, in the order of a relay") {
  const std::vector<int64_t> starts = {1000, 3100, 4700, 9000};
  const auto later = [&](int64_t lag) {
    std::vector<int64_t> moved = starts;
    for (int64_t& ms : moved) ms += lag;
    return LegOf(moved, {});
  };
  const ObservedLeg first = LegOf(starts, {});
  CHECK(PublishedRatio(FlowPair(first, later(80))) == 1);
  CHECK(PublishedRatio(FlowPair(first, later(81))) == 0);
  CHECK(PublishedRatio(FlowPair(first, later(-40))) == 0);
}

TEST_CASE("the published rule needs two consecutive coincidences") {
  const ObservedLeg first = LegOf({1000, 3100, 4700, 9000}, {});
  // Three onsets coincide, one after another: two in a row.
  CHECK(PublishedRatio(FlowPair(first, LegOf({1010, 3110, 4710, 12000}, {}))) == 0.75);
  // Every other one does.
  CHECK(PublishedRatio(FlowPair(first, LegOf({1010, 3600, 4710, 12000}, {}))) == 0);
}

TEST_CASE("true pairs score high and strangers low with every method") {
  const Session one = SimulateSession(Named("clean"), kEnd - kSessionStart, 1, 0);
  const Session other = SimulateSession(Named("clean"), kEnd - kSessionStart, 1, 1);
  const ObservedLeg upstream = AtEnd(one.upstream);
  const ObservedLeg downstream = AtEnd(one.downstream);
  const ObservedLeg foreign = AtEnd(other.downstream);
  for (const Method& method : Methods(20)) {
    INFO(method.name);
    const double clear = method.alert_at.value_or(10);
    CHECK(method.score(FlowPair(upstream, downstream)) >= clear);
    CHECK(method.score(FlowPair(upstream, foreign)) < clear);
  }
}

TEST_CASE("combined evidence is the stronger direction's and half of the weaker's") {
  const Session session = SimulateSession(Named("clean"), kEnd - kSessionStart, 1, 0);
  const ObservedLeg upstream = AtEnd(session.upstream);
  const ObservedLeg downstream = AtEnd(session.downstream);
  const FlowPair pair(upstream, downstream);
  const double forward = ScoreOf("onset-forward", pair);
  const double backward = ScoreOf("onset-backward", pair);
  CHECK(ScoreOf("onset", pair) ==
        Approx(std::max(forward, backward) + 0.5 * std::min(forward, backward)));
  CHECK(ScoreOf("onset-rule", pair) == Approx(ScoreOf("onset", pair)));
}

TEST_CASE("echoes alone are no evidence for the detector's verdict, keystrokes alone are") {
  const Session session = SimulateSession(Named("clean"), kEnd - kSessionStart, 1, 0);
  const ObservedLeg keys_in = AtEnd({session.upstream.forward, {}});
  const ObservedLeg keys_out = AtEnd({session.downstream.forward, {}});
  CHECK(ScoreOf("onset-rule", FlowPair(keys_in, keys_out)) > 20);
  const ObservedLeg echoes_out = AtEnd({{}, session.upstream.backward});
  const ObservedLeg echoes_in = AtEnd({{}, session.downstream.backward});
  CHECK(ScoreOf("onset", FlowPair(echoes_out, echoes_in)) > 20);
  CHECK(ScoreOf("onset-rule", FlowPair(echoes_out, echoes_in)) == 0);
}

TEST_CASE("slots see through delay, and the whole is the better of both") {
  const Session session = SimulateSession(Named("delay-2s"), kEnd - kSessionStart, 1, 0);
  const ObservedLeg upstream = AtEnd(session.upstream);
  const ObservedLeg downstream = AtEnd(session.downstream);
  const FlowPair pair(upstream, downstream);
  CHECK(ScoreOf("slots", pair) > 10);
  CHECK(ScoreOf("whole", pair) >= pair.Slots().judged);
  CHECK(ScoreOf("slots", pair) >= pair.Slots().judged);
  CHECK(ScoreOf("whole", pair) >= ScoreOf("onset-rule", pair));
}

}  // namespace
}  // namespace cairn::evaluation
