// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/rounds/rounds.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"

#include "base/wall_clock.h"

namespace cairn::tracing {
namespace {

constexpr std::chrono::minutes kRateWindow{1};
constexpr size_t kMostRates = 1024;
constexpr uint32_t kPlacesForEach = 4;  // a peer has this part of all rounds at most
// All who may only ask have together what one peer has, and each of them half of that: who has
// stolen one certificate of a sensor does not keep the others from asking.
constexpr uint32_t kPlacesForEachAsker = 2 * kPlacesForEach;

bool Contains(const std::vector<IpAddress>& addresses, const IpAddress& address) {
  return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
}

}  // namespace

// Also by the rounds of the same peer: none may take all places.
bool Rounds::IsBusyFor(const Asker& asker, const TraceId& trace) const {
  if (rounds_.size() >= limits_.max_rounds) return true;
  uint32_t of_asker = 0;
  uint32_t of_kind = 0;
  for (const auto& [id, round] : rounds_) {
    if (round.trace == trace && round.asker.id == asker.id) return true;
    if (round.asker.kind != asker.kind) continue;
    ++of_kind;
    if (round.asker.name == asker.name) ++of_asker;
  }
  if (asker.kind == PeerKind::kLocal) return false;
  const auto part = [this](uint32_t of) { return std::max(limits_.max_rounds / of, 1U); };
  if (asker.kind == PeerKind::kAsker) {
    return of_kind >= part(kPlacesForEach) || of_asker >= part(kPlacesForEachAsker);
  }
  return of_asker >= part(kPlacesForEach);
}

TraceId Rounds::Begin(AskerId client, const Connection& connection, bool is_inbound,
                      const std::string& reason, Clock::time_point now) {
  const TraceId trace = host_.new_trace();
  OnTrace({.id = client, .kind = PeerKind::kLocal, .name = "this host"},
          {.trace = trace,
           .connection = connection,
           .is_inbound = is_inbound,
           .hops_left = limits_.max_hops,
           .milliseconds_left = static_cast<uint32_t>(limits_.deadline.ToMilliseconds()),
           .reason = reason},
          now);
  return trace;
}

void Rounds::OnTrace(const Asker& asker, const Trace& trace, Clock::time_point now) {
  const bool is_origin = asker.kind != PeerKind::kAgent;
  ++(is_origin ? counters_.begun : counters_.asked);
  if (asker.kind == PeerKind::kAsker) ++counters_.for_askers;
  const TraceState state = memory_.StateOf(trace.trace, now);
  const std::chrono::nanoseconds wait = WaitOf(asker, now);
  const bool is_within = wait == std::chrono::nanoseconds::zero();
  if (!is_within) ++counters_.over_rate;
  const std::string about = fmt::format("trace {}: asked by {} about {}", ShortText(trace.trace),
                                        asker.name, trace.connection.ToString());
  const Decision decision =
      Decide({.event = asker.kind == PeerKind::kLocal ? Event::kBegin : Event::kRequest,
              .message_valid = true,
              .peer = asker.kind,
              .certificate = Distrust::kNone,
              .trace = state,
              .rate = is_within ? Rate::kWithin : Rate::kExceeded,
              .neighbour = Contains(asker.addresses, trace.connection.remote.ip),
              .address = asker.addresses.empty() ? IpAddress() : asker.addresses.front()},
             asker, about);
  const bool is_busy = IsBusyFor(asker, trace.trace);
  std::optional<Denial> denial;
  if (!decision.Has(Action::kAnswer) && !decision.Has(Action::kAnswerKnown) &&
      !(asker.kind == PeerKind::kLocal && decision.Has(Action::kAsk))) {
    denial = is_within ? Denial::kNotAllowed : Denial::kRate;
  } else if (is_busy) {
    denial = Denial::kBusy;
  } else if (!Contains(host_.own, trace.connection.local.ip)) {
    denial = Denial::kInvalid;
  }
  if (denial.has_value()) {
    ++counters_.denied;
    const auto retry = *denial == Denial::kRate ? std::chrono::ceil<std::chrono::milliseconds>(wait)
                                                : std::chrono::milliseconds(0);
    return Want(Reply{.asker = asker.id,
                      .message = Deny{.trace = trace.trace,
                                      .reason = *denial,
                                      .retry_milliseconds = static_cast<uint32_t>(retry.count())}});
  }
  memory_.Note(trace.trace, asker.kind == PeerKind::kLocal, now);
  if (state != TraceState::kNew) ++counters_.answered_known;
  const bool asks_on = !decision.Has(Action::kAnswerKnown);
  Round round = MakeRound(asker, trace, asks_on, now);
  round.sv = decision.Has(Action::kStopSv);
  Start(std::move(round), now);
}

Rounds::Round Rounds::MakeRound(const Asker& asker, const Trace& trace, bool asks_on,
                                Clock::time_point now) {
  const bool is_origin = asker.kind != PeerKind::kAgent;
  const uint32_t hops = std::min(trace.hops_left, limits_.max_hops);
  const auto time = std::min<std::chrono::nanoseconds>(
      std::chrono::milliseconds(trace.milliseconds_left), ToChrono(limits_.deadline));
  return {.trace = trace.trace,
          .asker = asker,
          .is_origin = is_origin,
          .asks_on = asks_on,
          .asked = trace.connection,
          .reason = trace.reason,
          .hops_left = hops,
          .deadline = now + time,
          .path = Path(trace.connection, is_origin && trace.is_inbound, hops,
                       {.is_own = [this](const IpAddress& ip) { return Contains(host_.own, ip); },
                        .may_be_asked = [](const IpAddress&) { return true; }}),
          .silent_since = now};
}

void Rounds::Start(Round round, Clock::time_point now) {
  const Id id = next_id_++;
  rounds_.emplace(id, std::move(round));
  Advance(id, now);
}

std::chrono::nanoseconds Rounds::WaitOf(const Asker& asker, Clock::time_point now) {
  constexpr std::chrono::nanoseconds kNone{0};
  if (asker.kind == PeerKind::kLocal) return kNone;
  if (rates_.size() >= kMostRates) {
    std::erase_if(rates_, [&](const auto& each) { return each.second.since + kRateWindow < now; });
  }
  // A host's agent and a sensor on it may have the same name: each has a limit of its own.
  const std::pair<PeerKind, std::string> who(asker.kind, asker.name);
  if (rates_.size() >= kMostRates && !rates_.contains(who)) return kRateWindow;
  AskedLately& rate = rates_.try_emplace(who, AskedLately{.since = now}).first->second;
  if (rate.since + kRateWindow <= now) rate = {.since = now};
  const uint32_t most = asker.kind == PeerKind::kAsker ? limits_.max_rounds_per_asker_minute
                                                       : limits_.max_rounds_per_peer_minute;
  return ++rate.count <= most ? kNone : rate.since + kRateWindow - now;
}

void Rounds::OnLooked(uint64_t look, const absl::StatusOr<SignedFact>& fact,
                      Clock::time_point now) {
  const auto waiting = looks_.find(look);
  if (waiting == looks_.end()) return;
  const Id id = waiting->second;
  looks_.erase(waiting);
  const auto found = rounds_.find(id);
  if (found == rounds_.end() || found->second.look != look) return;
  Round& round = found->second;
  round.look = 0;
  if (!fact.ok() || !TakeFact(round, *fact, true)) {
    Warn(round.asker, fmt::format("trace {}: this host could not tell: {}", ShortText(round.trace),
                                  fact.ok() ? "its own fact is not believed"
                                            : std::string(fact.status().message())));
    return Finish(id, End::kNotKnown);
  }
  const Fact& own = round.path.checked().back().fact;
  const Decision decision = Decide(PerceiveLook(round, own), round.asker,
                                   fmt::format("trace {}: {} here: {}", ShortText(round.trace),
                                               own.asked.ToString(), FindingName(own.finding)));
  if (decision.Has(Action::kStopSv) || round.sv) {
    Want(SvWanted{.trace = round.trace, .connection = own.asked});
    round.sv = false;
  }
  const bool ends_here =
      decision.Has(Action::kFinish) || decision.Has(Action::kDeny) || decision.actions.empty();
  if (ends_here && own.finding == Finding::kUpstream) return Finish(id, End::kRefused);
  Advance(id, now);
}

std::map<Rounds::Id, Rounds::Round>::iterator Rounds::FindAsking(const Identity& peer,
                                                                 const TraceId& trace) {
  return std::find_if(rounds_.begin(), rounds_.end(), [&](const auto& each) {
    const Round& round = each.second;
    return round.trace == trace && round.host.has_value() && peer.Has(*round.host);
  });
}

void Rounds::OnHop(const Identity& peer, const Hop& hop, Clock::time_point now) {
  const auto found = FindAsking(peer, hop.trace);
  if (found == rounds_.end()) {
    ++counters_.unexpected;
    return;
  }
  Round& round = found->second;
  const uint32_t told = round.told;
  if (round.host_hops++ >= kMostHops || !TakeFact(round, hop.fact, false)) {
    ++counters_.unproven;
    Want(StopAsking{.host = *round.host, .trace = round.trace});
    return LoseHost(found->first, round, End::kUnproven, now);
  }
  ++counters_.hops;
  // Else a host could hold a trace by saying the same again and again.
  if (round.told > told) round.silent_since = now;
  // Facts decide how a chain ends: that the answer is complete says nothing more.
  const Path::Next next = round.path.Follow();
  if (next.kind != Path::Next::Kind::kEnd) return;
  ExpectDone(*round.host, round.trace);
  Finish(found->first, next.end);
}

void Rounds::ExpectDone(const IpAddress& host, const TraceId& trace) {
  if (due_.size() >= limits_.max_rounds) due_.pop_front();
  due_.emplace_back(host, trace);
}

// Whether it is the rest of an answer whose end was known before.
bool Rounds::WasDue(const Identity& peer, const TraceId& trace) {
  const auto due = std::find_if(due_.begin(), due_.end(), [&](const auto& each) {
    return each.second == trace && peer.Has(each.first);
  });
  if (due == due_.end()) return false;
  due_.erase(due);
  return true;
}

void Rounds::OnDone(const Identity& peer, const Done& done, Clock::time_point now) {
  const auto found = FindAsking(peer, done.trace);
  if (found == rounds_.end()) {
    if (!WasDue(peer, done.trace)) ++counters_.unexpected;
    return;
  }
  Round& round = found->second;
  round.host.reset();
  const Path::Next next = round.path.Follow();
  const bool told_nothing =
      next.kind != Path::Next::Kind::kEnd && next.connection == round.host_asked;
  if (told_nothing) {
    // Of itself it may say without proof that it knows nothing.
    const bool is_modest = done.end == End::kNotKnown || done.end == End::kTime;
    return Finish(found->first, is_modest ? done.end : End::kUnproven);
  }
  if (done.end.has_value() && next.kind != Path::Next::Kind::kEnd) {
    // It is no host's word how another one behaves, nor whether the chain is a loop or the time is
    // over: facts and our own limits say so.  But only one of us need try.
    if (!round.is_origin) return Finish(found->first, done.end);
  }
  Advance(found->first, now);
}

void Rounds::OnDeny(const Identity& peer, const Deny& deny, Clock::time_point now) {
  if (!deny.trace.has_value()) return;  // the link is closed, which tells
  const auto found = FindAsking(peer, *deny.trace);
  if (found == rounds_.end()) {
    ++counters_.unexpected;
    return;
  }
  Warn(found->second.asker, fmt::format("trace {}: {} denies: {}", ShortText(*deny.trace),
                                        peer.name, DenialName(deny.reason)));
  LoseHost(found->first, found->second, End::kRefused, now);
}

void Rounds::OnAskFailed(const IpAddress& host, const TraceId& trace, End end,
                         Clock::time_point now) {
  for (auto& [id, round] : rounds_) {
    if (round.trace == trace && round.host == host) return LoseHost(id, round, end, now);
  }
}

void Rounds::OnAskerGone(AskerId asker) {
  std::erase_if(rounds_, [&](const auto& each) {
    const Round& round = each.second;
    if (round.asker.id != asker) return false;
    if (round.host.has_value()) Want(StopAsking{.host = *round.host, .trace = round.trace});
    looks_.erase(round.look);
    ++counters_.cancelled;
    return true;
  });
}

void Rounds::OnTime(Clock::time_point now) {
  std::vector<Id> late;
  std::vector<Id> silent;
  for (const auto& [id, round] : rounds_) {
    if (now >= round.deadline) {
      late.push_back(id);
    } else if (round.host.has_value() && now >= round.silent_since + PatienceOf(round)) {
      silent.push_back(id);
    }
  }
  for (const Id id : late) {
    ++counters_.out_of_time;
    Finish(id, End::kTime);
  }
  for (const Id id : silent) {
    const auto round = rounds_.find(id);
    if (round == rounds_.end()) continue;
    Want(StopAsking{.host = *round->second.host, .trace = round->second.trace});
    LoseHost(id, round->second, End::kSilent, now);
  }
}

// A host that has begun to answer waits for others, for as long as this one would; only where the
// trace began that is not left to it.
std::chrono::nanoseconds Rounds::PatienceOf(const Round& round) const {
  const std::chrono::nanoseconds patience = ToChrono(limits_.peer_timeout);
  if (round.host_hops == 0) return patience;
  return round.is_origin ? patience * 3 / 2 : ToChrono(limits_.deadline);
}

std::optional<Rounds::Clock::time_point> Rounds::NextDeadline() const {
  std::optional<Clock::time_point> next;
  for (const auto& [id, round] : rounds_) {
    Clock::time_point at = round.deadline;
    if (round.host.has_value()) at = std::min(at, round.silent_since + PatienceOf(round));
    next = std::min(next.value_or(at), at);
  }
  return next;
}

std::optional<Wanted> Rounds::Next() {
  if (wanted_.empty()) return std::nullopt;
  std::optional<Wanted> first = std::move(wanted_.front());
  wanted_.pop_front();
  return first;
}

}  // namespace cairn::tracing
