// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/alerts/suspect.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "fmt/format.h"

namespace cairn::alerts {
namespace {

// What all alerts about two connections have.
template <typename Pair>
Suspect OfPair(Trigger trigger, const Pair& pair) {
  return {.trigger = trigger,
          .time = pair.time,
          .alert_id = pair.alert_id,
          .stone = pair.host,
          .upstream = pair.upstream,
          .downstream = pair.downstream};
}

}  // namespace

std::optional<Suspect> SuspectOf(const Event& event) {
  if (const auto* stone = std::get_if<SteppingStone>(&event)) {
    Suspect suspect = OfPair(Trigger::kSteppingStone, *stone);
    suspect.revision = stone->revision;
    suspect.chain = stone->chain;
    suspect.is_allowed = stone->policy.has_value();
    return suspect;
  }
  if (const auto* exposure = std::get_if<Exposure>(&event)) {
    Suspect suspect = OfPair(Trigger::kExposure, *exposure);
    suspect.chain = exposure->chain;
    suspect.is_allowed = exposure->policy.has_value();
    return suspect;
  }
  if (const auto* messages = std::get_if<MessageRelay>(&event)) {
    return OfPair(Trigger::kMessageRelay, *messages);
  }
  if (const auto* unjudged = std::get_if<Unjudged>(&event)) {
    Suspect suspect = OfPair(Trigger::kUnjudged, *unjudged);
    suspect.is_allowed = unjudged->policy.has_value();
    return suspect;
  }
  if (const auto* relay = std::get_if<RelayNode>(&event)) {
    // The first is what contributes most; the others are guesses.
    if (relay->flows.empty()) return std::nullopt;
    return Suspect{.trigger = Trigger::kRelayNode,
                   .time = relay->time,
                   .alert_id = relay->alert_id,
                   .stone = relay->host,
                   .upstream = relay->flows.front().upstream,
                   .downstream = relay->flows.front().downstream,
                   .is_allowed = relay->policy.has_value()};
  }
  return std::nullopt;
}

HostConnection WayOn(const Suspect& suspect) {
  const ConnectionSummary& way = suspect.downstream;
  if (suspect.stone.has_value() && way.orig.ip != *suspect.stone && way.resp.ip == *suspect.stone) {
    return {.local = way.resp, .remote = way.orig};
  }
  return {.local = way.orig, .remote = way.resp};
}

bool SuspectSieve::Takes(const Suspect& suspect) {
  if (std::find(events_.begin(), events_.end(), suspect.trigger) == events_.end()) return false;
  if (suspect.is_allowed && !allowed_alerts_) return false;
  std::string name = suspect.revision == 1
                         ? suspect.alert_id
                         : fmt::format("{}/{}", suspect.alert_id, suspect.revision);
  if (!seen_.insert(name).second) return false;
  seen_order_.push_back(std::move(name));
  if (seen_order_.size() > kMostAlerts) {
    seen_.erase(seen_order_.front());
    seen_order_.pop_front();
  }
  return true;
}

}  // namespace cairn::alerts
