// SPDX-License-Identifier: BSD-3-Clause
// Padding at a constant rate hides what passes; that it is there is told.
#include "detector/correlator/slots/constant_rate.h"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/detector/correlator/slots/people.h"
#include "tests/detector/correlator/timing/scene.h"
#include "tests/support/resumed_runs.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

TEST_CASE("A rate is constant when nothing varies for a minute") {
  std::vector<uint8_t> counts(120, 5);
  CHECK(slots::IsConstantRate(counts));
  counts.pop_back();
  CHECK_FALSE(slots::IsConstantRate(counts));  // not yet a minute
  CHECK_FALSE(slots::IsConstantRate({}));
}

TEST_CASE("A gap, a burst, silence and bulk transfers are no constant rate") {
  std::vector<uint8_t> gap(240, 5);
  std::fill(gap.begin() + 100, gap.begin() + 110, uint8_t{0});
  CHECK_FALSE(slots::IsConstantRate(gap));
  std::vector<uint8_t> burst(240, 5);
  std::fill(burst.begin() + 100, burst.begin() + 130, uint8_t{20});
  CHECK_FALSE(slots::IsConstantRate(burst));
  CHECK_FALSE(slots::IsConstantRate(std::vector<uint8_t>(240, 0)));
  CHECK_FALSE(slots::IsConstantRate(std::vector<uint8_t>(240, 255)));
  std::vector<uint8_t> uneven(240, 0);
  for (size_t i = 0; i < uneven.size(); i += 2) uneven[i] = 2;  // two a second in the mean
  CHECK(slots::IsConstantRate(uneven));
}

void Pad(TraceBuilder& trace, TraceBuilder::Connection connection, int64_t period_ms) {
  for (int64_t ms = 3000; ms < 200000; ms += period_ms) {
    trace.Key(connection, Ms(ms)).Echo(connection, Ms(ms + 13));
  }
}

std::vector<Segment> TwoPadded() {
  TraceBuilder trace;
  Pad(trace, trace.Open(kOutsider, kStone, Ms(0)), 100);
  Pad(trace, trace.Open(kStoneClient, kTarget, Ms(500)), 70);
  return trace.Build();
}

// What the stone does.
DetectorOptions Allowing(policy::Action action) {
  DetectorOptions options;
  policy::AllowRule rule;
  rule.name = "sensors";
  rule.action = action;
  rule.stone_hosts = PrefixSet({Prefix::Parse("10.0.0.15/32").value()});
  options.policy.allow.push_back(rule);
  return options;
}

TEST_CASE("Two padded connections through one host are told of, once, as unjudged") {
  const Outcome outcome = Detect({}, TwoPadded());
  CHECK(outcome.pairs.empty());
  REQUIRE(outcome.unjudged.size() == 1);
  CHECK(outcome.unjudged[0].reason == "constant_rate");
  CHECK(outcome.unjudged[0].host == kStone.ip);
  CHECK(outcome.unjudged[0].upstream.orig == kOutsider);
  CHECK(outcome.unjudged[0].downstream.resp == kTarget);
  CHECK(outcome.counters.unjudged == 1);
}

TEST_CASE("Equal clocks of padded connections are no stepping stone") {
  for (const int64_t period_ms : {100, 310, 490}) {
    for (const int64_t phase_ms : {500, 613, 741, 987}) {
      TraceBuilder trace;
      Pad(trace, trace.Open(kOutsider, kStone, Ms(0)), period_ms);
      const auto out = trace.Open(kStoneClient, kTarget, Ms(100));
      for (int64_t ms = 3000 + phase_ms; ms < 200000; ms += period_ms) {
        trace.Key(out, Ms(ms)).Echo(out, Ms(ms + 13));
      }
      const Outcome outcome = Detect({}, trace.Build());
      INFO(period_ms << " ms, " << phase_ms << " ms");
      CHECK(outcome.pairs.empty());
      CHECK(outcome.unjudged.size() == 1);
    }
  }
}

TEST_CASE("One padded connection is nothing to tell of") {
  TraceBuilder trace;
  Pad(trace, trace.Open(kOutsider, kStone, Ms(0)), 100);
  const auto down = trace.Open(kStoneClient, kTarget, Ms(500));
  for (const PacketTime key : AtWork(3, Ms(4000), PacketDelta::FromSeconds(190))) {
    trace.Key(down, key).Echo(down, key + Millis(20));
  }
  CHECK(Detect({}, trace.Build()).unjudged.empty());
}

TEST_CASE("What the policy marks is told of, with the rule, and counted") {
  const Outcome outcome = Detect(Allowing(policy::Action::kMark), TwoPadded());
  REQUIRE(outcome.unjudged.size() == 1);
  REQUIRE(outcome.unjudged[0].policy.has_value());
  CHECK(outcome.unjudged[0].policy->rule == "sensors");
  CHECK(outcome.counters.alerts_marked == 1);
}

TEST_CASE("What the policy allows is not asked") {
  const Outcome outcome = Detect(Allowing(policy::Action::kSuppress), TwoPadded());
  CHECK(outcome.unjudged.empty());
  CHECK(outcome.counters.alerts_suppressed == 1);
}

TEST_CASE("What an earlier run called unjudged is not told of again") {
  const std::vector<Segment> segments = TwoPadded();
  const std::span<const Segment> all = segments;
  std::string state;
  CHECK(CountOf<Unjudged>(GoOn({}, all.first(all.size() / 2), state)) == 1);
  CHECK(CountOf<Unjudged>(GoOn({}, all.subspan(all.size() / 2), state)) == 0);
}

}  // namespace
}  // namespace cairn
