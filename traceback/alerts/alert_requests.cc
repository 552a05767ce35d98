// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/alerts/alert_requests.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "fmt/format.h"

#include "base/wall_clock.h"

namespace cairn::alerts {
namespace {

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
      sieve_(options),
      requester_(options.ask) {}

void AlertRequests::Observe(const Event& event) {
  const std::optional<Suspect> suspect = SuspectOf(event);
  if (suspect.has_value() && sieve_.Takes(*suspect)) Ask(*suspect);
}

void AlertRequests::Ask(const Suspect& suspect) {
  const uint32_t session_id = random_();
  Ask(suspect, Side::kDownstream, session_id);
  // Upstream comes from outside most of the time: that it may not be asked is no news.
  const IpAddress upstream = suspect.upstream.orig.ip;
  if (networks_.Contains(upstream)) Ask(suspect, Side::kUpstream, session_id);
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
    asked.ended = WallTime();
    ended_.emplace_back(StopFailed{.asked = std::move(asked),
                                   .reason = "not_allowed",
                                   .detail = "the host is not in traceback.allowed_networks"});
    return;
  }
  const uint64_t tag = next_tag_++;
  if (!requester_.Submit({.tag = tag, .host = asked.host, .request = request})) {
    asked.ended = WallTime();
    ended_.emplace_back(StopFailed{.asked = std::move(asked),
                                   .reason = "queue_full",
                                   .detail = "traceback.max_queued requests were unanswered"});
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
  asked.ended = WallTime();
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
  return ToChrono(attempts);
}

std::vector<TracebackEvent> AlertRequests::GiveUp() {
  std::vector<std::pair<uint64_t, HostAsked>> left(open_.begin(), open_.end());
  open_.clear();
  std::sort(left.begin(), left.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<TracebackEvent> events;
  for (auto& [tag, asked] : left) {
    asked.ended = WallTime();
    events.emplace_back(StopFailed{.asked = std::move(asked),
                                   .reason = "unfinished",
                                   .detail = "the run ended before the host answered"});
  }
  return events;
}

}  // namespace cairn::alerts
