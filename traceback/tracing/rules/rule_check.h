// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_RULES_RULE_CHECK_H_
#define CAIRN_TRACEBACK_TRACING_RULES_RULE_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "traceback/tracing/rules/rules.h"

// Whether rules make sense: before an agent runs by them.
namespace cairn::tracing {

// What a rule can be about, beside the event.
enum class Condition : uint8_t {
  kConnected,
  kDoing,
  kUsers,
  kMessage,
  kPeer,
  kCertificate,
  kTrace,
  kRate,
  kNeighbour,
  kInNetworks,
  kKnownWay,
  kEnd,
  kHosts,
};
std::string_view ConditionName(Condition condition);  // as under `when`: "connected", "doing", ...

// Upon which events a condition is perceived, and an action can be done.  Upon an event, all
// perceptions that have a meaning are set.
const std::set<Event>& EventsOf(Condition condition);
const std::set<Event>& EventsOf(Action action);
// Of finish, ask, answer, answer_known and deny, a rule has one at most; upon every event but
// `ended` it needs one.  Save takes its place upon `chain`.
bool IsVerdict(Action action);

std::set<Condition> GivenConditions(const Rule& rule);
// Upon which it can match: those it names, or else those that have all of its conditions.
std::set<Event> EventsOf(const Rule& rule);

struct RuleFault {
  size_t rule = 0;        // index
  std::string key = {};   // of the rule: "when.connected", "then"; empty: the rule as a whole
  std::string text = {};  // what is wrong, and what to do
};
// Conditions and actions without a meaning, actions that exclude each other or do not say what is
// to be done, and rules that can never match since earlier ones take all.  O(n^2) for n rules,
// times the number of values of their conditions.
std::vector<RuleFault> CheckRules(const std::vector<Rule>& rules);

// Events upon which it is not certain that a rule matches: there is none without a condition.
std::vector<Event> EventsLeftOpen(const std::vector<Rule>& rules);

// What CheckRules() takes at most.
inline constexpr size_t kMostRules = 64;

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_RULES_RULE_CHECK_H_
