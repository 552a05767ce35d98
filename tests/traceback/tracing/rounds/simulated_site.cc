// SPDX-License-Identifier: BSD-3-Clause
#include "simulated_site.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace cairn::tracing {
namespace {

constexpr std::chrono::milliseconds kLook{5};
constexpr std::chrono::milliseconds kMessage{1};
constexpr AskerId kClient = 1000;  // on the host where a trace begins
constexpr uint16_t kSshPort = 22;

SimulatedSite::HostNumber NumberOf(const IpAddress& address) {
  return static_cast<SimulatedSite::HostNumber>(address.low());
}

std::string NameOf(SimulatedSite::HostNumber host) { return "host" + std::to_string(host); }

}  // namespace

std::vector<Connection> SimulatedSite::AddChain(const std::vector<HostNumber>& hosts,
                                                Finding root) {
  std::vector<Connection> chain;
  for (size_t i = 0; i + 1 < hosts.size(); ++i) {
    const Connection outbound = {.local = {.ip = AddressOf(hosts[i]), .port = next_port_++},
                                 .remote = {.ip = AddressOf(hosts[i + 1]), .port = kSshPort}};
    if (chain.empty()) {
      roots_[outbound] = root;
    } else {
      upstream_[outbound] = chain.back().Reversed();
    }
    chain.push_back(outbound);
  }
  return chain;
}

Identity SimulatedSite::IdentityOf(HostNumber host) const {
  return {.id = {host}, .name = NameOf(host), .addresses = {AddressOf(host)}};
}

Rounds& SimulatedSite::rounds(HostNumber host) {
  if (!agents_.contains(host)) {
    rule_bases_[host] = std::make_unique<RuleBase>(rules);
    agents_[host] = std::make_unique<Rounds>(
        limits_, PrefixSet({*Prefix::Parse("10.0.0.0/24")}), *rule_bases_[host],
        Rounds::Host{.check = [this](const SignedFact& fact,
                                     const TraceId& trace) -> absl::StatusOr<CheckedFact> {
                       const absl::StatusOr<Fact> decoded = DecodeFact(fact.fact);
                       if (!decoded.ok()) return decoded.status();
                       const HostNumber by = NumberOf(decoded->asked.local.ip);
                       if (fact.signature != "of " + std::to_string(by) ||
                           decoded->trace != trace) {
                         return absl::PermissionDeniedError("not proven");
                       }
                       return CheckedFact{.fact = *decoded, .identity = IdentityOf(by)};
                     },
                     .meet = [this](const Chain& chain) -> std::optional<Met> {
                       if (!repeated.contains(chain.trace)) return std::nullopt;
                       return Met{.trace = chain.trace, .chains = 2};
                     },
                     .new_trace = [this] { return TraceId{next_trace_++}; },
                     .own = {AddressOf(host)}});
  }
  return *agents_[host];
}

SignedFact SimulatedSite::FactOf(HostNumber host, const LookWanted& look) {
  Fact fact = {.trace = look.trace, .host = NameOf(host), .asked = look.connection};
  if (look.is_inbound) {
    fact.asked_is_inbound = true;
    fact.finding = Finding::kUpstream;
    fact.upstream = look.connection;
  } else if (const auto root = roots_.find(look.connection); root != roots_.end()) {
    fact.finding = root->second;
  } else if (const auto link = upstream_.find(look.connection); link != upstream_.end()) {
    fact.finding = Finding::kUpstream;
    fact.upstream = link->second;
  } else {
    fact.finding = Finding::kNoSuchConnection;
  }
  if (behaviours_[host].tells_links) {
    for (const auto& [outbound, inbound] : upstream_) {
      if (NumberOf(outbound.local.ip) != host || outbound == look.connection) continue;
      if (fact.links.size() < kMostLinks) {
        fact.links.push_back({.outbound = outbound, .inbound = inbound});
      }
    }
  }
  fact.steps = {{.pid = 1, .user = {.uid = 1000, .name = "alice"}, .program = "/usr/bin/ssh"}};
  if (behaviours_[host].lie) behaviours_[host].lie(fact);
  return {.fact = EncodeFact(fact), .signature = "of " + std::to_string(host)};
}

void SimulatedSite::After(std::chrono::milliseconds delay, std::function<void()> run) {
  events_.push_back({.at = now_ + delay, .order = order_++, .run = std::move(run)});
  std::push_heap(events_.begin(), events_.end(), std::greater<>());
}

// What the agent of that host wants done, done.
void SimulatedSite::Carry(HostNumber host) {
  while (const std::optional<Wanted> wanted = rounds(host).Next()) Do(host, *wanted);
}

