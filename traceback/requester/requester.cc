// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/requester/requester.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <utility>

namespace cairn::requester {
namespace {

using Clock = RequestQueue::Clock;

// `can_be_woken`: otherwise the wait is short.
int PollTimeoutMs(std::optional<Clock::time_point> deadline, bool can_be_woken) {
  constexpr int kNever = -1;
  constexpr int kLook = 100;
  if (!deadline.has_value()) return can_be_woken ? kNever : kLook;
  if (*deadline <= Clock::now()) return 0;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count();
  const int longest = can_be_woken ? std::numeric_limits<int>::max() : kLook;
  return static_cast<int>(std::clamp<int64_t>(left, 0, longest));
}

}  // namespace

Requester::Requester(const Options& options)
    : options_(options), wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), queue_(options) {
  // Signals are for the threads that wait for them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { Run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Requester::~Requester() {
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
  }
  Wake();
  thread_.join();
}

void Requester::Wake() const {
  if (!wake_.is_open()) return;
  const uint64_t one = 1;
  // Full means that the thread will wake up anyway.
  static_cast<void>(!write(wake_.get(), &one, sizeof(one)));
}

bool Requester::Submit(const Ask& ask) {
  {
    const std::scoped_lock lock(mutex_);
    if (unfinished_ + outcomes_.size() >= options_.max_queued) {
      ++counters_.refused;
      return false;
    }
    ++counters_.submitted;
    ++unfinished_;
    submitted_.push_back(ask);
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
  std::vector<Ask> fresh;
  while (true) {
    fresh.clear();
    {
      const std::scoped_lock lock(mutex_);
      if (stop_) return;
      fresh.swap(submitted_);
    }
    for (const Ask& ask : fresh) {
      // There is room, as Submit() has counted all that is unfinished.
      if (!queue_.Submit(ask)) Refuse(ask);
    }
    queue_.Start(Clock::now());
    polled.assign(1, {.fd = wake_.get(), .events = POLLIN, .revents = 0});
    queue_.AppendPolled(polled);
    poll(polled.data(), polled.size(), PollTimeoutMs(queue_.NextDeadline(), wake_.is_open()));
    uint64_t wakes = 0;
    if (wake_.is_open()) static_cast<void>(!read(wake_.get(), &wakes, sizeof(wakes)));
    queue_.Step(Clock::now(), std::span(polled).subspan(1));
    Publish();
  }
}

void Requester::Publish() {
  std::vector<Outcome> ended = queue_.Take();
  const std::scoped_lock lock(mutex_);
  for (Outcome& outcome : ended) {
    ++(outcome.result == Result::kAnswered ? counters_.answered : counters_.failed);
    outcomes_.push_back(std::move(outcome));
    --unfinished_;
  }
  if (unfinished_ == 0) ended_.notify_all();
}

void Requester::Refuse(const Ask& ask) {
  const std::scoped_lock lock(mutex_);
  ++counters_.failed;
  outcomes_.push_back(
      {.ask = ask, .result = Result::kUnreachable, .reply = {}, .detail = "no room to wait"});
  if (--unfinished_ == 0) ended_.notify_all();
}

}  // namespace cairn::requester
