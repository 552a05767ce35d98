// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/requester/requester.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace cairn::requester {
namespace {

constexpr std::chrono::seconds kMinute{60};
constexpr int kNever = -1;

}  // namespace

Requester::Requester(const Options& options)
    : options_(options),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      thread_([this] { Run(); }) {}

Requester::~Requester() {
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
  }
  Wake();
  thread_.join();
  if (wake_ >= 0) close(wake_);
}

void Requester::Wake() const {
  const uint64_t one = 1;
  // Full means that the thread will wake up anyway.
  static_cast<void>(!write(wake_, &one, sizeof(one)));
}

bool Requester::Submit(const Ask& ask) {
  {
    const std::scoped_lock lock(mutex_);
    if (waiting_.size() + outcomes_.size() >= options_.max_queued) {
      ++counters_.refused;
      return false;
    }
    ++counters_.submitted;
    ++unfinished_;
    waiting_.push_back({.ask = ask, .attempts = 0, .not_before = {}});
  }
  Wake();
  return true;
}

std::vector<Outcome> Requester::Take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(outcomes_, {});
}

bool Requester::WaitUntil(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return ended_.wait_until(lock, deadline, [this] { return unfinished_ == 0; });
}

Counters Requester::counters() const {
  const std::scoped_lock lock(mutex_);
  return counters_;
}

void Requester::Run() {
  std::vector<pollfd> polled;
  while (true) {
    Clock::time_point now = Clock::now();
    int timeout_ms = 0;
    {
      const std::scoped_lock lock(mutex_);
      if (stop_) return;
      StartSome(now);
      timeout_ms = PollTimeoutMs(now);
    }
    polled.assign(1, {.fd = wake_, .events = POLLIN, .revents = 0});
    for (const UnderWay& each : under_way_) {
      polled.push_back(
          {.fd = each.exchange.descriptor(), .events = each.exchange.events(), .revents = 0});
    }
    poll(polled.data(), polled.size(), timeout_ms);
    uint64_t wakes = 0;
    static_cast<void>(!read(wake_, &wakes, sizeof(wakes)));
    now = Clock::now();
    for (size_t i = 0; i < under_way_.size(); ++i) {
      Exchange& exchange = under_way_[i].exchange;
      if (polled[i + 1].revents != 0 || now >= exchange.deadline()) exchange.Step(now);
    }
    const std::scoped_lock lock(mutex_);
    for (UnderWay& each : under_way_) {
      if (each.exchange.Done()) Retire(each, now);
    }
    std::erase_if(under_way_, [](const UnderWay& each) { return each.exchange.Done(); });
  }
}

// Requires: locked.
void Requester::StartSome(Clock::time_point now) {
  for (auto next = waiting_.begin();
       next != waiting_.end() && under_way_.size() < options_.max_concurrent;) {
    if (now < next->not_before || !MayAsk(next->ask.host, now)) {
      ++next;
      continue;
    }
    starts_[next->ask.host].push_back(now);
    under_way_.push_back({Exchange(options_, next->ask, now), next->attempts + 1});
    next = waiting_.erase(next);
  }
}

bool Requester::MayAsk(const IpAddress& host, Clock::time_point now) {
  ForgetOldStarts(now);
  const auto found = starts_.find(host);
  return found == starts_.end() || found->second.size() < options_.max_per_host_minute;
}

void Requester::ForgetOldStarts(Clock::time_point now) {
  for (auto& [host, starts] : starts_) {
    while (!starts.empty() && now - starts.front() >= kMinute) starts.pop_front();
  }
  std::erase_if(starts_, [](const auto& entry) { return entry.second.empty(); });
}

// Requires: locked, and the exchange is done.
void Requester::Retire(UnderWay& done, Clock::time_point now) {
  Outcome outcome = done.exchange.Take();
  outcome.attempts = done.attempts;
  if (IsPassing(outcome.result) && done.attempts <= options_.retries) {
    const std::chrono::nanoseconds delay(options_.retry_delay.ToNanoseconds());
    waiting_.push_back(
        {.ask = outcome.ask, .attempts = done.attempts, .not_before = now + delay * done.attempts});
    return;
  }
  ++(outcome.result == Result::kAnswered ? counters_.answered : counters_.failed);
  outcomes_.push_back(std::move(outcome));
  --unfinished_;
  if (unfinished_ == 0) ended_.notify_all();
}

// Requires: locked.
int Requester::PollTimeoutMs(Clock::time_point now) const {
  Clock::time_point first = Clock::time_point::max();
  for (const UnderWay& each : under_way_) {
    if (each.exchange.Done()) return 0;
    first = std::min(first, each.exchange.deadline());
  }
  if (under_way_.size() < options_.max_concurrent) {
    for (const Waiting& each : waiting_) {
      Clock::time_point ready = each.not_before;
      if (const auto found = starts_.find(each.ask.host);
          found != starts_.end() && found->second.size() >= options_.max_per_host_minute) {
        ready = std::max(ready, found->second.front() + kMinute);
      }
      first = std::min(first, ready);
    }
  }
  if (first == Clock::time_point::max()) return kNever;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(first - now).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, std::numeric_limits<int>::max()));
}

}  // namespace cairn::requester
