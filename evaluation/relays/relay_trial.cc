// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/relays/relay_trial.h"

#include <cmath>

#include "detector/correlator/relays/centred_sums.h"
#include "detector/correlator/relays/connection_signs.h"
#include "detector/correlator/relays/published_sums.h"

namespace cairn::evaluation {
namespace {

constexpr PacketDelta kMinute = PacketDelta::FromSeconds(60);
constexpr uint32_t kMinutes = 5;
constexpr uint32_t kHalfHourMinutes = 30;
constexpr uint32_t kHalfHour = 2;
constexpr uint32_t kOneMinute = 0;  // of relays::kWindowMinutes
constexpr uint32_t kFiveMinutes = 1;
constexpr unsigned kServerSide = 1;

relays::Role RoleOf(const relays::FlowActivity& activity) {
  return activity.client_side == kServerSide ? relays::Role::kOpened : relays::Role::kAccepted;
}

}  // namespace

AdaptiveOutcome PlayAdaptive(std::span<const relays::FlowActivity> activities,
                             const relays::Options& options, uint32_t minutes) {
  AdaptiveOutcome outcome;
  if (activities.empty()) return outcome;
  const relays::Decay decay(options.slot);
  relays::CentredSums sums(options, decay);
  const int64_t minute_ns = kMinute.ToNanoseconds();
  const int64_t first_ns = activities.front().time.ToNanoseconds();
  PacketTime minute_end = PacketTime::FromNanoseconds(first_ns - first_ns % minute_ns) + kMinute;
  uint32_t passed = 0;
  const auto end_minute = [&] {
    sums.AdvanceTo(minute_end);
    if (passed == 0) outcome.first_minute = sums.Score(kOneMinute).nats;
    sums.Clear(kOneMinute);
    minute_end = minute_end + kMinute;
    ++passed;
    if (passed == kMinutes) outcome.five_minutes = sums.Score(kFiveMinutes).nats;
    if (passed == kHalfHourMinutes) outcome.half_hour = sums.Score(kHalfHour).nats;
  };
  for (const relays::FlowActivity& activity : activities) {
    while (activity.time >= minute_end && passed < minutes) end_minute();
    if (passed >= minutes) break;
    sums.Add(activity, activity.flow != kServerSide, RoleOf(activity),
             activity.end[1 - kServerSide].ip);
  }
  while (passed < minutes) end_minute();
  return outcome;
}

PublishedOutcome PlayPublished(std::span<const relays::FlowActivity> activities,
                               const relays::Options& options, bool all) {
  PublishedOutcome outcome;
  relays::PublishedSums sums(options);
  relays::ConnectionSigns signs(options);
  const double needed = -std::log(options.false_alarm_probability);
  for (const relays::FlowActivity& activity : activities) {
    signs.Set(activity.uid, RoleOf(activity), 0);
    const auto decision =
        sums.Add(activity, activity.flow != kServerSide, signs.incoming(), signs.outgoing());
    if (!decision.has_value()) continue;
    if (!outcome.first.has_value()) {
      outcome.first = decision->nats;
      outcome.after = activity.time - activities.front().time;
    }
    ++outcome.decisions;
    if (decision->nats >= needed) ++outcome.alarms;
    if (!all) break;
  }
  return outcome;
}

}  // namespace cairn::evaluation
