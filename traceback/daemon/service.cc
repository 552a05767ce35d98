// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/service.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <span>
#include <utility>
#include <variant>

#include "base/wall_clock.h"
#include "traceback/daemon/counters_text.h"
#include "traceback/daemon/log.h"
#include "traceback/daemon/signals.h"
#include "traceback/daemon/walk_queue.h"

namespace cairn::daemon {
namespace {

constexpr std::chrono::milliseconds kMaintenance{1000};
constexpr std::chrono::seconds kCountersPatience{2};  // for those of the front, at the end
constexpr int kMostOfFront = 64;  // messages before signals and the clock are looked at

}  // namespace

Service::Service(const Options& options, host::Inspector& inspector, tokens::TokenStore& store,
                 FrontProcess& front, TracingProcesses& tracing,
                 const absl::Status& tracing_started, RequestGate gate, const WalkPool::Work& work,
                 const sigset_t& while_waiting)
    : most_walked_(options.limits.max_requests),
      store_(store),
      front_(front),
      while_waiting_(while_waiting),
      monitor_(options, inspector, store, std::move(gate), work),
      tracing_(options.tracing, tracing, tracing_started, inspector, monitor_),
      metrics_(options.metrics),
      store_watch_(store, options.tokens.head_interval) {}

Service::End Service::Run() {
  TellOwnAddresses(maintained_);
  while (!IsStopWanted()) {
    if (!Turn(kMaintenance, &while_waiting_)) {
      FinishWalks();
      return End::kFrontGone;
    }
    if (TakeCountersWanted()) {
      tracing_.AskCounters();  // which LogCounters() waits for
      asked_ = front_.channel().Send(TellCounters()) == Channel::SendState::kSent;
    }
  }
  TakeFarewell();
  return End::kStopped;
}

void Service::LogCounters() {
  Log(Level::kInfo, CountersText(monitor_.counters(), monitor_.walk_counters()));
  Log(Level::kInfo, CountersText(store_.counters(), store_.used_bytes()));
  tracing_.LogCounters();
}

void Service::LogHead() { store_watch_.LogHead(WallTime()); }

// Waits, at most so long, and does what there is to do.  False: the front has gone, or does not
// speak as it should.
bool Service::Turn(std::chrono::nanoseconds patience, const sigset_t* mask) {
  WalkQueue& walks = monitor_.walks();
  // What it does not read holds back what it asks.
  const bool takes = answers_.empty() && walks.walked() < most_walked_;
  polled_.assign(
      1, {.fd = front_.channel().descriptor(),
          .events = static_cast<short>((takes ? POLLIN : 0) | (answers_.empty() ? 0 : POLLOUT)),
          .revents = 0});
  tracing_.AppendPolled(polled_);
  const size_t first_of_walks = polled_.size();
  walks.AppendPolled(polled_);
  const timespec timeout = Timeout(patience);
  if (ppoll(polled_.data(), polled_.size(), &timeout, mask) < 0) {
    for (pollfd& each : polled_) each.revents = 0;
  }
  if (!FlushToFront()) return false;
  if ((polled_[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !TakeMessages()) return false;
  const auto now = std::chrono::steady_clock::now();
  if (first_of_walks > 1) tracing_.Take(polled_[1], WallTime());
  walks.Step(now, std::span<const pollfd>(polled_).subspan(first_of_walks));
  walks.Start(now, WallTime());
  // One in a turn: a record is synced to disk, and others need not wait for several.
  if (std::optional<Answer> answer = monitor_.Next(WallTime())) {
    answers_.Add(*std::move(answer));
  }
  tracing_.Flush();
  if (now - maintained_ >= kMaintenance) Maintain(now);
  return FlushToFront();
}

void Service::Maintain(std::chrono::steady_clock::time_point now) {
  maintained_ = now;
  store_.Maintain(WallTime());
  store_watch_.Look(WallTime());
  TellOwnAddresses(now);
  tracing_.Maintain(now);
  monitor_.FlushLogs(now);
  if (metrics_.IsDue(now)) {
    tracing_.AskCounters();
    metrics_wanted_ = front_.channel().Send(TellCounters()) == Channel::SendState::kSent;
  }
  sd_notify(0, "WATCHDOG=1");
}

timespec Service::Timeout(std::chrono::nanoseconds patience) {
  WalkQueue& walks = monitor_.walks();
  if (walks.walked() > 0) patience = {};
  if (const auto deadline = walks.NextDeadline()) {
    patience =
        std::min<std::chrono::nanoseconds>(patience, *deadline - std::chrono::steady_clock::now());
  }
  patience = std::max(patience, std::chrono::nanoseconds::zero());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(patience);
  return {.tv_sec = seconds.count(), .tv_nsec = (patience - seconds).count()};
}

// False: it has gone, or has not read for long.
bool Service::FlushToFront() {
  return answers_.Send(store_, front_.channel(), std::chrono::steady_clock::now());
}

// Whose walks have not ended is known all the same.
void Service::FinishWalks() {
  monitor_.walks().GiveUp();
  while (monitor_.walks().walked() > 0) monitor_.Next(WallTime());
}

bool Service::TakeMessages() {
  Message message;
  for (int i = 0; i < kMostOfFront; ++i) {
    switch (front_.channel().Receive(message)) {
      case Channel::ReceiveState::kNothing:
        return true;
      case Channel::ReceiveState::kClosed:
        return false;
      case Channel::ReceiveState::kRefused:
        Log(Level::kError, "the network side sent an invalid message; it is ended");
        return false;
      case Channel::ReceiveState::kMessage:
        if (!Take(message)) return false;
        break;
    }
  }
  return true;
}

bool Service::Take(const Message& message) {
  if (const LookUp* look_up = std::get_if<LookUp>(&message)) {
    if (std::optional<Answer> answer = monitor_.Handle(*look_up, WallTime())) {
      answers_.Add(*std::move(answer));
    }
  }
  if (const HopReport* report = std::get_if<HopReport>(&message)) {
    monitor_.Handle(*report, WallTime());
  }
  if (const FrontCounters* counters = std::get_if<FrontCounters>(&message)) Take(*counters);
  return true;
}

void Service::Take(const FrontCounters& counters) {
  if (std::exchange(metrics_wanted_, false)) {
    metrics_.Write({CountersText(counters),
                    CountersText(monitor_.counters(), monitor_.walk_counters()),
                    CountersText(store_.counters(), store_.used_bytes()), tracing_.CountersText()});
  }
  if (!std::exchange(asked_, false)) return;
  Log(Level::kInfo, CountersText(counters));
  LogCounters();
  told_ = true;
}

// Askers are counted on both sides.
void Service::TellOwnAddresses(std::chrono::steady_clock::time_point now) {
  if (own_.Refresh(now)) own_told_ = false;
  if (own_told_) return;
  OwnAddressList list;
  list.addresses = own_.addresses();
  list.addresses.resize(std::min(list.addresses.size(), kMostOwnAddresses));
  own_told_ = front_.channel().Send(list) == Channel::SendState::kSent;
}

// What was asked on and not answered yet is lost; what is under way between the two is not.
void Service::TakeFarewell() {
  sd_notify(0, "STOPPING=1");
  const auto deadline = std::chrono::steady_clock::now() + kCountersPatience;
  while (!monitor_.walks().is_idle() && std::chrono::steady_clock::now() < deadline) {
    if (!Turn(kMaintenance, nullptr)) return FinishWalks();
  }
  monitor_.walks().GiveUp();
  while (monitor_.walks().walked() > 0) {
    if (!Turn({}, nullptr)) return FinishWalks();
  }
  told_ = false;
  asked_ = front_.channel().Send(TellCounters{.end = true}) == Channel::SendState::kSent;
  if (!asked_) return;
  const auto end = std::chrono::steady_clock::now() + kCountersPatience;
  while (!told_ && std::chrono::steady_clock::now() < end) {
    if (!Turn(kMaintenance, nullptr)) return;
  }
}

}  // namespace cairn::daemon