void SimulatedSite::Do(HostNumber host, const Wanted& wanted) {
  if (const auto* look = std::get_if<LookWanted>(&wanted)) {
    ++looks;
    After(kLook, [this, host, look = *look] {
      rounds(host).OnLooked(look.look, FactOf(host, look), now_);
      Carry(host);
    });
  } else if (const auto* ask = std::get_if<AskWanted>(&wanted)) {
    Ask(host, *ask);
  } else if (const auto* reply = std::get_if<Reply>(&wanted)) {
    if (reply->asker == kClient) {
      if (const auto* hop = std::get_if<Hop>(&reply->message)) {
        result_.messages.push_back(*hop);
        result_.hops.push_back(*DecodeFact(hop->fact.fact));
      }
      if (const auto* done = std::get_if<Done>(&reply->message)) result_.done = *done;
      if (const auto* deny = std::get_if<Deny>(&reply->message)) result_.denied = *deny;
    } else {
      Deliver(host, static_cast<HostNumber>(reply->asker), reply->message);
    }
  } else if (const auto* finished = std::get_if<Finished>(&wanted)) {
    result_.finished = *finished;
  } else if (const auto* record = std::get_if<SvWanted>(&wanted)) {
    result_.records.push_back(*record);
  } else if (const auto* line = std::get_if<LogLine>(&wanted)) {
    result_.log.push_back(line->text);
  }
}

void SimulatedSite::Ask(HostNumber host, const AskWanted& ask) {
  ++questions;
  const HostNumber to = NumberOf(ask.host);
  if (!behaviours_[to].has_agent) {
    return After(kMessage, [this, host, ask] {
      rounds(host).OnAskFailed(ask.host, ask.question.trace, End::kNoAgent, now_);
      Carry(host);
    });
  }
  if (!behaviours_[to].answers) return;
  After(kMessage, [this, host, to, ask] {
    rounds(to).OnTrace({.id = host,
                        .kind = PeerKind::kAgent,
                        .name = NameOf(host),
                        .addresses = {AddressOf(host)}},
                       ask.question, now_);
    Carry(to);
  });
}

void SimulatedSite::Deliver(HostNumber from, HostNumber to, const Message& message) {
  Behaviour& behaviour = behaviours_[from];
  if (!behaviour.answers) return;
  Message changed = message;
  if (auto* hop = std::get_if<Hop>(&changed)) {
    if (told_[from]++ >= behaviour.dies_after) {
      behaviour.answers = false;
      return After(kMessage, [this, from, to, trace = hop->trace] {
        rounds(to).OnAskFailed(AddressOf(from), trace, End::kSilent, now_);
        Carry(to);
      });
    }
    if (behaviour.relay) behaviour.relay(*hop);
  }
  if (auto* done = std::get_if<Done>(&changed); done != nullptr && behaviour.done) {
    behaviour.done(*done);
  }
  After(kMessage, [this, from, to, changed] {
    const Identity peer = IdentityOf(from);
    if (const auto* hop = std::get_if<Hop>(&changed)) rounds(to).OnHop(peer, *hop, now_);
    if (const auto* done = std::get_if<Done>(&changed)) rounds(to).OnDone(peer, *done, now_);
    if (const auto* deny = std::get_if<Deny>(&changed)) rounds(to).OnDeny(peer, *deny, now_);
    Carry(to);
  });
}

SimulatedSite::Result SimulatedSite::Run() {
  const Clock::time_point start = now_;
  const Clock::time_point end = start + std::chrono::minutes(2);
  while (!result_.done.has_value() && !result_.denied.has_value() && now_ < end) {
    std::optional<Clock::time_point> timer;
    for (const auto& [host, agent] : agents_) {
      const std::optional<Clock::time_point> next = agent->NextDeadline();
      if (next.has_value()) timer = std::min(timer.value_or(*next), *next);
    }
    if (!events_.empty() && (!timer.has_value() || events_.front().at <= *timer)) {
      std::pop_heap(events_.begin(), events_.end(), std::greater<>());
      const Event event = std::move(events_.back());
      events_.pop_back();
      now_ = std::max(now_, event.at);
      event.run();
    } else if (timer.has_value()) {
      now_ = std::max(now_, *timer);
      std::vector<HostNumber> hosts;
      for (const auto& [host, agent] : agents_) hosts.push_back(host);
      for (const HostNumber host : hosts) {
        if (!behaviours_[host].answers) {
          agents_.erase(host);  // a dead host's timers do not go off
          continue;
        }
        rounds(host).OnTime(now_);
        Carry(host);
      }
    } else {
      break;
    }
  }
  result_.took = std::chrono::duration_cast<std::chrono::milliseconds>(now_ - start);
  return std::exchange(result_, {});
}

SimulatedSite::Result SimulatedSite::Trace(const std::vector<Connection>& chain) {
  const Connection last = chain.back().Reversed();
  const HostNumber host = NumberOf(last.local.ip);
  rounds(host).Begin(kClient, last, true, "a test", now_);
  Carry(host);
  return Run();
}

SimulatedSite::Result SimulatedSite::Ask(HostNumber asker, HostNumber host,
                                         const class Trace& question, PeerKind kind) {
  rounds(host).OnTrace(
      {.id = kClient, .kind = kind, .name = NameOf(asker), .addresses = {AddressOf(asker)}},
      question, now_);
  Carry(host);
  return Run();
}

}  // namespace cairn::tracing
