// SPDX-License-Identifier: BSD-3-Clause
#include "output/policy_report.h"

#include <array>
#include <string_view>

#include "fmt/format.h"

#include "base/event_schema.h"
#include "base/time_text.h"
#include "json/line.h"
#include "output/rule_uses.h"
#include "output/text_columns.h"

namespace cairn::output {
namespace {

using Json = json::Ordered;
using policy::AllowRule;
using policy::Condition;
using policy::Policy;
using policy::RuleCheck;

constexpr std::array<std::string_view, 7> kDayNames = {"mon", "tue", "wed", "thu",
                                                       "fri", "sat", "sun"};

std::string List(const PrefixSet& networks) {
  std::vector<std::string> texts;
  for (const Prefix& prefix : networks.prefixes()) texts.push_back(prefix.ToString());
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string List(const std::vector<uint8_t>& days) {
  std::vector<std::string_view> names;
  for (const uint8_t day : days) names.push_back(kDayNames.at(day));
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string Clock(uint16_t minute) { return fmt::format("{:02}:{:02}", minute / 60, minute % 60); }

std::string List(const std::vector<policy::HourRange>& hours) {
  std::vector<std::string> texts;
  for (const policy::HourRange& range : hours) {
    texts.push_back(Clock(range.begin_minute) + '-' + Clock(range.end_minute));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string Host(std::string_view key, const IpAddress& ip, const PrefixSet& networks) {
  return fmt::format("{}: {} is {} {}", key, ip.ToString(),
                     networks.prefixes().size() == 1 ? "not in" : "in none of", List(networks));
}

std::string Port(std::string_view key, uint16_t port, const std::vector<uint16_t>& ports) {
  return fmt::format("{}: {} is {} {}", key, port, ports.size() == 1 ? "not" : "none of",
                     fmt::join(ports, ", "));
}

std::string_view ZoneOf(const AllowRule& rule, const std::string& policy_timezone) {
  return rule.timezone.empty() ? policy_timezone : rule.timezone;
}

// "sat 12:05 (Europe/Berlin)".
std::string LocalTime(policy::DayAndMinute now, std::string_view zone) {
  return fmt::format("{} {} ({})", kDayNames.at(now.day), Clock(now.minute), zone);
}

struct Refusal {
  const AllowRule& rule;
  Condition condition;
  std::string reason;
};

std::vector<Refusal> RefusalsOf(const PolicyAnswer& answer, const Policy& policy) {
  std::vector<Refusal> refusals;
  for (size_t i = 0; i < answer.checks.size(); ++i) {
    const RuleCheck& check = answer.checks[i];
    if (!check.fails.has_value()) continue;
    const AllowRule& rule = policy.options().allow[i];
    refusals.push_back(
        {rule, *check.fails,
         RefusalText(rule, policy.uses()[i], check, answer, policy.options().timezone)});
  }
  return refusals;
}

}  // namespace

std::string RefusalText(const AllowRule& rule, const policy::RuleUse& use, const RuleCheck& check,
                        const PolicyAnswer& answer, const std::string& policy_timezone) {
  const SteppingStone& pair = answer.alert.pair;
  const policy::Roles roles = policy::RolesOf(pair);
  const std::string_view key = policy::ConditionName(*check.fails);
  const std::string_view zone = ZoneOf(rule, policy_timezone);
  switch (*check.fails) {
    case Condition::kUpstreamHosts:
      return Host(key, roles.upstream_host, rule.upstream_hosts);
    case Condition::kStoneHosts:
      return Host(key, roles.stone_host, rule.stone_hosts);
    case Condition::kDownstreamHosts:
      return Host(key, roles.downstream_host, rule.downstream_hosts);
    case Condition::kUpstreamPorts:
      return Port(key, pair.upstream.resp.port, rule.upstream_ports);
    case Condition::kDownstreamPorts:
      return Port(key, pair.downstream.resp.port, rule.downstream_ports);
    case Condition::kKind:
      return fmt::format("{}: the pair is {}", key, PairKindName(pair.kind));
    case Condition::kDays:
      return fmt::format("{}: {} is on none of {}", key, LocalTime(check.now, zone),
                         List(rule.days));
    case Condition::kHours:
      return fmt::format("{}: {} is outside of {}", key, LocalTime(check.now, zone),
                         List(rule.hours));
    case Condition::kExpires:
      break;
  }
  return fmt::format("{}: the rule ended {}", key, MomentText(use.expires.value_or(pair.time)));
}

std::string AnswerText(const PolicyAnswer& answer, const Policy& policy) {
  const SteppingStone& pair = answer.alert.pair;
  const policy::Roles roles = policy::RolesOf(pair);
  std::string text = fmt::format(
      "{}  {}  {}{}\n  upstream {}, stone {}, downstream {}, ports {} and {}\n",
      MomentText(pair.time), pair.alert_id, answer.alert.event,
      answer.alert.event == "stepping_stone" ? fmt::format(", {}", PairKindName(pair.kind)) : "",
      roles.upstream_host.ToString(), roles.stone_host.ToString(), roles.downstream_host.ToString(),
      pair.upstream.resp.port, pair.downstream.resp.port);
  if (answer.verdict.allowed.has_value()) {
    return text + fmt::format("  allowed by rule '{}' ({})\n", answer.verdict.allowed->rule,
                              ActionName(answer.verdict.action));
  }
  text += "  no rule allows it\n";
  for (const Refusal& refusal : RefusalsOf(answer, policy)) {
    text += fmt::format("    {}: {}\n", refusal.rule.name, refusal.reason);
  }
  return text;
}

std::string AnswerJson(const PolicyAnswer& answer, const Policy& policy) {
  const SteppingStone& pair = answer.alert.pair;
  const policy::Roles roles = policy::RolesOf(pair);
  const std::optional<PolicyVerdict>& allowed = answer.verdict.allowed;
  Json refused = Json::array();
  if (!allowed.has_value()) {
    for (const Refusal& refusal : RefusalsOf(answer, policy)) {
      refused.push_back({{"rule", refusal.rule.name},
                         {"condition", policy::ConditionName(refusal.condition)},
                         {"reason", refusal.reason}});
    }
  }
  const Json json = {
      {"schema", kAlertSchema},
      {"time", Rfc3339(pair.time)},
      {"event", "policy_test"},
      {"alert_id", pair.alert_id},
      {"alert_event", answer.alert.event},
      {"revision", pair.revision},
      {"kind", PairKindName(pair.kind)},
      // The fields keep the names that the keys of a rule had before.
      {"originator", roles.upstream_host.ToString()},
      {"middle", roles.stone_host.ToString()},
      {"target", roles.downstream_host.ToString()},
      {"upstream_port", pair.upstream.resp.port},
      {"downstream_port", pair.downstream.resp.port},
      {"rule", allowed.has_value() ? Json(allowed->rule) : Json()},
      {"action", allowed.has_value() ? Json(ActionName(answer.verdict.action)) : Json()},
      {"refused", std::move(refused)}};
  return json::Line(json);
}

std::string TotalsText(const PolicyTotals& totals, const Policy& policy) {
  std::string text =
      fmt::format("{} alert{}: {} suppressed, {} marked, {} not allowed\n", Grouped(totals.alerts),
                  totals.alerts == 1 ? "" : "s", Grouped(totals.suppressed), Grouped(totals.marked),
                  Grouped(totals.alerts - totals.suppressed - totals.marked));
  for (const policy::RuleUse& use : policy.uses()) {
    text += fmt::format("  {:<22}{:>9}  {}\n", use.rule, Grouped(use.allowed),
                        RuleNote(use, totals.newest));
  }
  return text;
}

std::string TotalsJson(const PolicyTotals& totals, const Policy& policy) {
  const Json json = {{"schema", kAlertSchema},
                     {"event", "policy_test_summary"},
                     {"alerts", totals.alerts},
                     {"suppressed", totals.suppressed},
                     {"marked", totals.marked},
                     {"not_allowed", totals.alerts - totals.suppressed - totals.marked},
                     {"rules", RulesJson(policy.uses(), totals.newest)}};
  return json::Line(json);
}

}  // namespace cairn::output
