// SPDX-License-Identifier: BSD-3-Clause
#include "output/rule_uses.h"

#include <utility>

#include "fmt/format.h"

#include "base/time_text.h"
#include "output/text_columns.h"

namespace cairn::output {

using Json = json::Ordered;

std::string_view ActionName(policy::Action action) {
  return action == policy::Action::kMark ? "mark" : "suppress";
}

std::string MomentText(PacketTime time) { return DateText(time) + ' ' + ClockText(time) + " UTC"; }

std::string RuleNote(const policy::RuleUse& rule, PacketTime newest) {
  const std::string_view done = rule.action == policy::Action::kMark ? "marked" : "suppressed";
  if (!rule.HasExpired(newest)) return std::string(rule.allowed > 0 ? done : "never matched");
  std::string note = "expired " + MomentText(*rule.expires);
  if (rule.allowed > 0) note = fmt::format("{}; {}", done, note);
  if (rule.expired > 0) note += fmt::format("; {} more would match", Grouped(rule.expired));
  return note;
}

Json RulesJson(std::span<const policy::RuleUse> rules, PacketTime newest) {
  Json list = Json::array();
  for (const policy::RuleUse& rule : rules) {
    list.push_back({{"rule", rule.rule},
                    {"action", ActionName(rule.action)},
                    {"allowed", rule.allowed},
                    {"expires", rule.expires.has_value() ? Json(Rfc3339(*rule.expires)) : Json()},
                    {"has_expired", rule.HasExpired(newest)},
                    {"would_match", rule.expired}});
  }
  return list;
}

}  // namespace cairn::output
