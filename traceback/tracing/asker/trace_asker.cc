// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/asker/trace_asker.h"

#include <sys/random.h>

#include <algorithm>
#include <set>
#include <utility>

#include "fmt/format.h"

#include "base/wall_clock.h"

namespace cairn::tracing {
namespace {

using Clock = TraceAsker::Clock;

// Links that are kept, in case that their hosts are asked again soon.
constexpr size_t kMostKept = 64;

TraceId NewTraceId() {
  TraceId id{};
  size_t done = 0;
  // Sixteen bytes come whole or not at all, and not only before the pool is ready.
  while (done < id.size()) {
    const ssize_t got = getrandom(id.data() + done, id.size() - done, 0);
    if (got > 0) done += static_cast<size_t>(got);
  }
  return id;
}

// Of a trace that nothing is known of.
AskFailure FailureBy(End end) {
  switch (end) {
    case End::kNoAgent:
      return AskFailure::kNoAgent;
    case End::kRefused:
      return AskFailure::kDenied;
    case End::kUnproven:
      return AskFailure::kUnproven;
    case End::kTime:
      return AskFailure::kTime;
    default:
      return AskFailure::kSilent;
  }
}

}  // namespace

std::string_view AskFailureName(AskFailure failure) {
  switch (failure) {
    case AskFailure::kNoAgent:
      return "no_agent";
    case AskFailure::kSilent:
      return "silent";
    case AskFailure::kDenied:
      return "denied";
    case AskFailure::kUnproven:
      return "unproven";
    case AskFailure::kTime:
      return "time";
    case AskFailure::kQueueFull:
      return "queue_full";
    case AskFailure::kUnfinished:
      break;
  }
  return "unfinished";
}

TraceAsker::TraceAsker(const AskerLimits& limits, const PrefixSet& networks, Links& links,
                       Verify verify)
    : limits_(limits),
      networks_(networks),
      links_(links),
      verify_(std::move(verify)),
      rates_(std::max(limits.max_per_host_minute, 1U), std::max(limits.max_per_minute, 1U)) {}

void TraceAsker::Begin(AskId id, AskRequest request, Clock::time_point now) {
  ++counters_.begun;
  if (waiting_.size() + open_.size() >= limits_.max_queued) {
    ++counters_.queue_full;
    events_.emplace_back(
        AskFailed{.id = id,
                  .reason = AskFailure::kQueueFull,
                  .detail = fmt::format("{} traces wait or are under way", limits_.max_queued)});
    return;
  }
  if (request.reason.size() > kMostText) request.reason.resize(kMostText);
  const PacketDelta deadline = request.deadline.value_or(limits_.deadline);
  waiting_.push_back(
      {.id = id, .request = std::move(request), .deadline = now + ToChrono(deadline)});
}

void TraceAsker::GiveUp() {
  for (const Waiting& waiting : waiting_) {
    ++counters_.failed;
    events_.emplace_back(AskFailed{
        .id = waiting.id, .reason = AskFailure::kUnfinished, .detail = "it was not its turn yet"});
  }
  waiting_.clear();
  for (Open& open : open_) {
    open.walk.Stop(End::kTime);
    if (open.walk.hops().empty()) {
      ++counters_.failed;
      events_.emplace_back(AskFailed{.id = open.id,
                                     .trace = open.trace,
                                     .reason = AskFailure::kUnfinished,
                                     .claims = open.claims,
                                     .detail = "the asked host had not answered yet"});
    } else {
      Finish(open);
    }
  }
  open_.clear();
}

std::optional<Clock::time_point> TraceAsker::NextDeadline() const {
  std::optional<Clock::time_point> next = links_.NextDeadline();
  const auto consider = [&next](Clock::time_point moment) {
    next = next.has_value() ? std::min(*next, moment) : moment;
  };
  for (const Waiting& waiting : waiting_) consider(waiting.deadline);
  if (!waiting_.empty() && open_.size() < limits_.max_concurrent) consider(Clock::time_point());
  for (const Open& open : open_) {
    consider(open.deadline);
    if (!open.question.has_value()) continue;
    const Question& question = *open.question;
    consider(question.link == 0 ? question.not_before : question.silent_at);
  }
  return next;
}

std::optional<AskEvent> TraceAsker::Next() {
  if (events_.empty()) return std::nullopt;
  AskEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

void TraceAsker::Step(Clock::time_point now, std::span<const pollfd> ready) {
  links_.Step(now, ready);
  // What is asked may end at once.  Each turn asks about another connection, or ends a trace.
  bool more = true;
  while (more) {
    more = TakeLinkEvents(now);
    more = Run(now) || more;
  }
}

void TraceAsker::TellHops(Open& open) {
  const std::vector<CheckedFact>& hops = open.walk.hops();
  for (; open.hops_told < hops.size(); ++open.hops_told) {
    ++counters_.hops;
    events_.emplace_back(HopFound{.id = open.id,
                                  .number = static_cast<uint32_t>(open.hops_told + 1),
                                  .hop = hops[open.hops_told]});
  }
}

// True: something may have changed.
bool TraceAsker::Run(Clock::time_point now) {
  bool changed = false;
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    if (now < waiting.deadline) return false;
    ++counters_.failed;
    events_.emplace_back(AskFailed{
        .id = waiting.id, .reason = AskFailure::kTime, .detail = "too many traces were before it"});
    return true;
  });
  while (!waiting_.empty() && open_.size() < std::max(limits_.max_concurrent, 1U)) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    const Connection connection = next.request.connection;
    open_.push_back({.id = next.id,
                     .trace = NewTraceId(),
                     .request = std::move(next.request),
                     .deadline = next.deadline,
                     .walk = ChainWalk(connection, networks_, limits_.max_hops)});
  }
  for (auto open = open_.begin(); open != open_.end();) {
    changed = RunOne(*open, now) || changed;
    if (open->walk.end().has_value()) {
      Finish(*open);
      open = open_.erase(open);
      changed = true;
    } else {
      ++open;
    }
  }
  return changed;
}

