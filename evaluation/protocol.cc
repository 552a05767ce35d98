// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/protocol.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"

#include "evaluation/parallel/for_each_index.h"
#include "evaluation/population.h"
#include "evaluation/time_to_alert.h"

namespace cairn::evaluation {
namespace {

// Of each kind, one for so many sessions: few enough to leave a rate of 1e-3 to the strangers, and
// enough to show what they do to the lower ones.
constexpr uint32_t kSessionsPerLookAlike = 20;
// Time to alert is measured on the first sessions only: a median needs no more.
constexpr size_t kTimedSessions = 100;

// All scores of one method in one population.
struct MethodScores {
  Scores positives;
  Scores strangers;
  std::array<Scores, kLookAlikes.size()> look_alikes;
  Scores negatives;  // strangers and look-alikes
};

MethodScores Sorted(PairScores pairs, const LookAlikeScores& look_alikes) {
  MethodScores scores;
  std::vector<double> negatives = pairs.strangers;
  for (size_t kind = 0; kind < kLookAlikes.size(); ++kind) {
    negatives.insert(negatives.end(), look_alikes[kind].begin(), look_alikes[kind].end());
    scores.look_alikes[kind] = Scores(look_alikes[kind]);
  }
  scores.positives = Scores(std::move(pairs.positives));
  scores.strangers = Scores(std::move(pairs.strangers));
  scores.negatives = Scores(std::move(negatives));
  return scores;
}

// `share`: which of a set of scores are alerted.
Outcome Judge(const MethodScores& scores, const std::function<Proportion(const Scores&)>& share) {
  Outcome outcome;
  outcome.true_positives = share(scores.positives);
  outcome.false_positives = share(scores.negatives);
  outcome.of_strangers = share(scores.strangers);
  for (size_t kind = 0; kind < kLookAlikes.size(); ++kind) {
    const Proportion alerted = share(scores.look_alikes[kind]);
    outcome.by_look_alike[kind] = alerted;
    outcome.of_look_alikes.hits += alerted.hits;
    outcome.of_look_alikes.trials += alerted.trials;
  }
  return outcome;
}

MethodResult Compare(const Method& method, const MethodScores& chosen_on,
                     const MethodScores& held_out) {
  MethodResult result;
  result.method = method.name;
  for (size_t i = 0; i < kTargetRates.size(); ++i) {
    OperatingPoint& point = result.points[i];
    point.target_rate = kTargetRates[i];
    point.threshold = chosen_on.negatives.ThresholdFor(kTargetRates[i]);
    if (point.threshold.has_value()) {
      point.outcome =
          Judge(held_out, [&](const Scores& scores) { return scores.Above(*point.threshold); });
    }
    const std::optional<double> without = chosen_on.strangers.ThresholdFor(kTargetRates[i]);
    if (without.has_value()) {
      point.true_positives_without_look_alikes = held_out.positives.Above(*without);
    }
  }
  result.alert_at = method.alert_at;
  if (method.alert_at.has_value()) {
    result.at_own_threshold =
        Judge(held_out, [&](const Scores& scores) { return scores.NotBelow(*method.alert_at); });
  }
  result.roc = RocCurve(held_out.positives, held_out.negatives);
  return result;
}

// The two populations of a seed: thresholds are chosen on one, held out is the other.
std::array<uint64_t, 2> PopulationSeeds(uint64_t seed) { return {seed * 2, seed * 2 + 1}; }

class Runner {
 public:
  explicit Runner(const ProtocolOptions& options)
      : options_(options), methods_(Methods(options.needed_nats)) {}

  // The look-alikes are innocent: what attackers do does not change them.
  void SetDuration(PacketDelta duration) {
    duration_ = duration;
    const uint32_t of_each = std::max(1U, options_.sessions / kSessionsPerLookAlike);
    for (size_t i = 0; i < 2; ++i) {
      look_alikes_[i] = ScoreLookAlikes(duration, PopulationSeeds(options_.seed)[i], of_each,
                                        methods_, options_.threads);
    }
  }

  ConditionResult Run(const Condition& condition);
  std::vector<Method>&& TakeMethods() { return std::move(methods_); }

 private:
  std::vector<MethodScores> Score(const Population& population, size_t which) {
    std::vector<PairScores> pairs = ScorePairs(population, methods_, options_.threads);
    std::vector<MethodScores> scores(methods_.size());
    ForEachIndex(methods_.size(), options_.threads, [&](size_t m) {
      scores[m] = Sorted(std::move(pairs[m]), look_alikes_[which][m]);
    });
    return scores;
  }

  const ProtocolOptions& options_;
  std::vector<Method> methods_;
  PacketDelta duration_;
  std::array<std::vector<LookAlikeScores>, 2> look_alikes_;
};

ConditionResult Runner::Run(const Condition& condition) {
  const auto simulate = [&](size_t which) {
    return Simulate(condition, duration_, PopulationSeeds(options_.seed)[which], options_.sessions,
                    options_.threads);
  };
  const std::vector<MethodScores> chosen_on = Score(simulate(0), 0);
  const Population population = simulate(1);
  const std::vector<MethodScores> held_out = Score(population, 1);

  ConditionResult result;
  result.condition = condition;
  result.duration = duration_;
  result.positives = held_out.front().positives.size();
  result.strangers = held_out.front().strangers.size();
  result.look_alikes = held_out.front().negatives.size() - result.strangers;
  for (const Session& session : population.sessions) {
    result.mean_keys += static_cast<double>(session.keys.size()) / options_.sessions;
  }
  const std::span<const Session> timed(population.sessions.data(),
                                       std::min(population.sessions.size(), kTimedSessions));
  const std::vector<TimeToAlert> time_to_alert =
      MeasureTimeToAlert(timed, duration_, methods_, options_.threads);
  for (size_t m = 0; m < methods_.size(); ++m) {
    result.methods.push_back(Compare(methods_[m], chosen_on[m], held_out[m]));
    result.methods.back().time_to_alert = time_to_alert[m];
  }
  return result;
}

absl::Status CheckOptions(const ProtocolOptions& options) {
  if (options.sessions < 2 || options.sessions > kMostSessions) {
    return absl::InvalidArgumentError(
        fmt::format("{} sessions: choose 2 to {}", options.sessions, kMostSessions));
  }
  if (options.durations.empty()) return absl::InvalidArgumentError("no duration to simulate");
  for (const PacketDelta duration : options.durations) {
    if (duration < PacketDelta::FromSeconds(1) || duration > PacketDelta::FromSeconds(86400)) {
      return absl::InvalidArgumentError(
          fmt::format("a duration of {} s: choose 1 to 86400 s", duration.ToSeconds()));
    }
  }
  if (options.threads < 1) return absl::InvalidArgumentError("at least one thread is needed");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ProtocolReport> RunProtocol(
    const ProtocolOptions& options, const std::function<void(const ConditionResult&)>& progress) {
  if (absl::Status sound = CheckOptions(options); !sound.ok()) return sound;
  ProtocolReport report;
  report.options = options;
  if (options.conditions.empty()) {
    report.options.conditions.assign(Conditions().begin(), Conditions().end());
  }
  Runner runner(report.options);
  for (const PacketDelta duration : options.durations) {
    runner.SetDuration(duration);
    for (const Condition& condition : report.options.conditions) {
      report.results.push_back(runner.Run(condition));
      if (progress) progress(report.results.back());
    }
  }
  report.methods = runner.TakeMethods();
  return report;
}

}  // namespace cairn::evaluation
