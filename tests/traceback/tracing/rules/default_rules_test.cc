// SPDX-License-Identifier: BSD-3-Clause
// What the shipped rules decide.
#include <set>
#include <string>

#include "catch2/catch.hpp"

#include "traceback/tracing/rules/rule_check.h"
#include "traceback/tracing/rules/rules.h"
#include "traceback/tracing/rules/words.h"

namespace cairn::tracing {
namespace {

using Actions = std::set<Action>;

Decision Decide(const Perceptions& seen) { return RuleBase(DefaultRules()).Decide(seen); }

Perceptions FromPeer(Event event) {
  return {.event = event,
          .message_valid = true,
          .peer = PeerKind::kAgent,
          .certificate = Distrust::kNone,
          .trace = event == Event::kRequest ? std::optional(TraceState::kNew) : std::nullopt,
          .rate = Rate::kWithin,
          .end = event == Event::kChain ? std::optional(End::kConsole) : std::nullopt,
          .address = *IpAddress::Parse("192.0.2.7")};
}

TEST_CASE("the shipped rules make sense, and decide upon every event") {
  const std::vector<Rule> rules = DefaultRules();
  for (const RuleFault& fault : CheckRules(rules)) {
    FAIL_CHECK(rules[fault.rule].name << " " << fault.key << ": " << fault.text);
  }
  CHECK(EventsLeftOpen(rules).empty());
  CHECK(rules.size() <= kMostRules);
  std::set<std::string> names;
  for (const Rule& rule : rules) {
    CHECK(rule.shipped);
    CHECK(names.insert(rule.name).second);
  }
}

TEST_CASE("whatever is perceived upon an event, the shipped rules decide") {
  for (const auto& [name, event] : EventWords()) {
    INFO(name);
    CHECK_FALSE(Decide({.event = event}).actions.empty());
  }
}

TEST_CASE("whoever has no valid certificate is denied with an alert, whatever is asked") {
  for (const Event event : {Event::kRequest, Event::kChain, Event::kPeer}) {
    for (const auto& [word, distrust] : CertificateWords()) {
      INFO(EventName(event) << " " << word);
      Perceptions seen = FromPeer(event);
      seen.certificate = distrust;
      const Decision decision = Decide(seen);
      const bool is_denied = decision.actions == Actions{Action::kDeny, Action::kAlert};
      CHECK(is_denied == (distrust != Distrust::kNone));
      CHECK((decision.rule == "stale-list") == (distrust == Distrust::kStaleList));
    }
  }
}

TEST_CASE("a message without sense is denied with an alert") {
  for (const Event event : {Event::kRequest, Event::kChain, Event::kPeer}) {
    Perceptions seen = FromPeer(event);
    seen.message_valid = false;
    CHECK(Decide(seen).actions == Actions{Action::kDeny, Action::kAlert});
    CHECK(Decide(seen).rule == "invalid-message");
  }
}

TEST_CASE("who asks too much, or has not said who it is, is denied without an alert") {
  for (const Event event : {Event::kRequest, Event::kChain, Event::kPeer}) {
    Perceptions seen = FromPeer(event);
    seen.rate = Rate::kExceeded;
    CHECK(Decide(seen).actions == Actions{Action::kDeny});
    CHECK(Decide(seen).rule == "too-many");
    seen = FromPeer(event);
    seen.peer = PeerKind::kUnknown;
    CHECK(Decide(seen).actions == Actions{Action::kDeny});
    CHECK(Decide(seen).rule == "unknown-peer");
  }
}

TEST_CASE("agents and sensors are answered") {
  for (const PeerKind kind : {PeerKind::kAgent, PeerKind::kAsker}) {
    Perceptions seen = FromPeer(Event::kRequest);
    seen.peer = kind;
    CHECK(Decide(seen).actions == Actions{Action::kAnswer});
  }
  Perceptions local = FromPeer(Event::kRequest);
  local.peer = PeerKind::kLocal;
  CHECK(Decide(local).rule == "other-request");
  CHECK(Decide({.event = Event::kBegin, .peer = PeerKind::kLocal, .rate = Rate::kWithin}).actions ==
        Actions{Action::kAnswer});
}

TEST_CASE("a trace that comes back is answered from what is known") {
  for (const TraceState state : {TraceState::kOwn, TraceState::kSeen}) {
    for (const PeerKind kind : {PeerKind::kAgent, PeerKind::kAsker}) {
      Perceptions seen = FromPeer(Event::kRequest);
      seen.trace = state;
      seen.peer = kind;
      CHECK(Decide(seen).actions == Actions{Action::kAnswerKnown});
    }
  }
}

TEST_CASE("a user at the console, and a process of nobody's session, end a trace") {
  const auto decide = [](Connected connected) {
    return Decide({.event = Event::kLooked, .connected = connected, .doing = "/usr/bin/ssh"});
  };
  CHECK(decide(Connected::kConsole).actions == Actions{Action::kFinish});
  CHECK(decide(Connected::kNobody).actions == Actions{Action::kFinish});
  CHECK(decide(Connected::kNotKnown).actions == Actions{Action::kFinish});
  CHECK(decide(Connected::kRemote).actions == Actions{Action::kAsk});
}

TEST_CASE("only hosts of tracing.networks are asked") {
  CHECK(Decide({.event = Event::kNextHop, .in_networks = true}).actions == Actions{Action::kAsk});
  const Decision outside = Decide({.event = Event::kNextHop, .in_networks = false});
  CHECK(outside.actions == Actions{Action::kFinish});
  CHECK(outside.rule == "outside");
}

TEST_CASE("what was found is kept and told, for a sensor only kept; a peer's chain is kept") {
  CHECK(Decide({.event = Event::kEnded, .known_way = true, .end = End::kConsole}).actions ==
        Actions{Action::kSave, Action::kBroadcast});
  CHECK(Decide(FromPeer(Event::kChain)).actions == Actions{Action::kSave});
  const Decision wanted =
      Decide({.event = Event::kEnded, .peer = PeerKind::kAsker, .end = End::kConsole});
  CHECK(wanted.actions == Actions{Action::kSave});
  CHECK(wanted.rule == "ended-for-asker");
  Perceptions sensor = FromPeer(Event::kChain);
  sensor.peer = PeerKind::kAsker;
  CHECK(Decide(sensor).actions == Actions{Action::kDeny});
  CHECK(Decide(FromPeer(Event::kPeer)).actions == Actions{Action::kAnswer});
}

}  // namespace
}  // namespace cairn::tracing
