// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/asker/chain_walk.h"

#include <algorithm>
#include <utility>

namespace cairn::tracing {
namespace {

// Sockets may show IPv4 as mapped addresses; the chain is the same.
Connection Plain(Connection connection) {
  connection.local.ip = connection.local.ip.Unmapped();
  connection.remote.ip = connection.remote.ip.Unmapped();
  return connection;
}

// The end that a fact is by itself; unset: it leads on.
std::optional<End> EndOf(const Fact& fact) {
  if (fact.finding != Finding::kUpstream) return EndOfFinding(fact.finding);
  if (!NextAsked(fact).has_value()) return End::kUnproven;
  return std::nullopt;
}

// Whether an answer may say this of the host after its last fact: the others are what that host's
// own fact would say.
bool IsOfNextHost(End end) {
  switch (end) {
    case End::kOutside:
    case End::kNoAgent:
    case End::kSilent:
    case End::kRefused:
    case End::kUnproven:
    case End::kLoop:
    case End::kHops:
    case End::kTime:
      return true;
    case End::kConsole:
    case End::kProcess:
    case End::kNotKnown:
    case End::kClosed:
      break;
  }
  return false;
}

}  // namespace

ChainWalk::ChainWalk(const Connection& asked, const PrefixSet& networks, uint32_t most_hops)
    : networks_(networks),
      most_hops_(std::clamp<size_t>(most_hops, 1, kMostHops)),
      wanted_({.connection = Plain(asked)}),
      host_(wanted_.connection.local.ip) {}

ChainWalk::Place ChainWalk::PlaceOf(const Connection& connection, const AgentId& host) {
  const Connection plain = Plain(connection);
  return {.connection = plain, .host = IsHostsOwn(plain.local.ip) ? host : AgentId{}};
}

ChainWalk::Fit ChainWalk::Take(CheckedFact fact) {
  if (end_.has_value()) return Fit::kOver;
  const Place about = PlaceOf(fact.fact.asked, fact.identity.id);
  // Whose loopback was asked about: nobody has told before.
  if (hops_.empty() && wanted_.connection == about.connection) wanted_.host = about.host;
  if (passed_.contains(about) || beside_.contains(about)) return Fit::kRepeated;
  // As many as a chain may have: an answer without an end takes no more room.
  if (beside_.size() >= kMostHops) return Fit::kOver;
  beside_.emplace(about, std::move(fact));
  if (about != wanted_) return Fit::kUnrelated;
  Advance();
  return Fit::kJoins;
}

std::string_view ChainWalk::WhyClaim(Fit fit, bool is_first) {
  if (fit == Fit::kOver) return "the chain has its end before it";
  return is_first ? "it is not about the connection that was asked about"
                  : "it does not follow from the hop before";
}

// Follows what is known for as long as it leads on.
void ChainWalk::Advance() {
  while (!end_.has_value()) {
    if (const auto known = beside_.find(wanted_); known != beside_.end()) {
      if (hops_.size() >= most_hops_) {
        end_ = End::kHops;
        return;
      }
      passed_.insert(wanted_);
      hops_.push_back(std::move(known->second));
      beside_.erase(known);
      const Fact& fact = hops_.back().fact;
      const AgentId& host = hops_.back().identity.id;
      // Those of its own addresses: that has been verified.  The first word counts.  Of what is not
      // sure the host is asked: its fact says so, and a link would not be seen.
      for (const Link& link : fact.links) {
        if (!link.sure) continue;
        links_.emplace(PlaceOf(link.outbound, host), PlaceOf(link.inbound.Reversed(), host));
      }
      end_ = EndOf(fact);
      if (end_.has_value() || !Step(PlaceOf(*NextAsked(fact), host))) return;
    } else if (const auto link = links_.find(wanted_); link != links_.end()) {
      passed_.insert(wanted_);
      ++collapsed_;
      if (!Step(link->second)) return;
    } else {
      return;
    }
  }
}

// On to the host that the inbound connection comes from.  False: the chain has been there.
bool ChainWalk::Step(const Place& place) {
  wanted_ = place;
  // Through loopback it comes from the host that it is on.
  const IpAddress& address = wanted_.connection.local.ip;
  if (!IsHostsOwn(address)) host_ = address;
  if (!passed_.contains(wanted_)) return true;
  end_ = End::kLoop;
  return false;
}

bool ChainWalk::MayAsk() const {
  if (questions_.contains(wanted_) || hops_.size() >= most_hops_) return false;
  return hops_.empty() || networks_.Contains(host_);
}

std::optional<ChainWalk::Target> ChainWalk::ToAsk() const {
  if (end_.has_value() || waiting_ || !MayAsk()) return std::nullopt;
  return Target{.host = host_, .connection = wanted_.connection};
}

void ChainWalk::Asking() {
  questions_.insert(wanted_);
  waiting_ = true;
}

void ChainWalk::AnswerEnded(std::optional<End> said) {
  waiting_ = false;
  if (end_.has_value()) return;
  // Who was asked about it has said nothing of it that can be believed.
  if (questions_.contains(wanted_)) return Stop(End::kUnproven);
  GoOnOr(said.has_value() && IsOfNextHost(*said) ? *said : End::kOutside);
}

void ChainWalk::AnswerBroke(End why) {
  waiting_ = false;
  if (end_.has_value()) return;
  if (questions_.contains(wanted_)) return Stop(why);
  GoOnOr(End::kOutside);
}

// What others claim about the next host matters only if it cannot be asked.
void ChainWalk::GoOnOr(End otherwise) {
  if (MayAsk()) return;
  Stop(hops_.size() >= most_hops_ ? End::kHops : otherwise);
}

void ChainWalk::Stop(End why) {
  waiting_ = false;
  if (!end_.has_value()) end_ = why;
}

std::optional<Connection> ChainWalk::beyond() const {
  if (!end_.has_value() || hops_.empty()) return std::nullopt;
  // The last fact is an end by itself.
  if (EndOf(hops_.back().fact).has_value()) return std::nullopt;
  return wanted_.connection;
}

}  // namespace cairn::tracing
