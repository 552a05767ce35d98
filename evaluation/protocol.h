// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_PROTOCOL_H_
#define CAIRN_EVALUATION_PROTOCOL_H_

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "base/time.h"
#include "evaluation/condition.h"
#include "evaluation/look_alikes.h"
#include "evaluation/method.h"
#include "evaluation/rates.h"

namespace cairn::evaluation {

// Scores every method under every condition.
//
// Two populations of sessions are simulated for each condition and duration.  In each, the upstream
// connection of a session with its own downstream connection is a positive, with that of any other
// session a negative; the look-alikes are negatives, too.  Thresholds are chosen on the negatives
// of the first population and held against the second: no score is judged by a threshold that it
// had a part in.

struct ProtocolOptions {
  uint32_t sessions = 600;  // in each population; gives sessions * (sessions - 1) negatives
  std::vector<PacketDelta> durations = {PacketDelta::FromSeconds(30), PacketDelta::FromSeconds(120),
                                        PacketDelta::FromSeconds(600)};
  std::vector<Condition> conditions;  // empty: all
  uint64_t seed = 1;
  int threads = 1;  // the result does not depend on it
  double needed_nats = 20;
};

inline constexpr std::array<double, 4> kTargetRates = {1e-2, 1e-3, 1e-4, 1e-5};

using ByLookAlike = std::array<Proportion, kLookAlikes.size()>;

// How a method fares at one threshold.  Held out: of the second population.
struct Outcome {
  Proportion true_positives;
  Proportion false_positives;  // of all negatives
  Proportion of_strangers;     // of those that are cross pairs
  Proportion of_look_alikes;   // of the others
  ByLookAlike by_look_alike;
};

struct OperatingPoint {
  double target_rate = 0;
  // Unset: the first population is too small to show the rate.  The outcome then says nothing.
  std::optional<double> threshold;
  Outcome outcome;
  // The threshold chosen without the look-alikes: what they cost.
  Proportion true_positives_without_look_alikes;
};

// How soon a session is alerted, from its start; looked at in steps of 1 s and of 1/120 of the
// duration, whichever is longer.  Quantiles are those of the alerted sessions, unset without any.
struct TimeToAlert {
  Proportion alerted;
  std::optional<PacketDelta> median;
  std::optional<PacketDelta> p90;
  std::optional<uint64_t> median_keys;  // that the person had struck by then
};

struct MethodResult {
  std::string method;
  std::array<OperatingPoint, kTargetRates.size()> points;
  // At the method's own threshold, where it has one.
  std::optional<double> alert_at;
  Outcome at_own_threshold;
  TimeToAlert time_to_alert;
  std::vector<RocPoint> roc;  // of the second population
};

struct ConditionResult {
  Condition condition;
  PacketDelta duration;
  uint64_t positives = 0;  // in each population
  uint64_t strangers = 0;
  uint64_t look_alikes = 0;
  double mean_keys = 0;  // of a session
  std::vector<MethodResult> methods;
};

struct ProtocolReport {
  ProtocolOptions options;  // with the conditions that were run
  std::vector<Method> methods;
  std::vector<ConditionResult> results;  // by duration, then in the order of the conditions
};

// `progress` is called after each result, from this thread.  InvalidArgument: fewer than two
// sessions, or more than kMostSessions; no duration, or one that is not within 1 s to a day; no
// thread.  Cost: for each condition and duration, 2 * sessions^2 times what the methods take.
// Memory: about 40 bytes for each pair and method.
inline constexpr uint32_t kMostSessions = 2000;
absl::StatusOr<ProtocolReport> RunProtocol(
    const ProtocolOptions& options,
    const std::function<void(const ConditionResult&)>& progress = nullptr);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_PROTOCOL_H_
