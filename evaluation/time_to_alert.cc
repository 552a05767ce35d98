// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/time_to_alert.h"

#include <algorithm>
#include <optional>

#include "evaluation/flow.h"
#include "evaluation/parallel/for_each_index.h"

namespace cairn::evaluation {
namespace {

// By method.
using FirstAlerts = std::vector<std::optional<PacketTime>>;

PacketDelta StepOf(PacketDelta duration) {
  constexpr int64_t kSteps = 120;
  return std::max(PacketDelta::FromSeconds(1),
                  PacketDelta::FromNanoseconds(duration.ToNanoseconds() / kSteps));
}

FirstAlerts FindFirstAlerts(const Session& session, PacketDelta duration,
                            std::span<const Method> methods) {
  FirstAlerts first(methods.size());
  const PacketDelta step = StepOf(duration);
  LegObserver upstream_leg(session.upstream);
  LegObserver downstream_leg(session.downstream);
  for (PacketTime now = kSessionStart + step; now <= kSessionStart + duration; now = now + step) {
    const ObservedLeg upstream = upstream_leg.Until(now);
    const ObservedLeg downstream = downstream_leg.Until(now);
    const FlowPair pair(upstream, downstream);
    bool missing = false;
    for (size_t m = 0; m < methods.size(); ++m) {
      if (first[m].has_value() || !methods[m].alert_at.has_value()) continue;
      if (methods[m].score(pair) >= *methods[m].alert_at) {
        first[m] = now;
      } else {
        missing = true;
      }
    }
    if (!missing) break;
  }
  return first;
}

// Of an ascending, non-empty list.
template <typename T>
T Quantile(const std::vector<T>& ascending, size_t percent) {
  return ascending[(ascending.size() - 1) * percent / 100];
}

}  // namespace

std::vector<TimeToAlert> MeasureTimeToAlert(std::span<const Session> sessions, PacketDelta duration,
                                            std::span<const Method> methods, int threads) {
  std::vector<FirstAlerts> first(sessions.size());
  ForEachIndex(sessions.size(), threads,
               [&](size_t i) { first[i] = FindFirstAlerts(sessions[i], duration, methods); });
  std::vector<TimeToAlert> result(methods.size());
  for (size_t m = 0; m < methods.size(); ++m) {
    std::vector<PacketDelta> times;
    std::vector<uint64_t> keys;
    for (size_t i = 0; i < sessions.size(); ++i) {
      if (!first[i][m].has_value()) continue;
      times.push_back(*first[i][m] - kSessionStart);
      const FlowTimes& struck = sessions[i].keys;
      keys.push_back(static_cast<uint64_t>(
          std::lower_bound(struck.begin(), struck.end(), *first[i][m]) - struck.begin()));
    }
    result[m].alerted = {times.size(), sessions.size()};
    if (times.empty()) continue;
    std::sort(times.begin(), times.end());
    std::sort(keys.begin(), keys.end());
    result[m].median = Quantile(times, 50);
    result[m].p90 = Quantile(times, 90);
    result[m].median_keys = Quantile(keys, 50);
  }
  return result;
}

}  // namespace cairn::evaluation
