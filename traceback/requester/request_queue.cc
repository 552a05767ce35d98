// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/requester/request_queue.h"

#include <algorithm>
#include <utility>

namespace cairn::requester {
namespace {

constexpr std::chrono::seconds kMinute{60};

}  // namespace

bool RequestQueue::Submit(const Ask& ask) {
  if (waiting_.size() >= options_.max_queued) return false;
  waiting_.push_back({.ask = ask, .attempts = 0, .not_before = {}});
  return true;
}

void RequestQueue::Start(Clock::time_point now) {
  if (waiting_.empty()) return;
  ForgetOldStarts(now);
  for (auto next = waiting_.begin();
       next != waiting_.end() && under_way_.size() < options_.max_concurrent;) {
    if (now < next->not_before || !MayAsk(next->ask.host)) {
      ++next;
      continue;
    }
    starts_[next->ask.host].push_back(now);
    under_way_.push_back({Exchange(options_, next->ask, now), next->attempts + 1});
    next = waiting_.erase(next);
  }
}

bool RequestQueue::MayAsk(const IpAddress& host) {
  const auto found = starts_.find(host);
  return found == starts_.end() || found->second.size() < options_.max_per_host_minute;
}

void RequestQueue::ForgetOldStarts(Clock::time_point now) {
  for (auto& [host, starts] : starts_) {
    while (!starts.empty() && now - starts.front() >= kMinute) starts.pop_front();
  }
  std::erase_if(starts_, [](const auto& entry) { return entry.second.empty(); });
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
  // What a host may have read already would be a loop to it the second time.
  const bool may_repeat = !done.exchange.was_sent() || !IsRecursive(outcome.ask.request.type);
  if (IsPassing(outcome.result) && may_repeat && done.attempts <= options_.retries) {
    const std::chrono::nanoseconds delay(options_.retry_delay.ToNanoseconds());
    waiting_.push_back(
        {.ask = outcome.ask, .attempts = done.attempts, .not_before = now + delay * done.attempts});
    return;
  }
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
    Clock::time_point ready = each.not_before;
    if (const auto found = starts_.find(each.ask.host);
        found != starts_.end() && found->second.size() >= options_.max_per_host_minute) {
      ready = std::max(ready, found->second.front() + kMinute);
    }
    consider(ready);
  }
  return first;
}

std::vector<Outcome> RequestQueue::Take() { return std::exchange(outcomes_, {}); }

}  // namespace cairn::requester
