// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/alerts/alert_requests.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "fmt/format.h"

namespace cairn::alerts {
namespace {

PacketTime Now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return PacketTime::FromNanoseconds(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

// The request as it goes out, without its end.
std::string LineOf(const stop::Request& request) {
  std::string line = stop::FormatRequest(request);
  line.resize(line.size() - 2);
  return line;
}

}  // namespace

AlertRequests::AlertRequests(const Options& options, const PrefixSet& protected_networks)
    : options_(options),
      networks_(options.allowed_networks.empty() ? protected_networks : options.allowed_networks),
      requester_(options.ask) {}

template <typename Pair>
void AlertRequests::ConsiderPair(Trigger trigger, const Pair& pair, bool is_allowed) {
  Consider(trigger, {.time = pair.time,
                     .alert_id = pair.alert_id,
                     .upstream = pair.upstream,
                     .downstream = pair.downstream,
                     .is_allowed = is_allowed});
}

void AlertRequests::Observe(const Event& event) {
  if (const auto* stone = std::get_if<SteppingStone>(&event)) {
    Consider(Trigger::kSteppingStone, {.time = stone->time,
                                       .alert_id = stone->alert_id,
                                       .upstream = stone->upstream,
                                       .downstream = stone->downstream,
                                       .is_allowed = stone->policy.has_value(),
                                       .revision = stone->revision});
  } else if (const auto* exposure = std::get_if<Exposure>(&event)) {
    ConsiderPair(Trigger::kExposure, *exposure, exposure->policy.has_value());
  } else if (const auto* messages = std::get_if<MessageRelay>(&event)) {
    ConsiderPair(Trigger::kMessageRelay, *messages, false);
  } else if (const auto* unjudged = std::get_if<Unjudged>(&event)) {
    ConsiderPair(Trigger::kUnjudged, *unjudged, unjudged->policy.has_value());
  } else if (const auto* relay = std::get_if<RelayNode>(&event)) {
    // The first is what contributes most; the others are guesses.
    if (relay->flows.empty()) return;
    Consider(Trigger::kRelayNode, {.time = relay->time,
                                   .alert_id = relay->alert_id,
                                   .upstream = relay->flows.front().upstream,
                                   .downstream = relay->flows.front().downstream,
                                   .is_allowed = relay->policy.has_value()});
  }
}

void AlertRequests::Consider(Trigger trigger, const Suspect& suspect) {
  const auto& wanted = options_.events;
  if (std::find(wanted.begin(), wanted.end(), trigger) == wanted.end()) return;
  if (suspect.is_allowed && !options_.allowed_alerts) return;
  if (!IsNew(suspect)) return;
  const uint32_t session_id = random_();
  Ask(suspect, Side::kDownstream, session_id);
  // Upstream comes from outside most of the time: that it may not be asked is no news.
  const IpAddress upstream = suspect.upstream.orig.ip;
  if (networks_.Contains(upstream)) Ask(suspect, Side::kUpstream, session_id);
}

bool AlertRequests::IsNew(const Suspect& suspect) {
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

void AlertRequests::Ask(const Suspect& suspect, Side side, uint32_t session_id) {
  const ConnectionSummary& connection =
      side == Side::kDownstream ? suspect.downstream : suspect.upstream;
  const stop::Request request = {
      .ports = {.local = connection.orig.port, .remote = connection.resp.port},
      .type = options_.type,
      .session_id = session_id,
      .about = connection.resp.ip};
  HostAsked asked = {.time = suspect.time,
                     .alert_id = suspect.alert_id,
                     .revision = suspect.revision,
                     .about = side == Side::kDownstream ? "downstream" : "upstream",
                     .host = connection.orig.ip,
                     .request = LineOf(request)};
  if (!networks_.Contains(asked.host)) {
    asked.ended = Now();
    ended_.emplace_back(StopFailed{.asked = std::move(asked),
                                   .reason = "not_allowed",
                                   .detail = "the host is not in traceback.allowed_networks"});
    return;
  }
  const uint64_t tag = next_tag_++;
  if (!requester_.Submit({.tag = tag, .host = asked.host, .request = request})) {
    asked.ended = Now();
    ended_.emplace_back(StopFailed{.asked = std::move(asked),
                                   .reason = "queue_full",
                                   .detail = "traceback.max_queued requests were waiting"});
    return;
  }
  open_.emplace(tag, std::move(asked));
}

std::vector<TracebackEvent> AlertRequests::Take() {
  for (const requester::Outcome& outcome : requester_.Take()) {
    const auto found = open_.find(outcome.ask.tag);
    if (found == open_.end()) continue;
    HostAsked asked = std::move(found->second);
    open_.erase(found);
    ended_.push_back(EventOf(std::move(asked), outcome));
  }
  return std::exchange(ended_, {});
}

TracebackEvent AlertRequests::EventOf(HostAsked asked, const requester::Outcome& outcome) {
  asked.attempts = outcome.attempts;
  asked.ended = Now();
  if (outcome.result != requester::Result::kAnswered) {
    return StopFailed{.asked = std::move(asked),
                      .reason = std::string(requester::ResultName(outcome.result)),
                      .detail = outcome.detail};
  }
  if (!outcome.reply.error.empty()) {
    return StopFailed{.asked = std::move(asked),
                      .reason = "error",
                      .detail = fmt::format("the host answered {}", outcome.reply.error)};
  }
  if (outcome.reply.system != stop::kOtherSystem || !stop::IsToken(outcome.reply.user)) {
    return StopFailed{.asked = std::move(asked),
                      .reason = "malformed",
                      .detail = "the host answered a name, not a token"};
  }
  return StopToken{.asked = std::move(asked), .token = outcome.reply.user};
}

std::chrono::nanoseconds AlertRequests::Patience() const {
  const requester::Options& ask = options_.ask;
  const PacketDelta attempts =
      (ask.connect_timeout + ask.reply_timeout + ask.retry_delay * int64_t{ask.retries}) *
      (int64_t{ask.retries} + 1);
  return std::chrono::nanoseconds(attempts.ToNanoseconds());
}

std::vector<TracebackEvent> AlertRequests::GiveUp() {
  std::vector<std::pair<uint64_t, HostAsked>> left(open_.begin(), open_.end());
  open_.clear();
  std::sort(left.begin(), left.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<TracebackEvent> events;
  for (auto& [tag, asked] : left) {
    asked.ended = Now();
    events.emplace_back(StopFailed{.asked = std::move(asked),
                                   .reason = "unfinished",
                                   .detail = "the run ended before the host answered"});
  }
  return events;
}

}  // namespace cairn::alerts
