// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/rules/rule_check.h"

#include "catch2/catch.hpp"

#include "traceback/tracing/rules/words.h"

namespace cairn::tracing {
namespace {

using Catch::Matchers::Contains;

Rule Answering(std::string name) {
  return {.name = std::move(name), .events = {Event::kRequest}, .actions = {Action::kAnswer}};
}

PrefixSet Networks(std::string_view one) { return PrefixSet({*Prefix::Parse(one)}); }

std::string Fault(const std::vector<Rule>& rules, size_t rule, std::string_view key) {
  const std::vector<RuleFault> faults = CheckRules(rules);
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].rule == rule);
  CHECK(faults[0].key == key);
  return faults[0].text;
}

void Sound(const std::vector<Rule>& rules) {
  for (const RuleFault& fault : CheckRules(rules)) {
    FAIL_CHECK(rules[fault.rule].name << " " << fault.key << ": " << fault.text);
  }
}

TEST_CASE("a condition upon an event that does not have it is refused") {
  Rule rule = Answering("r");
  rule.connected = {Connected::kConsole};
  CHECK(Fault({rule}, 0, "when.connected") ==
        "connected is not perceived upon request; it is upon looked");
  rule.events = {Event::kLooked};
  rule.actions = {Action::kAsk};
  Sound({rule});
}

TEST_CASE("conditions that no event has together are refused") {
  const Rule rule = {.name = "r", .users = {"root"}, .neighbour = true, .actions = {Action::kDeny}};
  CHECK_THAT(Fault({rule}, 0, "when"), Contains("no event upon which all of these"));
}

TEST_CASE("a rule without an event is of all that have its conditions") {
  CHECK(EventsOf(Rule{.certificates = {Distrust::kForged}}) == std::set<Event>{Event::kPeer});
  CHECK(EventsOf(Rule{.rates = {Rate::kExceeded}}) ==
        std::set<Event>{Event::kBegin, Event::kRequest});
  CHECK(EventsOf(Rule{.rates = {Rate::kExceeded}, .neighbour = false}) ==
        std::set<Event>{Event::kRequest});
  CHECK(EventsOf(Rule{}).size() == 7);
}

TEST_CASE("actions that exclude each other are refused") {
  const auto [actions, told] = GENERATE(table<std::set<Action>, std::string>({
      {{Action::kAnswer, Action::kDeny}, "answer and deny exclude each other"},
      {{Action::kAnswer, Action::kAnswerKnown}, "answer and answer_known exclude each other"},
  }));
  Rule rule = Answering("r");
  rule.actions = actions;
  CHECK_THAT(Fault({rule}, 0, "then"), Contains(told));
}

TEST_CASE("what is denied or finished cannot be kept as well") {
  CHECK_THAT(
      Fault({{.name = "r", .events = {Event::kChain}, .actions = {Action::kSave, Action::kDeny}}},
            0, "then"),
      Contains("deny and save exclude each other"));
  CHECK_THAT(Fault({{.name = "r",
                     .events = {Event::kEnded},
                     .actions = {Action::kBroadcast, Action::kFinish}}},
                   0, "then"),
             Contains("finish and broadcast exclude each other"));
  Sound({{.name = "r", .events = {Event::kEnded}, .actions = {Action::kFinish}}});
}

TEST_CASE("a chain that is not kept cannot go to all") {
  CHECK(Fault({{.name = "r",
                .events = {Event::kEnded},
                .actions = {Action::kBroadcast, Action::kAlert}}},
              0, "then") ==
        "broadcast goes with save: others are told of chains that are kept; add save");
  Sound({{.name = "r", .events = {Event::kEnded}, .actions = {Action::kBroadcast, Action::kSave}}});
  Sound({{.name = "r", .events = {Event::kEnded}, .actions = {Action::kSave}}});
}

TEST_CASE("an action that the event does not have is refused") {
  Rule rule = Answering("r");
  rule.actions = {Action::kAnswer, Action::kSave};
  CHECK(Fault({rule}, 0, "then") == "save cannot be done upon request; it can upon ended, chain");
  const Rule any = {.name = "any", .peers = {PeerKind::kUnknown}, .actions = {Action::kDeny}};
  CHECK_THAT(Fault({any}, 0, "then"), Contains("say which under when.event"));
}

TEST_CASE("a rule has to say what is done") {
  const auto [event, told] = GENERATE(table<Event, std::string>({
      {Event::kBegin, "begin: add answer or answer_known or deny"},
      {Event::kRequest, "request: add answer or answer_known or deny"},
      {Event::kLooked, "looked: add finish or ask"},
      {Event::kNextHop, "next_hop: add finish or ask"},
      {Event::kEnded, "ended: add finish or save"},
      {Event::kChain, "chain: add deny or save"},
      {Event::kPeer, "peer: add answer or deny"},
  }));
  CHECK_THAT(Fault({{.name = "r", .events = {event}, .actions = {Action::kAlert}}}, 0, "then"),
             Contains("it does not say what is done upon " + told));
}

