// SPDX-License-Identifier: BSD-3-Clause
// What the correlator asks of a judge, with each of the two rules.
#include "detector/correlator/timing/pair_judge.h"

#include <memory>

#include "catch2/catch.hpp"

#include "tests/support/segment_builder.h"

namespace cairn::timing {
namespace {

using testing::Ms;

class JudgeBench {
 public:
  explicit JudgeBench(Rule rule) {
    options_.rule = rule;
    options_.direct.from_first_coincidence = true;
    judge_ = MakePairJudge(options_, states_, pairs_);
  }
  PairSearch search() const { return judge_->search(); }
  // An onset of the pair's connection, `lag_ms` after the other's.
  bool IsDue(Pair& pair, int64_t lag_ms, bool leaves, PacketDelta transit = PacketDelta::Zero()) {
    return judge_->IsDue(
        pair, {.theirs = Ms(1000), .now = Ms(1000 + lag_ms), .transit = transit, .leaves = leaves});
  }
  PairJudge& judge() { return *judge_; }
  const Options& options() const { return options_; }

 private:
  Options options_;
  ConnectionStates states_;
  PairTable pairs_{states_, 10, 10};
  std::unique_ptr<PairJudge> judge_;
};

TEST_CASE("each rule looks for pairs within its own window") {
  const JudgeBench evidence(Rule::kEvidence);
  const JudgeBench thresholds(Rule::kThresholds);
  const Options& options = evidence.options();
  CHECK(evidence.search().window[0] == options.direct.candidate_window);
  CHECK(evidence.search().window[1] == options.indirect.candidate_window);
  CHECK(thresholds.search().window[0] == options.direct.coincidence_window);
  CHECK(thresholds.search().window[1] == options.indirect.coincidence_window);
}

TEST_CASE(
    "only thresholds take a pair up at its first coincidence, and only where they are told to") {
  CHECK_FALSE(JudgeBench(Rule::kEvidence).search().from_first[0]);
  CHECK(JudgeBench(Rule::kThresholds).search().from_first[0]);
  CHECK_FALSE(JudgeBench(Rule::kThresholds).search().from_first[1]);
}

TEST_CASE("by thresholds a pair is judged at each coincidence, whichever way the onset runs") {
  JudgeBench bench(Rule::kThresholds);
  Pair pair;
  for (const bool leaves : {false, true}) {
    CHECK(bench.IsDue(pair, 160, leaves));
    CHECK_FALSE(bench.IsDue(pair, 161, leaves));
  }
}

TEST_CASE("by evidence a pair is judged at what leaves the stone within the widest window") {
  JudgeBench bench(Rule::kEvidence);
  Pair pair;
  CHECK(bench.IsDue(pair, 2500, true));
  CHECK_FALSE(bench.IsDue(pair, 2501, true));
  CHECK(bench.IsDue(pair, 2600, true, PacketDelta::FromMilliseconds(100)));
  CHECK_FALSE(bench.IsDue(pair, 99, true, PacketDelta::FromMilliseconds(100)));
  CHECK_FALSE(bench.IsDue(pair, 1, false));
  CHECK(bench.IsDue(pair, 0, false));  // equal time stamps tell no order
}

TEST_CASE("by evidence a pair that lacks more than its hits can have added is not judged again") {
  JudgeBench bench(Rule::kEvidence);
  Pair pair;
  pair.lacking = 100;
  REQUIRE(bench.IsDue(pair, 5, true));
  CHECK(pair.lacking < 100);
  CHECK(pair.lacking > 90);
  const float lacking = pair.lacking;
  CHECK_FALSE(bench.judge().Judge(pair, Ms(1005), PacketDelta::FromSeconds(1)).is_stone);
  CHECK(pair.lacking == lacking);
}

}  // namespace
}  // namespace cairn::timing
