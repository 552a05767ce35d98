// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/rules/rule_check.h"

#include <algorithm>
#include <array>

#include "fmt/format.h"

#include "traceback/tracing/rules/rule_cover.h"
#include "traceback/tracing/rules/words.h"

namespace cairn::tracing {
namespace {

using Events = std::set<Event>;
using Faults = std::vector<RuleFault>;

constexpr std::array<Condition, 13> kConditions = {
    Condition::kConnected, Condition::kDoing,       Condition::kUsers,    Condition::kMessage,
    Condition::kPeer,      Condition::kCertificate, Condition::kTrace,    Condition::kRate,
    Condition::kNeighbour, Condition::kInNetworks,  Condition::kKnownWay, Condition::kEnd,
    Condition::kHosts};

// Of which a rule needs one upon the event, so that it is clear what is done.
std::set<Action> ChoicesUpon(Event event) {
  switch (event) {
    case Event::kBegin:
    case Event::kRequest:
      return {Action::kAnswer, Action::kAnswerKnown, Action::kDeny};
    case Event::kLooked:
    case Event::kNextHop:
      return {Action::kAsk, Action::kFinish};
    case Event::kEnded:
      return {Action::kSave, Action::kFinish};
    case Event::kChain:
      return {Action::kSave, Action::kDeny};
    case Event::kPeer:
      return {Action::kAnswer, Action::kDeny};
  }
  return {};
}

std::string Listed(const Events& events) {
  std::vector<std::string_view> names;
  for (const Event event : events) names.push_back(EventName(event));
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string Listed(const std::set<Action>& actions, std::string_view between) {
  std::vector<std::string_view> names;
  for (const Action action : actions) names.push_back(ActionName(action));
  return fmt::format("{}", fmt::join(names, between));
}

void CheckConditions(size_t index, const Rule& rule, Faults& faults) {
  for (const Condition condition : GivenConditions(rule)) {
    for (const Event event : rule.events) {
      if (EventsOf(condition).contains(event)) continue;
      faults.push_back({.rule = index,
                        .key = fmt::format("when.{}", ConditionName(condition)),
                        .text = fmt::format("{} is not perceived upon {}; it is upon {}",
                                            ConditionName(condition), EventName(event),
                                            Listed(EventsOf(condition)))});
    }
  }
  if (!rule.events.empty() || !EventsOf(rule).empty()) return;
  faults.push_back({.rule = index,
                    .key = "when",
                    .text = "there is no event upon which all of these conditions are perceived: "
                            "make two rules of it"});
}

// Two actions that exclude each other.
void CheckTogether(size_t index, const Rule& rule, Faults& faults) {
  std::vector<Action> verdicts;
  std::copy_if(rule.actions.begin(), rule.actions.end(), std::back_inserter(verdicts), IsVerdict);
  std::vector<Action> pair = verdicts;
  if (verdicts.size() == 1) {
    // What is finished or denied leaves nothing that could be kept.
    const bool nothing = verdicts[0] == Action::kFinish || verdicts[0] == Action::kDeny;
    for (const Action kept : {Action::kSave, Action::kBroadcast}) {
      if (nothing && rule.actions.contains(kept)) pair.push_back(kept);
    }
  }
  if (pair.size() < 2) return;
  faults.push_back({.rule = index,
                    .key = "then",
                    .text = fmt::format("{} and {} exclude each other: keep one of them",
                                        ActionName(pair[0]), ActionName(pair[1]))});
}

void CheckActions(size_t index, const Rule& rule, Faults& faults) {
  const Events events = EventsOf(rule);
  for (const Action action : rule.actions) {
    const auto without = std::find_if(events.begin(), events.end(), [&](Event event) {
      return !EventsOf(action).contains(event);
    });
    if (without == events.end()) continue;
    faults.push_back(
        {.rule = index,
         .key = "then",
         .text = fmt::format("{} cannot be done upon {}; it can upon {}{}", ActionName(action),
                             EventName(*without), Listed(EventsOf(action)),
                             rule.events.empty() ? ": say which under when.event" : "")});
    return;
  }
  CheckTogether(index, rule, faults);
  if (rule.actions.contains(Action::kBroadcast) && !rule.actions.contains(Action::kSave) &&
      !std::any_of(rule.actions.begin(), rule.actions.end(), IsVerdict)) {
    faults.push_back({.rule = index,
                      .key = "then",
                      .text = "broadcast goes with save: others are told of chains that are kept; "
                              "add save"});
    return;
  }
  for (const Event event : events) {
    const std::set<Action> choices = ChoicesUpon(event);
    if (std::any_of(choices.begin(), choices.end(),
                    [&](Action action) { return rule.actions.contains(action); })) {
      continue;
    }
    faults.push_back({.rule = index,
                      .key = "then",
                      .text = fmt::format("it does not say what is done upon {}: add {}",
                                          EventName(event), Listed(choices, " or "))});
    return;
  }
}

// A rule cannot make anybody believe a certificate.
void CheckBelief(size_t index, const Rule& rule, Faults& faults) {
  for (const Distrust distrust : rule.certificates) {
    if (distrust == Distrust::kNone || rule.actions.contains(Action::kDeny)) continue;
    faults.push_back({.rule = index,
                      .key = "then",
                      .text = fmt::format("with a certificate that is {}, deny is all that can be "
                                          "done (and alert)",
                                          CertificateName(distrust))});
    return;
  }
}

}  // namespace

std::string_view ConditionName(Condition condition) {
  switch (condition) {
    case Condition::kConnected:
      return "connected";
    case Condition::kDoing:
      return "doing";
    case Condition::kUsers:
      return "users";
    case Condition::kMessage:
      return "message";
    case Condition::kPeer:
      return "peer";
    case Condition::kCertificate:
      return "certificate";
    case Condition::kTrace:
      return "trace";
    case Condition::kRate:
      return "rate";
    case Condition::kNeighbour:
      return "neighbour";
    case Condition::kInNetworks:
      return "in_networks";
    case Condition::kKnownWay:
      return "known_way";
    case Condition::kEnd:
      return "end";
    case Condition::kHosts:
      return "hosts";
  }
  return "unknown";
}

const std::set<Event>& EventsOf(Condition condition) {
  static const Events looked = {Event::kLooked};
  // Whoever cannot prove who they are, or make no sense, come no further than this.
  static const Events peer = {Event::kPeer};
  static const Events of_peers = {Event::kRequest, Event::kLooked, Event::kEnded, Event::kChain,
                                  Event::kPeer};
  static const Events questions = {Event::kBegin, Event::kRequest};
  static const Events request = {Event::kRequest};
  static const Events next_hop = {Event::kNextHop};
  static const Events ended = {Event::kEnded};
  static const Events of_hosts = {Event::kRequest, Event::kNextHop, Event::kChain, Event::kPeer};
  switch (condition) {
    case Condition::kConnected:
    case Condition::kDoing:
    case Condition::kUsers:
      return looked;
    case Condition::kMessage:
    case Condition::kCertificate:
      return peer;
    case Condition::kPeer:
      return of_peers;
    case Condition::kRate:
      return questions;
    case Condition::kTrace:
    case Condition::kNeighbour:
      return request;
    case Condition::kInNetworks:
      return next_hop;
    case Condition::kKnownWay:
    case Condition::kEnd:
      return ended;
    case Condition::kHosts:
      return of_hosts;
  }
  return looked;
}

const std::set<Event>& EventsOf(Action action) {
  static const Events steps = {Event::kLooked, Event::kNextHop};
  static const Events ends = {Event::kLooked, Event::kNextHop, Event::kEnded};
  static const Events questions = {Event::kBegin, Event::kRequest};
  static const Events answers = {Event::kBegin, Event::kRequest, Event::kPeer};
  static const Events denials = {Event::kBegin, Event::kRequest, Event::kChain, Event::kPeer};
  static const Events ended = {Event::kEnded};
  static const Events chains = {Event::kEnded, Event::kChain};
  static const Events here = {Event::kBegin, Event::kRequest, Event::kLooked};
  static const Events all = {Event::kBegin, Event::kRequest, Event::kLooked, Event::kNextHop,
                             Event::kEnded, Event::kChain,   Event::kPeer};
  switch (action) {
    case Action::kFinish:
      return ends;
    case Action::kAsk:
      return steps;
    case Action::kAnswer:
      return answers;
    case Action::kAnswerKnown:
      return questions;
    case Action::kDeny:
      return denials;
    case Action::kBroadcast:
      return ended;
    case Action::kSave:
      return chains;
    case Action::kStopSv:
      return here;
    case Action::kAlert:
      return all;
  }
  return all;
}

bool IsVerdict(Action action) {
  return action == Action::kFinish || action == Action::kAsk || action == Action::kAnswer ||
         action == Action::kAnswerKnown || action == Action::kDeny;
}

std::set<Condition> GivenConditions(const Rule& rule) {
  std::set<Condition> given;
  const auto add = [&](bool is_given, Condition condition) {
    if (is_given) given.insert(condition);
  };
  add(!rule.connected.empty(), Condition::kConnected);
  add(!rule.programs.empty(), Condition::kDoing);
  add(!rule.users.empty(), Condition::kUsers);
  add(rule.message_valid.has_value(), Condition::kMessage);
  add(!rule.peers.empty(), Condition::kPeer);
  add(!rule.certificates.empty(), Condition::kCertificate);
  add(!rule.traces.empty(), Condition::kTrace);
  add(!rule.rates.empty(), Condition::kRate);
  add(rule.neighbour.has_value(), Condition::kNeighbour);
  add(rule.in_networks.has_value(), Condition::kInNetworks);
  add(rule.known_way.has_value(), Condition::kKnownWay);
  add(!rule.ends.empty(), Condition::kEnd);
  add(!rule.networks.empty(), Condition::kHosts);
  return given;
}

std::set<Event> EventsOf(const Rule& rule) {
  const std::set<Condition> conditions = GivenConditions(rule);
  Events events;
  for (const auto& [name, event] : EventWords()) {
    const Event each = event;
    if (!rule.events.empty() && !rule.events.contains(each)) continue;
    if (std::all_of(conditions.begin(), conditions.end(),
                    [&](Condition condition) { return EventsOf(condition).contains(each); })) {
      events.insert(each);
    }
  }
  return events;
}

std::vector<RuleFault> CheckRules(const std::vector<Rule>& rules) {
  Faults faults;
  for (size_t i = 0; i < rules.size(); ++i) {
    const size_t before = faults.size();
    CheckConditions(i, rules[i], faults);
    if (faults.size() != before) continue;
    CheckActions(i, rules[i], faults);
    CheckBelief(i, rules[i], faults);
  }
  // A rule without sense would make others seem to be hidden.
  if (!faults.empty()) return faults;
  for (size_t i = 0; i < rules.size(); ++i) {
    const std::vector<size_t> by = CoveredBy(rules, i);
    if (by.empty()) continue;
    std::vector<std::string_view> names;
    for (const size_t each : by) names.push_back(rules[each].name);
    faults.push_back(
        {.rule = i,
         .text = fmt::format("the rule can never match, since {} {} all of it: put "
                             "it before, or leave it out",
                             fmt::join(names, " and "), by.size() == 1 ? "takes" : "take")});
  }
  return faults;
}

std::vector<Event> EventsLeftOpen(const std::vector<Rule>& rules) {
  std::vector<Event> open;
  for (const auto& [name, event] : EventWords()) {
    const Event each = event;
    if (std::none_of(rules.begin(), rules.end(), [&](const Rule& rule) {
          return GivenConditions(rule).empty() &&
                 (rule.events.empty() || rule.events.contains(each));
        })) {
      open.push_back(each);
    }
  }
  return open;
}

}  // namespace cairn::tracing
