// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/rules/rules.h"

#include <algorithm>

namespace cairn::tracing {
namespace {

// A condition that is not given holds; one that is given needs something perceived.
template <typename T>
bool Holds(const std::set<T>& wanted, const std::optional<T>& seen) {
  return wanted.empty() || (seen.has_value() && wanted.contains(*seen));
}

bool Holds(const std::optional<bool>& wanted, const std::optional<bool>& seen) {
  return !wanted.has_value() || wanted == seen;
}

bool IsProgram(std::string_view pattern, std::string_view program) {
  if (!pattern.ends_with('*')) return pattern == program;
  pattern.remove_suffix(1);
  return program.starts_with(pattern);
}

bool HasProgram(const std::vector<std::string>& patterns, std::string_view program) {
  if (patterns.empty()) return true;
  // "*" means any program, which is not the same as none.
  return !program.empty() &&
         std::any_of(patterns.begin(), patterns.end(),
                     [&](std::string_view pattern) { return IsProgram(pattern, program); });
}

bool HasUser(const std::vector<std::string>& wanted, const std::vector<std::string>& seen) {
  return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), [&](const std::string& user) {
           return std::find(seen.begin(), seen.end(), user) != seen.end();
         });
}

}  // namespace

bool Rule::Matches(const Perceptions& seen) const {
  return (events.empty() || events.contains(seen.event)) && Holds(connected, seen.connected) &&
         HasProgram(programs, seen.doing) && HasUser(users, seen.users) &&
         Holds(message_valid, seen.message_valid) && Holds(peers, seen.peer) &&
         Holds(certificates, seen.certificate) && Holds(traces, seen.trace) &&
         Holds(rates, seen.rate) && Holds(neighbour, seen.neighbour) &&
         Holds(in_networks, seen.in_networks) && Holds(known_way, seen.known_way) &&
         Holds(ends, seen.end) && (networks.empty() || networks.Contains(seen.address));
}

Decision RuleBase::Decide(const Perceptions& seen) {
  for (size_t i = 0; i < rules_.size(); ++i) {
    if (!rules_[i].Matches(seen)) continue;
    ++fired_[i];
    return {.actions = rules_[i].actions, .rule = rules_[i].name};
  }
  return {};
}

std::vector<RuleBase::Fired> RuleBase::Counts() const {
  std::vector<Fired> counts;
  for (size_t i = 0; i < rules_.size(); ++i) {
    counts.push_back({.rule = rules_[i].name, .count = fired_[i]});
  }
  return counts;
}

}  // namespace cairn::tracing
