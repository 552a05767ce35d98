// SPDX-License-Identifier: BSD-3-Clause
// What a round does from one answer to the next.
#include <algorithm>
#include <iterator>
#include <utility>

#include "fmt/format.h"

#include "traceback/tracing/rounds/rounds.h"

namespace cairn::tracing {
namespace {

// A host gives up earlier than the one that asked it, so that its answer still arrives.
constexpr std::chrono::milliseconds kForTheAnswer{100};
constexpr uint32_t kMostAsksForEachHop = 2;

Connected ConnectedOf(Finding finding) {
  switch (finding) {
    case Finding::kUpstream:
      return Connected::kRemote;
    case Finding::kConsole:
      return Connected::kConsole;
    case Finding::kProcess:
      return Connected::kNobody;
    case Finding::kNotKnown:
    case Finding::kNoSuchConnection:
    case Finding::kFailed:
      break;
  }
  return Connected::kNotKnown;
}

// By which the looks of an asker are known to be its own: who it is by its certificate.
uint64_t AskerNumber(const Asker& asker) {
  if (asker.kind == PeerKind::kLocal) return 0;
  uint64_t number = 0;
  for (const uint8_t byte : AgentIdOf(asker.name)) number = number * 31 + byte;
  return std::max<uint64_t>(number, 1);
}

}  // namespace

std::string ShortText(const TraceId& trace) { return TraceIdText(trace).substr(0, 8); }

void Rounds::Warn(const Asker& asker, std::string text) {
  Want(LogLine{.is_warning = true, .peer = asker.AsCause(), .text = std::move(text)});
}

Decision Rounds::Decide(const Perceptions& seen, const Asker& asker, std::string_view about) {
  Decision decision = rules_.Decide(seen);
  std::string actions;
  for (const Action action : decision.actions) {
    fmt::format_to(std::back_inserter(actions), "{}{}", actions.empty() ? "" : ", ",
                   ActionName(action));
  }
  if (decision.Has(Action::kAlert)) ++counters_.alerts;
  Want(LogLine{.is_warning = decision.Has(Action::kAlert),
               .peer = asker.AsCause(),
               .text = fmt::format("{}: rule \"{}\": {}", about, decision.rule, actions)});
  return decision;
}

void Rounds::Advance(Id id, Clock::time_point now) {
  // Each turn uses up a fact, or ends; so this ends.
  while (true) {
    const auto round = rounds_.find(id);
    if (round == rounds_.end() || !AdvanceOnce(id, round->second, now)) return;
  }
}

// True: there is more to do at once.
bool Rounds::AdvanceOnce(Id id, Round& round, Clock::time_point now) {
  const Path::Next next = round.path.Follow();
  if (next.kind == Path::Next::Kind::kEnd) {
    Finish(id, next.end);
    return false;
  }
  if (next.kind == Path::Next::Kind::kLook) return Look(id, round, next);
  if (!round.asks_on) {
    Finish(id, std::nullopt);
    return false;
  }
  const IpAddress& host = next.connection.local.ip;
  const bool in_networks = networks_.Contains(host);
  const Decision decision =
      Decide({.event = Event::kNextHop, .in_networks = in_networks, .address = host}, round.asker,
             fmt::format("trace {}: next is {}", ShortText(round.trace), host.ToString()));
  if (!decision.Has(Action::kAsk)) {
    Finish(id, in_networks ? End::kRefused : End::kOutside);
    return false;
  }
  if (!Ask(round, next, now)) {
    Finish(id, round.said_end.value_or(End::kUnproven));
    return false;
  }
  return false;
}

bool Rounds::Look(Id id, Round& round, const Path::Next& next) {
  if (const SignedFact* said = memory_.Find(round.trace, next.connection)) {
    ++counters_.looks_saved;
    const SignedFact copy = *said;
    const size_t before = round.path.hops().size();
    if (TakeFact(round, copy, false) && round.path.hops().size() > before) return true;
    Finish(id, End::kNotKnown);
    return false;
  }
  ++counters_.looks;
  round.look = next_look_++;
  looks_.emplace(round.look, id);
  Want(LookWanted{.look = round.look,
                  .trace = round.trace,
                  .connection = next.connection,
                  .is_inbound = next.is_inbound,
                  .asker = AskerNumber(round.asker)});
  return false;
}

bool Rounds::Ask(Round& round, const Path::Next& next, Clock::time_point now) {
  const IpAddress& host = next.connection.local.ip;
  const auto left = round.deadline - now - kForTheAnswer;
  const uint32_t hops = round.path.length() - round.path.collapsed();
  // What it did not answer before, it will not now.
  if (round.host_asked == next.connection) return false;
  if (round.tries[host]++ >= limits_.max_hops * kMostAsksForEachHop) return false;
  if (left <= std::chrono::nanoseconds::zero() || hops >= round.hops_left) {
    round.said_end = left <= std::chrono::nanoseconds::zero() ? End::kTime : End::kHops;
    return false;
  }
  ++counters_.asks;
  round.host = host;
  round.host_asked = next.connection;
  round.host_hops = 0;
  round.silent_since = now;
  Want(AskWanted{
      .host = host,
      .question = {.trace = round.trace,
                   .connection = next.connection,
                   .hops_left = round.hops_left - hops,
                   .milliseconds_left = static_cast<uint32_t>(
                       std::chrono::duration_cast<std::chrono::milliseconds>(left).count()),
                   .reason = round.reason}});
  return true;
}

bool Rounds::TakeFact(Round& round, const SignedFact& fact, bool is_own) {
  absl::StatusOr<CheckedFact> checked = host_.check(fact, round.trace);
  if (!checked.ok()) {
    Warn(round.asker, fmt::format("trace {}: a fact is not believed: {}", ShortText(round.trace),
                                  std::string(checked.status().message())));
    return false;
  }
  if (is_own) memory_.Remember(round.trace, checked->fact, fact);
  if (!is_own && round.path.Knows(checked->fact)) return true;
  if (!round.path.Take(*std::move(checked), fact)) return false;
  Want(Reply{.asker = round.asker.id,
             .message = Hop{.trace = round.trace, .number = round.told++, .fact = fact}});
  return true;
}

Perceptions Rounds::PerceiveLook(const Round& round, const Fact& fact) const {
  Perceptions seen = {
      .event = Event::kLooked, .connected = ConnectedOf(fact.finding), .peer = round.asker.kind};
  if (!fact.steps.empty()) seen.doing = fact.steps.front().program;
  for (const Step& step : fact.steps) {
    for (const std::string& name :
         {step.user.name, step.real.name, step.login.value_or(User()).name}) {
      if (!name.empty() &&
          std::find(seen.users.begin(), seen.users.end(), name) == seen.users.end()) {
        seen.users.push_back(name);
      }
    }
  }
  return seen;
}

// What it told before is signed and stays; the next host is asked directly.
void Rounds::LoseHost(Id id, Round& round, End end, Clock::time_point now) {
  ++counters_.peers_lost;
  round.host.reset();
  const Path::Next next = round.path.Follow();
  if (next.kind != Path::Next::Kind::kEnd && next.connection == round.host_asked) {
    return Finish(id, end);
  }
  round.said_end = end;
  Advance(id, now);
}

void Rounds::Finish(Id id, std::optional<End> end) {
  const auto node = rounds_.extract(id);
  if (node.empty()) return;
  Round& round = node.mapped();
  looks_.erase(round.look);
  if (round.host.has_value()) Want(StopAsking{.host = *round.host, .trace = round.trace});
  Done done = {.trace = round.trace,
               .end = end,
               .hops = round.told,
               .chain_hash = FactsHash(round.path.hops()),
               .hops_collapsed = round.path.collapsed()};
  if (round.is_origin && end.has_value()) FinishAsOrigin(round, *end, done);
  Want(Reply{.asker = round.asker.id, .message = done});
}

void Rounds::FinishAsOrigin(Round& round, End end, Done& done) {
  Chain chain = {.trace = round.trace,
                 .reason = round.reason,
                 .asked = round.asked,
                 .end = end,
                 .hops = round.path.hops(),
                 .hops_collapsed = round.path.collapsed()};
  // Of nothing there is no way that could be the same.
  if (!chain.hops.empty()) done.met = host_.meet(chain);
  const Decision decision =
      Decide({.event = Event::kEnded,
              .peer = round.asker.kind,
              .known_way = done.met.has_value(),
              .end = end},
             round.asker,
             fmt::format("trace {}: ended after {} hops: {}", ShortText(round.trace),
                         round.path.length(), EndName(end)));
  if (chain.hops.empty()) return;  // nothing is known, so nothing is to be kept
  const bool save = decision.Has(Action::kSave);
  const bool broadcast = decision.Has(Action::kBroadcast);
  if (save || broadcast) {
    Want(Finished{.chain = std::move(chain), .save = save, .broadcast = broadcast});
  }
}

}  // namespace cairn::tracing
