// SPDX-License-Identifier: BSD-3-Clause
#include "traces/scoring/score.h"

#include "catch2/catch.hpp"

#include "tests/traces/sample_truth.h"

namespace cairn::traces {
namespace {

Score RateAll(const Truth& truth, std::vector<AlertedPair> alerts, int64_t min_work_seconds = 0) {
  return Scorer(truth, PacketDelta::FromSeconds(min_work_seconds)).Rate(alerts);
}

TEST_CASE("a required pair that was alerted is a hit, one that was not is a miss") {
  const Truth truth = SampleTruth();
  const Score score = RateAll(truth, {{kChainIn, kChainOut}});
  CHECK(score.required == 2);
  CHECK(score.true_positives == 1);
  CHECK(score.false_negatives == 1);
  CHECK(score.false_positives() == 0);
  CHECK(score.right_order == 1);
  CHECK(score.precision() == 1.0);
  CHECK(score.recall() == 0.5);
}

TEST_CASE("a hit counts whichever connection and whichever end is named first") {
  const Truth truth = SampleTruth();
  const Link swapped_in{kChainIn.resp, kChainIn.orig};
  const Score score = RateAll(truth, {{kChainOut, swapped_in}});
  CHECK(score.true_positives == 1);
  CHECK(score.right_order == 0);  // upstream and downstream were named the wrong way round
  CHECK(RateAll(truth, {{swapped_in, kChainOut}}).right_order == 1);
}

TEST_CASE("repeated alerts on one pair count once") {
  const Truth truth = SampleTruth();
  const Score score = RateAll(
      truth, {{kChainIn, kChainOut}, {kChainOut, kChainIn}, {kWeb, kWallIn}, {kWallIn, kWeb}});
  CHECK(score.alerted == 2);
  CHECK(score.true_positives == 1);
  CHECK(score.false_positives() == 1);
}

TEST_CASE("a pair of one chain that is not required counts neither way") {
  const Truth truth = SampleTruth();
  const Score score = RateAll(truth, {{kChainIn, kChainFar}});
  CHECK(score.optional == 1);
  CHECK(score.true_positives == 0);
  CHECK(score.false_positives() == 0);
}

TEST_CASE("with a minimum of work, pairs with less are no longer required and no false alarms") {
  const Truth truth = SampleTruth();
  const Score score = RateAll(truth, {{kChainOut, kChainFar}}, 30);
  CHECK(score.required == 1);
  CHECK(score.optional == 1);
  CHECK(score.false_positives() == 0);
  CHECK(score.false_negatives == 1);
}

TEST_CASE("false alarms are told apart: unrelated, benign and correlated, broadcast") {
  const Truth truth = SampleTruth();
  const Score score = RateAll(truth, {{kChatIn, kChatOut}, {kWallIn, kWallOut}, {kWallIn, kWeb}});
  REQUIRE(score.false_positives() == 3);
  CHECK(score.Count(FalseAlarmCause::kBenignCorrelated) == 1);
  CHECK(score.Count(FalseAlarmCause::kBroadcast) == 1);
  CHECK(score.Count(FalseAlarmCause::kUnrelated) == 1);
  CHECK(score.false_alarms[0].description == "bg_irc x bg_irc");
  CHECK(score.false_alarms[1].description == "bg_interactive x bg_wall");
  CHECK(score.false_alarms[2].description == "bg_wall x bg_web");
}

TEST_CASE("a session hears broadcasts when any of its legs arrives at a broadcasting host") {
  Truth truth = SampleTruth();
  truth.wall_hosts = {"h2", "h1"};  // h1 is a middle host of the chain
  const Score score = RateAll(truth, {{kChainOut, kWallIn}});
  CHECK(score.Count(FalseAlarmCause::kBroadcast) == 1);
}

TEST_CASE("without wall_hosts the idle sessions of bg_wall name the broadcasting hosts") {
  Truth truth = SampleTruth();
  truth.wall_hosts.clear();
  CHECK(RateAll(truth, {{kWallIn, kWallOut}}).Count(FalseAlarmCause::kBroadcast) == 0);
  truth.sessions[1].sub = "idle";       // session 2, on host h2
  truth.sessions[2].legs[0].to = "h2";  // and session 3 ends there as well
  CHECK(RateAll(truth, {{kWallIn, kWallOut}}).Count(FalseAlarmCause::kBroadcast) == 1);
}

TEST_CASE(
    "an alert on a connection that the truth does not know is a false alarm, and counted apart") {
  const Truth truth = SampleTruth();
  const Score score = RateAll(truth, {{kChainIn, MakeLink("1.2.3.4", 5, "6.7.8.9", 10)}});
  CHECK(score.false_positives() == 1);
  CHECK(score.unknown == 1);
  CHECK(score.false_alarms[0].description == "? x chain:direct_mix");
}

TEST_CASE("chances are the inbound and outbound connections that lived together for a second") {
  Truth truth = SampleTruth();
  // Inbound: kChainIn, kChainFar, kWallIn, kChatIn; outbound: kChainOut, kWallOut, kChatOut, kWeb.
  CHECK(RateAll(truth, {}).chances == 16);
  truth.connections[7].start = At(1099);
  CHECK(RateAll(truth, {}).chances == 16);  // exactly one second in common
  truth.connections[7].start = truth.connections[7].start + PacketDelta::FromNanoseconds(1);
  CHECK(RateAll(truth, {}).chances == 12);
  truth.connections[0].end = At(1000);
  CHECK(RateAll(truth, {}).chances == 9);
}

TEST_CASE("hits are tallied by kind and by variant") {
  const Truth truth = SampleTruth();
  const Score score = RateAll(truth, {{kChainOut, kChainFar}});
  CHECK(score.by_kind.at({"direct_mix", "direct in-out"}).found == 0);
  CHECK(score.by_kind.at({"direct_mix", "direct out-in"}).found == 1);
  CHECK(score.by_variant.at({"direct_mix", "telnet-ssh"}).pairs == 1);
  CHECK(score.by_variant.at({"direct_mix", "ssh-ssh"}).found == 1);
}

TEST_CASE("nothing required and nothing alerted is a perfect score") {
  Truth truth = SampleTruth();
  truth.pairs.clear();
  const Score score = RateAll(truth, {});
  CHECK(score.precision() == 1.0);
  CHECK(score.recall() == 1.0);
}

}  // namespace
}  // namespace cairn::traces