TEST_CASE("no rule makes anybody believe a certificate") {
  Rule rule = {.name = "r",
               .events = {Event::kPeer},
               .certificates = {Distrust::kNone, Distrust::kExpired},
               .actions = {Action::kAnswer}};
  CHECK_THAT(Fault({rule}, 0, "then"), Contains("that is expired, deny is all"));
  rule.certificates = {Distrust::kNone};
  Sound({rule});
  rule.certificates = {Distrust::kExpired};
  rule.actions = {Action::kDeny, Action::kAlert};
  Sound({rule});
}

TEST_CASE("a rule that an earlier one takes all of is refused") {
  Rule narrow = Answering("narrow");
  narrow.peers = {PeerKind::kAsker};
  CHECK(Fault({Answering("wide"), narrow}, 1, "") ==
        "the rule can never match, since wide takes all of it: put it before, or leave it out");
  Sound({narrow, Answering("wide")});
}

TEST_CASE("a rule that several earlier ones share out is refused") {
  Rule within = Answering("within");
  within.rates = {Rate::kWithin};
  Rule exceeded = Answering("exceeded");
  exceeded.rates = {Rate::kExceeded};
  CHECK_THAT(Fault({within, exceeded, Answering("rest")}, 2, ""),
             Contains("since within and exceeded take all of it"));
  // One combination is left.
  within.neighbour = true;
  Sound({within, exceeded, Answering("rest")});
}

TEST_CASE("rules of other events take nothing") {
  const Rule any_event = {.name = "any", .rates = {Rate::kExceeded}, .actions = {Action::kDeny}};
  Rule begin = any_event;
  begin.name = "begin";
  begin.events = {Event::kBegin};
  CHECK_THAT(Fault({any_event, begin}, 1, ""), Contains("since any takes all"));
  Sound({begin, any_event});
  // Together the parts are the whole.
  Rule request = any_event;
  request.name = "request";
  request.events = {Event::kRequest};
  CHECK_THAT(Fault({begin, request, any_event}, 2, ""),
             Contains("since begin and request take all"));
}

TEST_CASE("programs, users and hosts of a rule are compared with those of earlier ones") {
  const auto looked = [](std::string name) {
    return Rule{.name = std::move(name), .events = {Event::kLooked}, .actions = {Action::kAsk}};
  };
  Rule wide = looked("wide");
  Rule narrow = looked("narrow");
  wide.programs = {"/usr/bin/*"};
  narrow.programs = {"/usr/bin/ssh", "/usr/bin/s*"};
  CHECK_THAT(Fault({wide, narrow}, 1, ""), Contains("wide takes all"));
  Sound({narrow, wide});
  narrow.programs.emplace_back("/opt/ssh");
  Sound({wide, narrow});

  wide = looked("wide");
  narrow = looked("narrow");
  wide.users = {"root", "alice"};
  narrow.users = {"alice"};
  CHECK_THAT(Fault({wide, narrow}, 1, ""), Contains("wide takes all"));
  narrow.users = {"alice", "bob"};
  Sound({wide, narrow});
  Sound({wide, looked("rest")});

  wide = Answering("wide");
  narrow = Answering("narrow");
  wide.networks = Networks("192.0.2.0/24");
  narrow.networks = Networks("192.0.2.64/26");
  CHECK_THAT(Fault({wide, narrow}, 1, ""), Contains("wide takes all"));
  narrow.networks = Networks("192.0.0.0/16");
  Sound({wide, narrow});
  wide.networks = Networks("::/0");
  CHECK_THAT(Fault({wide, narrow}, 1, ""), Contains("wide takes all"));
  wide.networks = Networks("0.0.0.0/0");
  narrow.networks = Networks("2001:db8::/32");
  Sound({wide, narrow});
}

TEST_CASE("as many rules as are allowed are checked at once") {
  std::vector<Rule> rules;
  for (size_t i = 0; i < kMostRules; ++i) {
    Rule rule = Answering("r");
    rule.users = {};
    rule.networks = Networks("192.0.2." + std::to_string(i));
    rule.peers = {PeerKind::kAgent};
    rule.traces = {TraceState::kNew, TraceState::kSeen};
    rules.push_back(rule);
  }
  Sound(rules);
}

TEST_CASE("an event is decided upon only by a rule whose only condition it is") {
  CHECK(EventsLeftOpen({}).size() == 7);
  CHECK(EventsLeftOpen(DefaultRules()).empty());
  Rule rule = Answering("r");
  const auto is_open = [&] {
    const std::vector<Event> open = EventsLeftOpen({rule});
    return std::find(open.begin(), open.end(), Event::kRequest) != open.end();
  };
  CHECK_FALSE(is_open());
  rule.rates = {Rate::kWithin, Rate::kExceeded};
  CHECK(is_open());
}

TEST_CASE("every condition and every action has an event, and a name") {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Condition::kHosts); ++i) {
    const auto condition = static_cast<Condition>(i);
    CHECK_FALSE(EventsOf(condition).empty());
    CHECK(names.insert(ConditionName(condition)).second);
  }
  for (const auto& [name, action] : ActionWords()) CHECK_FALSE(EventsOf(action).empty());
}

}  // namespace
}  // namespace cairn::tracing