bool TraceAsker::RunOne(Open& open, Clock::time_point now) {
  if (now >= open.deadline) {
    if (open.question.has_value() && open.question->link != 0) {
      Break(open, End::kSilent,
            fmt::format("{}: no answer before the deadline", open.question->host.ToString()));
    }
    open.walk.Stop(End::kTime);
    return false;
  }
  if (!open.question.has_value()) {
    const std::optional<ChainWalk::Target> target = open.walk.ToAsk();
    if (target.has_value()) Ask(open, *target, now);
    return target.has_value();
  }
  Question& question = *open.question;
  if (!question.sent && question.link == 0) {
    if (now < question.not_before) return false;
    const Clock::time_point turn = rates_.NextTurn(question.host, now);
    if (turn > now) {
      if (!std::exchange(open.waits_for_turn, true)) ++counters_.turns_waited;
      question.not_before = turn;
      return false;
    }
    open.waits_for_turn = false;
    rates_.Count(question.host, now);
    question.silent_at = now + ToChrono(limits_.peer_timeout);
    Connect(question);
    const auto peer = peers_.find(question.host);
    if (peer != peers_.end() && peer->second.open) Send(open, now);
    return true;
  }
  if (now < question.silent_at) return false;
  Break(open, End::kSilent,
        fmt::format("{}: {}", question.host.ToString(),
                    question.hops == 0 ? "no answer in time" : "its answer stopped"));
  return true;
}

void TraceAsker::Ask(Open& open, const ChainWalk::Target& target, Clock::time_point now) {
  open.walk.Asking();
  open.question = Question{.host = target.host, .connection = target.connection, .not_before = now};
}

void TraceAsker::Connect(Question& question) {
  const auto known = peers_.find(question.host);
  if (known != peers_.end()) {
    question.link = known->second.link;
    question.had_link = known->second.open;
    return;
  }
  if (peers_.size() >= kMostKept) CloseUnused();
  question.had_link = false;
  question.link = links_.Connect(question.host);
  peers_[question.host] = {.link = question.link, .open = false};
}

void TraceAsker::CloseUnused() {
  std::set<LinkId> used;
  for (const Open& open : open_) {
    if (open.question.has_value()) used.insert(open.question->link);
  }
  for (auto peer = peers_.begin(); peer != peers_.end();) {
    if (used.contains(peer->second.link)) {
      ++peer;
      continue;
    }
    lists_.erase(peer->second.link);
    links_.Close(peer->second.link);
    peer = peers_.erase(peer);
  }
}

void TraceAsker::Send(Open& open, Clock::time_point now) {
  Question& question = *open.question;
  if (question.sent) return;
  // The host's own deadline is before ours, so that it can still say how far it has come.
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(open.deadline - now);
  constexpr std::chrono::milliseconds kForTheWay{250};
  const auto its = left - std::min(left / 10, kForTheWay);
  const size_t hops = open.walk.hops().size();
  const uint32_t most = std::min<uint32_t>(limits_.max_hops, kMostHops);
  const Trace trace = {
      .trace = open.trace,
      .connection = question.connection,
      .is_inbound = hops == 0 && open.request.is_inbound,
      .hops_left = most - std::min(most, static_cast<uint32_t>(hops)),
      .milliseconds_left = static_cast<uint32_t>(std::max<int64_t>(its.count(), 1)),
      .reason = open.request.reason};
  question.sent = true;
  question.silent_at = now + ToChrono(limits_.peer_timeout);
  ++counters_.questions;
  // If it fails, the link's end is on its way, and says why.
  links_.Send(question.link, trace);
}

void TraceAsker::Finish(Open& open) {
  TellHops(open);
  const End end = *open.walk.end();
  if (open.walk.hops().empty()) {
    ++counters_.failed;
    events_.emplace_back(AskFailed{.id = open.id,
                                   .trace = open.trace,
                                   .reason = FailureBy(end),
                                   .claims = open.claims,
                                   .detail = open.detail});
    return;
  }
  ++counters_.done;
  events_.emplace_back(AskDone{.id = open.id,
                               .trace = open.trace,
                               .end = end,
                               .hops = static_cast<uint32_t>(open.walk.hops().size()),
                               .rounds_collapsed = open.walk.rounds_collapsed(),
                               .claims = open.claims,
                               .beyond = open.walk.beyond(),
                               .met = open.met,
                               .met_by = open.met_by,
                               .detail = open.detail});
}

}  // namespace cairn::tracing
