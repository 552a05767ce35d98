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

ObservedLeg LegOf(const std::vector<int64_t>& forward_ms, const std::vector<int64_t>& backward_ms) {
  return Observe({FlowOf(forward_ms), FlowOf(backward_ms)}, kEnd);
}

TEST_CASE("onsets end half a second of silence; a clock's are kept for the published rule only") {
  const Flow flow = Prepare(FlowOf({100, 200, 700, 1201, 5000, 9000, 13000, 17000, 21000}), kEnd);
  CHECK(flow.segments.size() == 9);
  CHECK(flow.resumptions == FlowOf({100, 1201, 5000, 9000, 13000, 17000, 21000}));
  CHECK(flow.onsets.size() < flow.resumptions.size());
}

TEST_CASE("nothing is observed from the end on") {
  const Flow flow = Prepare(FlowOf({100, 2000, 4000}), At(4000));
  CHECK(flow.segments == FlowOf({100, 2000}));
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
  const ObservedLeg upstream = Observe(one.upstream, kEnd);
  const ObservedLeg downstream = Observe(one.downstream, kEnd);
  const ObservedLeg foreign = Observe(other.downstream, kEnd);
  for (const Method& method : Methods(20)) {
    INFO(method.name);
    REQUIRE(method.alert_at.has_value());
    CHECK(method.score(FlowPair(upstream, downstream)) >= *method.alert_at);
    CHECK(method.score(FlowPair(upstream, foreign)) < *method.alert_at);
  }
}

TEST_CASE("combined evidence is the stronger direction's and half of the weaker's") {
  const Session session = SimulateSession(Named("clean"), kEnd - kSessionStart, 1, 0);
  const ObservedLeg upstream = Observe(session.upstream, kEnd);
  const ObservedLeg downstream = Observe(session.downstream, kEnd);
  const FlowPair pair(upstream, downstream);
  const double forward = ScoreOf("onset-forward", pair);
  const double backward = ScoreOf("onset-backward", pair);
  CHECK(ScoreOf("onset", pair) ==
        Approx(std::max(forward, backward) + 0.5 * std::min(forward, backward)));
  CHECK(ScoreOf("onset-rule", pair) == Approx(ScoreOf("onset", pair)));
}

TEST_CASE("evidence of one direction alone is none for the detector's verdict") {
  const Session session = SimulateSession(Named("clean"), kEnd - kSessionStart, 1, 0);
  const ObservedLeg upstream = Observe({session.upstream.forward, {}}, kEnd);
  const ObservedLeg downstream = Observe({session.downstream.forward, {}}, kEnd);
  const FlowPair pair(upstream, downstream);
  CHECK(ScoreOf("onset", pair) > 20);
  CHECK(ScoreOf("onset-rule", pair) == 0);
}

}  // namespace
}  // namespace cairn::evaluation
