// SPDX-License-Identifier: BSD-3-Clause
// What follows from a correction of who is upstream: policy, exposures, chains, the end.
#include "catch2/catch.hpp"

#include "detector/correlator/reporter.h"
#include "tests/support/segment_builder.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

// telnet to the stone, SSH from it.
ConnectionSummary Clear() {
  return {.uid = 1, .orig = At("198.51.100.7", 48224), .resp = At("10.0.0.15", 23), .start = Ms(0)};
}
ConnectionSummary Onward() {
  return {.uid = 2, .orig = At("10.0.0.15", 37534), .resp = At("203.0.113.2", 22), .start = Ms(5)};
}

// As the correlator tells it; even revisions have the right roles.
timing::PairFinding Finding(uint32_t revision) {
  timing::PairFinding finding;
  finding.time = Ms(1000 * revision);
  finding.revision = revision;
  finding.host = At("10.0.0.15", 0).ip;
  const bool right = revision % 2 == 0;
  finding.upstream = right ? Clear() : Onward();
  finding.downstream = right ? Onward() : Clear();
  finding.upstream.reversed = finding.downstream.reversed = !right;
  return finding;
}

// Allows the right roles, or the wrong ones.
CorrelatorOptions Allowing(uint16_t upstream_port, policy::Action action) {
  CorrelatorOptions options;
  policy::AllowRule rule;
  rule.name = "known";
  rule.upstream_ports = {upstream_port};
  rule.action = action;
  options.policy.allow = {rule};
  return options;
}

struct Run {
  explicit Run(const CorrelatorOptions& options) : reporter(options, recorder) {}
  void Pair() { reporter.OnPair(Finding(1)); }
  void Revise(uint32_t revision) { reporter.OnPairRevised(Finding(revision)); }
  void End(uint32_t revision) { reporter.OnPairEnd(Finding(revision), SessionEnd::kClosed); }
  DetectorCounters counters() const {
    DetectorCounters counters;
    reporter.AddTo(counters);
    return counters;
  }
  EventRecorder recorder;
  Reporter reporter;
};

TEST_CASE("A correction is the alert once more, with its id and the roles the other way round") {
  Run run({});
  run.Pair();
  run.Revise(2);
  run.End(2);
  const auto stones = run.recorder.All<SteppingStone>();
  REQUIRE(stones.size() == 2);
  CHECK(stones[0].revision == 1);
  CHECK(stones[1].revision == 2);
  CHECK(stones[1].alert_id == stones[0].alert_id);
  CHECK(stones[1].upstream.uid == 1);
  CHECK(stones[1].chain == stones[0].chain);
  const auto ends = run.recorder.All<SteppingStoneEnd>();
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].alert_id == stones[0].alert_id);
  CHECK(ends[0].upstream.uid == 1);
  CHECK(run.counters().stepping_stones == 1);
  CHECK(run.counters().roles_revised == 1);
}

TEST_CASE("The exposure that holds with the right roles is reported with them") {
  Run run({});
  run.Pair();
  CHECK(run.recorder.All<Exposure>().empty());
  run.Revise(2);
  REQUIRE(run.recorder.All<Exposure>().size() == 1);
  CHECK(run.recorder.All<Exposure>()[0].pair_alert_id ==
        run.recorder.All<SteppingStone>()[0].alert_id);
}

TEST_CASE("An exposure is told once when the roles turn twice") {
  CorrelatorOptions options;
  options.exposure.clear_text = {{22, "what looks like it"}, {23, "telnet"}};
  options.exposure.encrypted_ports = {22, 23};
  Run run(options);
  run.Pair();
  run.Revise(2);
  run.Revise(3);
  const auto exposures = run.recorder.All<Exposure>();
  REQUIRE(exposures.size() == 2);
  CHECK(exposures[0].alert_id != exposures[1].alert_id);
  CHECK(run.recorder.All<SteppingStone>().size() == 3);
}

