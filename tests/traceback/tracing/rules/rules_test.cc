// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/rules/rules.h"

#include "catch2/catch.hpp"

namespace cairn::tracing {
namespace {

IpAddress Ip(std::string_view text) { return *IpAddress::Parse(text); }

// A look at a host where root, coming from elsewhere, goes on by ssh.
Perceptions Looked() {
  return {.event = Event::kLooked,
          .connected = Connected::kRemote,
          .doing = "/usr/bin/ssh",
          .users = {"alice", "root"}};
}

Perceptions Requested() {
  return {.event = Event::kRequest,
          .message_valid = true,
          .peer = PeerKind::kAgent,
          .certificate = Distrust::kNone,
          .trace = TraceState::kNew,
          .rate = Rate::kWithin,
          .neighbour = true,
          .address = Ip("192.0.2.7")};
}

TEST_CASE("a rule without conditions matches everything") {
  CHECK(Rule().Matches(Looked()));
  CHECK(Rule().Matches(Requested()));
}

TEST_CASE("a condition holds by one of its values, and not without any of them") {
  const Rule one_of_two = {.events = {Event::kLooked, Event::kEnded}};
  CHECK(one_of_two.Matches(Looked()));
  CHECK_FALSE(one_of_two.Matches(Requested()));
  const Rule connected = {.connected = {Connected::kConsole, Connected::kRemote}};
  CHECK(connected.Matches(Looked()));
  CHECK_FALSE(connected.Matches({.event = Event::kLooked, .connected = Connected::kNobody}));
  CHECK(Rule{.peers = {PeerKind::kAgent}}.Matches(Requested()));
  CHECK_FALSE(Rule{.peers = {PeerKind::kAsker}}.Matches(Requested()));
  CHECK(Rule{.certificates = {Distrust::kNone}}.Matches(Requested()));
  CHECK_FALSE(Rule{.certificates = {Distrust::kRevoked}}.Matches(Requested()));
  CHECK(Rule{.traces = {TraceState::kNew}}.Matches(Requested()));
  CHECK_FALSE(Rule{.traces = {TraceState::kSeen}}.Matches(Requested()));
  CHECK(Rule{.rates = {Rate::kWithin}}.Matches(Requested()));
  CHECK_FALSE(Rule{.rates = {Rate::kExceeded}}.Matches(Requested()));
}

TEST_CASE("a condition of yes or no holds only for what was perceived") {
  CHECK(Rule{.message_valid = true}.Matches(Requested()));
  CHECK_FALSE(Rule{.message_valid = false}.Matches(Requested()));
  CHECK(Rule{.neighbour = true}.Matches(Requested()));
  CHECK_FALSE(Rule{.neighbour = false}.Matches(Requested()));
  const Perceptions next = {.event = Event::kNextHop, .in_networks = false};
  CHECK(Rule{.in_networks = false}.Matches(next));
  CHECK_FALSE(Rule{.in_networks = true}.Matches(next));
  const Perceptions ended = {.event = Event::kEnded, .known_way = true, .end = End::kConsole};
  CHECK(Rule{.known_way = true, .ends = {End::kConsole}}.Matches(ended));
  CHECK_FALSE(Rule{.known_way = true, .ends = {End::kOutside}}.Matches(ended));
  CHECK_FALSE(Rule{.known_way = false}.Matches(ended));
}

TEST_CASE("a condition about what was not perceived does not hold") {
  const Perceptions nothing = {.event = Event::kPeer};
  CHECK_FALSE(Rule{.connected = {Connected::kRemote}}.Matches(nothing));
  CHECK_FALSE(Rule{.programs = {"*"}}.Matches(nothing));
  CHECK_FALSE(Rule{.users = {"root"}}.Matches(nothing));
  CHECK_FALSE(Rule{.message_valid = true}.Matches(nothing));
  CHECK_FALSE(Rule{.message_valid = false}.Matches(nothing));
  CHECK_FALSE(Rule{.peers = {PeerKind::kUnknown}}.Matches(nothing));
  CHECK_FALSE(Rule{.certificates = {Distrust::kNone}}.Matches(nothing));
  CHECK_FALSE(Rule{.in_networks = false}.Matches(nothing));
  CHECK_FALSE(Rule{.ends = {End::kConsole}}.Matches(nothing));
}

TEST_CASE("all conditions of a rule must hold") {
  Rule rule = {.events = {Event::kLooked},
               .connected = {Connected::kRemote},
               .programs = {"/usr/bin/ssh"},
               .users = {"root"}};
  CHECK(rule.Matches(Looked()));
  rule.users = {"bob"};
  CHECK_FALSE(rule.Matches(Looked()));
}

TEST_CASE("a program is named by its path, with a star at the end for anything") {
  const auto [pattern, matches] = GENERATE(table<std::string, bool>({{"/usr/bin/ssh", true},
                                                                     {"/usr/bin/ss", false},
                                                                     {"/usr/bin/ssh2", false},
                                                                     {"/usr/bin/*", true},
                                                                     {"/usr/bin/ssh*", true},
                                                                     {"/opt/*", false},
                                                                     {"/*", true}}));
  INFO(pattern);
  CHECK(Rule{.programs = {"/nowhere", pattern}}.Matches(Looked()) == matches);
}

TEST_CASE("one of the users on the way is enough") {
  CHECK(Rule{.users = {"nobody", "alice"}}.Matches(Looked()));
  CHECK_FALSE(Rule{.users = {"ali"}}.Matches(Looked()));
}

TEST_CASE("hosts are those of the peer or the next hop") {
  const Rule rule = {.networks = PrefixSet({*Prefix::Parse("192.0.2.0/29")})};
  CHECK(rule.Matches(Requested()));
  Perceptions other = Requested();
  other.address = Ip("192.0.2.8");
  CHECK_FALSE(rule.Matches(other));
}

TEST_CASE("the first rule that matches decides, and is counted") {
  RuleBase base({{.name = "console", .connected = {Connected::kConsole}},
                 {.name = "root", .users = {"root"}, .actions = {Action::kAsk, Action::kAlert}},
                 {.name = "looked", .events = {Event::kLooked}, .actions = {Action::kAsk}}});
  const Decision decision = base.Decide(Looked());
  CHECK(decision.rule == "root");
  CHECK(decision.actions == std::set<Action>{Action::kAsk, Action::kAlert});
  CHECK(decision.Has(Action::kAlert));
  CHECK_FALSE(decision.Has(Action::kFinish));
  CHECK(base.Decide(Looked()).rule == "root");
  CHECK(base.Decide({.event = Event::kLooked}).rule == "looked");
  const std::vector<RuleBase::Fired> counts = base.Counts();
  REQUIRE(counts.size() == 3);
  CHECK(counts[0].rule == "console");
  CHECK(counts[0].count == 0);
  CHECK(counts[1].count == 2);
  CHECK(counts[2].count == 1);
}

TEST_CASE("where no rule matches, nothing is done") {
  RuleBase base({{.name = "looked", .events = {Event::kLooked}, .actions = {Action::kAsk}}});
  const Decision decision = base.Decide(Requested());
  CHECK(decision.actions.empty());
  CHECK(decision.rule.empty());
  CHECK(base.Counts()[0].count == 0);
}

}  // namespace
}  // namespace cairn::tracing
