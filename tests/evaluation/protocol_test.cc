// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/protocol.h"

#include "catch2/catch.hpp"

#include "evaluation/population.h"
#include "evaluation/report.h"
#include "tests/evaluation/sample_flows.h"

namespace cairn::evaluation {
namespace {

ProtocolOptions Small(const std::vector<std::string>& conditions) {
  ProtocolOptions options;
  options.sessions = 60;
  options.durations = {PacketDelta::FromSeconds(300)};
  for (const std::string& name : conditions) options.conditions.push_back(Named(name));
  options.threads = 2;
  return options;
}

const MethodResult& ResultOf(const ConditionResult& result, const std::string& method) {
  for (const MethodResult& each : result.methods) {
    if (each.method == method) return each;
  }
  throw std::out_of_range(method);
}

TEST_CASE("clean sessions are all found at 1e-3") {
  const absl::StatusOr<ProtocolReport> report = RunProtocol(Small({"clean"}));
  REQUIRE(report.ok());
  REQUIRE(report->results.size() == 1);
  const OperatingPoint& clean = ResultOf(report->results[0], "onset").points[1];
  CHECK(clean.target_rate == 1e-3);
  REQUIRE(clean.threshold.has_value());
  CHECK(clean.outcome.true_positives.hits == 60);
  CHECK(ResultOf(report->results[0], "onset").at_own_threshold.true_positives.hits == 60);
}

TEST_CASE("padded sessions are never found") {
  ProtocolOptions options = Small({"padding-100ms"});
  options.sessions = 15;
  const absl::StatusOr<ProtocolReport> report = RunProtocol(options);
  REQUIRE(report.ok());
  for (const MethodResult& method : report->results[0].methods) {
    INFO(method.method);
    CHECK(method.points[0].outcome.true_positives.Share() < 0.2);
    CHECK(method.at_own_threshold.true_positives.hits == 0);
    CHECK_FALSE(method.time_to_alert.median.has_value());
  }
}

TEST_CASE("every pair of different sessions is a negative, and look-alikes are told apart") {
  const absl::StatusOr<ProtocolReport> report = RunProtocol(Small({"clean"}));
  REQUIRE(report.ok());
  const ConditionResult& result = report->results.front();
  CHECK(result.positives == 60);
  CHECK(result.strangers == 60 * 59);
  CHECK(result.look_alikes == 6 * 3);
  for (const MethodResult& method : result.methods) {
    const Outcome& outcome = method.points[0].outcome;
    CHECK(outcome.false_positives.trials == result.strangers + result.look_alikes);
    CHECK(outcome.false_positives.hits == outcome.of_strangers.hits + outcome.of_look_alikes.hits);
    // 3558 negatives cannot show a rate of 1e-4.
    CHECK_FALSE(method.points[2].threshold.has_value());
  }
}

TEST_CASE("thresholds come from one population and are held against another") {
  const ProtocolOptions options = Small({"delay-2s"});
  const absl::StatusOr<ProtocolReport> report = RunProtocol(options);
  REQUIRE(report.ok());
  const MethodResult& method = ResultOf(report->results.front(), "onset-forward");
  REQUIRE(method.points[1].threshold.has_value());

  // The same populations by hand.
  const std::vector<Method> methods = Methods(options.needed_nats);
  const size_t index = 3;
  REQUIRE(methods[index].name == "onset-forward");
  const auto scores = [&](uint64_t seed) {
    const Population population =
        Simulate(options.conditions[0], options.durations[0], seed, options.sessions, 1);
    const LookAlikeScores look_alikes =
        ScoreLookAlikes(options.durations[0], seed, 3, methods, 1)[index];
    PairScores pairs = ScorePairs(population, methods, 1)[index];
    for (const std::vector<double>& of_kind : look_alikes) {
      pairs.strangers.insert(pairs.strangers.end(), of_kind.begin(), of_kind.end());
    }
    return pairs;
  };
  const PairScores chosen_on = scores(options.seed * 2);
  const PairScores held_out = scores(options.seed * 2 + 1);
  const double threshold = *Scores(chosen_on.strangers).ThresholdFor(1e-3);
  CHECK(*method.points[1].threshold == threshold);
  CHECK(*Scores(held_out.strangers).ThresholdFor(1e-3) != threshold);
  CHECK(method.points[1].outcome.true_positives.hits ==
        Scores(held_out.positives).Above(threshold).hits);
  CHECK(method.points[1].outcome.false_positives.hits ==
        Scores(held_out.strangers).Above(threshold).hits);
}

TEST_CASE("the report does not depend on the number of threads, and does on the seed") {
  ProtocolOptions options = Small({"chaff-1x", "openssh"});
  options.sessions = 20;
  options.durations = {PacketDelta::FromSeconds(30), PacketDelta::FromSeconds(60)};
  options.threads = 1;
  const std::string one = FormatReport(*RunProtocol(options), ProtocolFormat::kJson);
  options.threads = 5;
  CHECK(FormatReport(*RunProtocol(options), ProtocolFormat::kJson) == one);
  options.seed = 2;
  CHECK(FormatReport(*RunProtocol(options), ProtocolFormat::kJson) != one);
}

TEST_CASE("an alert comes the later, the more evidence is needed, and counts the keys until then") {
  ProtocolOptions options = Small({"clean"});
  options.sessions = 20;
  const absl::StatusOr<ProtocolReport> soon = RunProtocol(options);
  options.needed_nats = 60;
  const absl::StatusOr<ProtocolReport> late = RunProtocol(options);
  REQUIRE(soon.ok());
  REQUIRE(late.ok());
  const TimeToAlert& early = ResultOf(soon->results.front(), "onset").time_to_alert;
  const TimeToAlert& later = ResultOf(late->results.front(), "onset").time_to_alert;
  REQUIRE(early.median.has_value());
  REQUIRE(later.median.has_value());
  CHECK(*early.median < *later.median);
  CHECK(*early.median <= *early.p90);
  CHECK(*early.median_keys > 0);
  CHECK(*early.median_keys < *later.median_keys);
}

TEST_CASE("progress is told after each result") {
  ProtocolOptions options = Small({"clean", "split"});
  options.sessions = 2;
  std::vector<std::string> told;
  REQUIRE(RunProtocol(options, [&](const ConditionResult& result) {
            told.push_back(result.condition.name);
          }).ok());
  CHECK(told == std::vector<std::string>{"clean", "split"});
}

TEST_CASE("what cannot be simulated is refused") {
  const auto refused = [](const std::function<void(ProtocolOptions&)>& change) {
    ProtocolOptions options = Small({"clean"});
    options.sessions = 2;
    change(options);
    return absl::IsInvalidArgument(RunProtocol(options).status());
  };
  CHECK_FALSE(refused([](ProtocolOptions&) {}));
  CHECK(refused([](ProtocolOptions& options) { options.sessions = 1; }));
  CHECK(refused([](ProtocolOptions& options) { options.sessions = kMostSessions + 1; }));
  CHECK(refused([](ProtocolOptions& options) { options.durations.clear(); }));
  CHECK(refused(
      [](ProtocolOptions& options) { options.durations = {PacketDelta::FromMilliseconds(999)}; }));
  CHECK(refused([](ProtocolOptions& options) { options.threads = 0; }));
}

}  // namespace
}  // namespace cairn::evaluation
