// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/requester/request_queue.h"

#include <algorithm>
#include <utility>

namespace cairn::requester {
namespace {

constexpr std::chrono::seconds kMinute{60};

// In an IPv6 network of 64 bits a single host can take any address.
IpAddress NetworkOf(const IpAddress& host) {
  return host.IsV4() ? host : IpAddress::FromWords(host.high(), 0);
}

}  // namespace

bool RequestQueue::Submit(const Ask& ask) {
  if (waiting_.size() + under_way_.size() >= options_.max_queued) return false;
  const IpAddress network = NetworkOf(ask.host);
  const auto queued = queued_of_.find(network);
  if (queued != queued_of_.end() && queued->second >= options_.max_queued_per_host) return false;
  ++queued_of_[network];
  waiting_.push_back({.ask = ask, .attempts = 0, .not_before = {}});
  return true;
}

void RequestQueue::Start(Clock::time_point now) {
  if (waiting_.empty()) return;
  ForgetOldStarts(now);
  for (auto next = waiting_.begin();
       next != waiting_.end() && under_way_.size() < options_.max_concurrent;) {
    const IpAddress host = next->ask.host;
    if (now < next->not_before || IsBusy(host) || NextTurnOf(host).has_value()) {
      ++next;
      continue;
    }
    starts_.emplace_back(now, host);
    starts_of_[host].push_back(now);
    ++under_way_of_[NetworkOf(host)];
    under_way_.push_back({Exchange(options_, next->ask, now), next->attempts + 1});
    next = waiting_.erase(next);
  }
}

// Whether as many requests to it are under way as may be; the end of one makes room.
bool RequestQueue::IsBusy(const IpAddress& host) const {
  const auto found = under_way_of_.find(NetworkOf(host));
  return found != under_way_of_.end() && found->second >= options_.max_concurrent_per_host;
}

void RequestQueue::Leave(std::map<IpAddress, uint32_t>& counts, const IpAddress& host) {
  const auto found = counts.find(NetworkOf(host));
  if (found != counts.end() && --found->second == 0) counts.erase(found);
}

// When the host may be asked; unset: now.
std::optional<RequestQueue::Clock::time_point> RequestQueue::NextTurnOf(
    const IpAddress& host) const {
  if (starts_.size() >= kMostStarts) return starts_.front().first + kMinute;
  const auto found = starts_of_.find(host);
  if (found == starts_of_.end() || found->second.size() < options_.max_per_host_minute) {
    return std::nullopt;
  }
  return found->second.front() + kMinute;
}

void RequestQueue::ForgetOldStarts(Clock::time_point now) {
  while (!starts_.empty() && now - starts_.front().first >= kMinute) {
    const auto found = starts_of_.find(starts_.front().second);
    found->second.pop_front();
    if (found->second.empty()) starts_of_.erase(found);
    starts_.pop_front();
  }
}

void RequestQueue::AppendPolled(std::vector<pollfd>& polled) const {
  for (const UnderWay& each : under_way_) {
    polled.push_back(
        {.fd = each.exchange.descriptor(), .events = each.exchange.events(), .revents = 0});
  }
}

void RequestQueue::Step(Clock::time_point now, std::span<const pollfd> polled) {
  for (size_t i = 0; i < under_way_.size(); ++i) {
    Exchange& exchange = under_way_[i].exchange;
    const bool ready = i < polled.size() && polled[i].revents != 0;
    if (ready || now >= exchange.deadline()) exchange.Step(now);
    if (exchange.Done()) Retire(under_way_[i], now);
  }
  std::erase_if(under_way_, [](const UnderWay& each) { return each.exchange.Done(); });
}

void RequestQueue::Retire(UnderWay& done, Clock::time_point now) {
  Outcome outcome = done.exchange.outcome();
  outcome.attempts = done.attempts;
  Leave(under_way_of_, outcome.ask.host);
  // What a host may have read already would be a loop to it the second time.
  const bool may_repeat = !done.exchange.was_sent() || !IsRecursive(outcome.ask.request.type);
  if (IsPassing(outcome.result) && may_repeat && done.attempts <= options_.retries) {
    const std::chrono::nanoseconds delay(options_.retry_delay.ToNanoseconds());
    waiting_.push_back(
        {.ask = outcome.ask, .attempts = done.attempts, .not_before = now + delay * done.attempts});
    return;
  }
  Leave(queued_of_, outcome.ask.host);
  outcomes_.push_back(std::move(outcome));
}

std::optional<RequestQueue::Clock::time_point> RequestQueue::NextDeadline() const {
  std::optional<Clock::time_point> first;
  const auto consider = [&first](Clock::time_point time) {
    if (!first.has_value() || time < *first) first = time;
  };
  for (const UnderWay& each : under_way_) {
    consider(each.exchange.Done() ? Clock::time_point::min() : each.exchange.deadline());
  }
  if (under_way_.size() >= options_.max_concurrent) return first;
  for (const Waiting& each : waiting_) {
    if (IsBusy(each.ask.host)) continue;
    const auto turn = NextTurnOf(each.ask.host);
    consider(turn.has_value() ? std::max(each.not_before, *turn) : each.not_before);
  }
  return first;
}

std::vector<Outcome> RequestQueue::Take() { return std::exchange(outcomes_, {}); }

}  // namespace cairn::requester
