// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_RULE_USES_H_
#define CAIRN_OUTPUT_RULE_USES_H_

#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "detector/correlator/policy/policy.h"
#include "json/line.h"

// How often each allow rule decided, for the summary of a run and of `cairn policy test`.
namespace cairn::output {

// "suppress" or "mark", as the configuration has it.
std::string_view ActionName(policy::Action action);
// "2027-03-31 22:00:00 UTC".
std::string MomentText(PacketTime time);

// What became of the rule's alerts, or why there were none: "suppressed", "never matched",
// "expired 2027-03-31 22:00:00 UTC; 2 more would match".  `newest`: packet time at the end.
std::string RuleNote(const policy::RuleUse& rule, PacketTime newest);
// One object for each rule.
json::Ordered RulesJson(std::span<const policy::RuleUse> rules, PacketTime newest);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_RULE_USES_H_