TEST_CASE("A chain turns round with its pair") {
  Run run({});
  run.Pair();
  run.Revise(2);
  const auto chains = run.recorder.All<ChainUpdate>();
  REQUIRE(chains.size() == 2);
  REQUIRE(chains[1].hops.size() == 2);
  CHECK(chains[0].hops[0].connection.uid == 2);
  CHECK(chains[1].hops[0].connection.uid == 1);
  CHECK(chains[1].hops[1].after == 0U);
  CHECK(chains[0].hops[0].connection.reversed);
  CHECK_FALSE(chains[1].hops[0].connection.reversed);
  CHECK(chains[1].revision == 2);
}

TEST_CASE("A pair that a rule suppressed is told when the rule does not match the right roles") {
  Run run(Allowing(22, policy::Action::kSuppress));  // wrong: upstream is the SSH connection
  run.Pair();
  CHECK(run.recorder.events.empty());
  CHECK(run.counters().alerts_suppressed == 1);
  run.Revise(2);
  run.End(2);
  REQUIRE(run.recorder.All<SteppingStone>().size() == 1);
  CHECK_FALSE(run.recorder.All<SteppingStone>()[0].policy.has_value());
  CHECK(run.recorder.All<SteppingStone>()[0].revision == 2);
  CHECK(run.recorder.All<Exposure>().size() == 1);
  REQUIRE(run.recorder.All<ChainUpdate>().size() == 1);
  CHECK_FALSE(run.recorder.All<ChainUpdate>()[0].policy.has_value());
  CHECK(run.recorder.All<SteppingStoneEnd>().size() == 1);
  CHECK(run.counters().alerts_suppressed == 0);
  CHECK(run.counters().stepping_stones == 1);
}

TEST_CASE("Whoever was told of a pair that a rule allows is told that it does") {
  const auto action = GENERATE(policy::Action::kSuppress, policy::Action::kMark);
  Run run(Allowing(23, action));
  run.Pair();
  run.Revise(2);
  run.End(2);
  const auto stones = run.recorder.All<SteppingStone>();
  REQUIRE(stones.size() == 2);
  CHECK_FALSE(stones[0].policy.has_value());
  REQUIRE(stones[1].policy.has_value());
  CHECK(stones[1].policy->rule == "known");
  REQUIRE(run.recorder.All<ChainUpdate>().size() == 2);
  CHECK(run.recorder.All<ChainUpdate>()[1].policy.has_value());
  REQUIRE(run.recorder.All<SteppingStoneEnd>().size() == 1);
  CHECK(run.recorder.All<SteppingStoneEnd>()[0].policy.has_value());
  CHECK(run.counters().alerts_marked == 1);
  CHECK(run.counters().alerts_suppressed == 0);
}

TEST_CASE("A pair whose roles turn back and forth is counted once for each rule, too") {
  Run run(Allowing(23, policy::Action::kMark));
  run.Pair();
  run.Revise(2);
  CHECK(run.reporter.policy().uses()[0].allowed == 1);
  run.Revise(3);
  CHECK(run.reporter.policy().uses()[0].allowed == 0);
  run.Revise(4);
  CHECK(run.reporter.policy().uses()[0].allowed == 1);
}

TEST_CASE("A rule that expired counts a corrected pair once") {
  CorrelatorOptions options = Allowing(22, policy::Action::kMark);  // the wrong roles
  options.policy.allow[0].expires = Ms(0);
  Run run(options);
  run.Pair();
  CHECK(run.counters().alerts_by_expired_rule == 1);
  run.Revise(2);
  CHECK(run.counters().alerts_by_expired_rule == 0);
  CHECK(run.reporter.policy().uses()[0].expired == 0);
  run.End(2);
  CHECK(run.recorder.All<SteppingStoneEnd>().size() == 1);
}

}  // namespace
}  // namespace cairn
