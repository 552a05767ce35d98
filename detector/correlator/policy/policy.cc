// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/policy/policy.h"

#include <algorithm>
#include <utility>

namespace cairn::policy {
namespace {

constexpr unsigned kDaysOfWeek = 7;

template <typename T>
bool EmptyOrContains(const std::vector<T>& list, const T& value) {
  return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

bool EmptyOrContains(const PrefixSet& networks, const IpAddress& ip) {
  return networks.empty() || networks.Contains(ip);
}

// A range over midnight belongs to the day on which it begins: "22:00-06:00" on fridays holds until
// saturday, 06:00.
bool HoldsInRange(const AllowRule& rule, const HourRange& range, DayAndMinute now) {
  const bool over_midnight = range.end_minute <= range.begin_minute;
  if (!over_midnight) {
    return now.minute >= range.begin_minute && now.minute < range.end_minute &&
           EmptyOrContains(rule.days, now.day);
  }
  if (now.minute >= range.begin_minute) return EmptyOrContains(rule.days, now.day);
  const auto yesterday = static_cast<uint8_t>((now.day + kDaysOfWeek - 1) % kDaysOfWeek);
  return now.minute < range.end_minute && EmptyOrContains(rule.days, yesterday);
}

// The first of days and hours that does not hold.  The day is at fault only where the hours are
// not.
std::optional<Condition> FailsAt(const AllowRule& rule, DayAndMinute now) {
  if (rule.hours.empty()) {
    return EmptyOrContains(rule.days, now.day) ? std::nullopt : std::optional(Condition::kDays);
  }
  const auto holds = [now](const AllowRule& any) {
    return std::any_of(any.hours.begin(), any.hours.end(),
                       [&](const HourRange& range) { return HoldsInRange(any, range, now); });
  };
  if (holds(rule)) return std::nullopt;
  AllowRule every_day;
  every_day.hours = rule.hours;
  return holds(every_day) ? Condition::kDays : Condition::kHours;
}

// The first condition that does not hold.
std::optional<Condition> FirstFailing(const AllowRule& rule, const SteppingStone& pair,
                                      const Roles& roles, DayAndMinute now) {
  if (!EmptyOrContains(rule.upstream_hosts, roles.upstream_host)) return Condition::kUpstreamHosts;
  if (!EmptyOrContains(rule.stone_hosts, roles.stone_host)) return Condition::kStoneHosts;
  if (!EmptyOrContains(rule.downstream_hosts, roles.downstream_host))
    return Condition::kDownstreamHosts;
  if (!EmptyOrContains(rule.upstream_ports, pair.upstream.resp.port)) {
    return Condition::kUpstreamPorts;
  }
  if (!EmptyOrContains(rule.downstream_ports, pair.downstream.resp.port)) {
    return Condition::kDownstreamPorts;
  }
  if (rule.kind.has_value() && *rule.kind != pair.kind) return Condition::kKind;
  return FailsAt(rule, now);
}

}  // namespace

Roles RolesOf(const SteppingStone& pair) {
  const ConnectionSummary& up = pair.upstream;
  const ConnectionSummary& down = pair.downstream;
  return {.upstream_host = up.reversed ? up.resp.ip : up.orig.ip,
          .stone_host = down.reversed ? down.resp.ip : down.orig.ip,
          .downstream_host = down.reversed ? down.orig.ip : down.resp.ip};
}

std::string_view ConditionName(Condition condition) {
  switch (condition) {
    case Condition::kUpstreamHosts:
      return "upstream_hosts";
    case Condition::kStoneHosts:
      return "stone_hosts";
    case Condition::kDownstreamHosts:
      return "downstream_hosts";
    case Condition::kUpstreamPorts:
      return "upstream_ports";
    case Condition::kDownstreamPorts:
      return "downstream_ports";
    case Condition::kKind:
      return "kind";
    case Condition::kDays:
      return "days";
    case Condition::kHours:
      return "hours";
    case Condition::kExpires:
      break;
  }
  return "expires";
}

Policy::Policy(Options options) : options_(std::move(options)) {
  for (const AllowRule& rule : options_.allow) {
    const std::string& name = rule.timezone.empty() ? options_.timezone : rule.timezone;
    zones_.push_back(TimeZone::Load(name).value_or(TimeZone()));
    RuleUse use{.rule = rule.name, .action = rule.action, .expires = std::nullopt};
    if (rule.expires.has_value()) use.expires = zones_.back().SameClock(*rule.expires);
    uses_.push_back(std::move(use));
  }
}

RuleCheck Policy::Check(size_t i, const SteppingStone& pair, const Roles& roles) const {
  RuleCheck check{.fails = std::nullopt, .now = zones_[i].At(pair.time)};
  check.fails = FirstFailing(options_.allow[i], pair, roles, check.now);
  if (!check.fails.has_value() && uses_[i].HasExpired(pair.time)) {
    check.fails = Condition::kExpires;
  }
  return check;
}

Verdict Policy::Judge(const SteppingStone& pair) {
  const Roles roles = RolesOf(pair);
  std::optional<size_t> first_expired;
  for (size_t i = 0; i < options_.allow.size(); ++i) {
    const std::optional<Condition> fails = Check(i, pair, roles).fails;
    if (fails == Condition::kExpires && !first_expired.has_value()) first_expired = i;
    if (fails.has_value()) continue;
    const AllowRule& rule = options_.allow[i];
    ++uses_[i].allowed;
    return {.allowed = PolicyVerdict{.rule = rule.name, .owner = rule.owner, .reason = rule.reason},
            .action = rule.action,
            .expired_rule = std::nullopt,
            .counted = i};
  }
  Verdict verdict;
  if (first_expired.has_value()) {
    ++uses_[*first_expired].expired;
    verdict.expired_rule = options_.allow[*first_expired].name;
    verdict.counted = first_expired;
  }
  return verdict;
}

void Policy::TakeBack(const Verdict& verdict) {
  if (!verdict.counted.has_value()) return;
  RuleUse& use = uses_[*verdict.counted];
  --(verdict.allowed.has_value() ? use.allowed : use.expired);
}

namespace {

struct SavedUse {
  std::string rule;
  uint64_t allowed = 0;
  uint64_t expired = 0;

  template <typename Archive>
  void Fields(Archive& archive) {
    archive(rule, allowed, expired);
  }
};

}  // namespace

void Policy::Save(checkpoint::Writer& out) const {
  std::vector<SavedUse> saved;
  for (const RuleUse& use : uses_) saved.push_back({use.rule, use.allowed, use.expired});
  out(saved);
}

void Policy::Restore(checkpoint::Reader& in) {
  std::vector<SavedUse> saved;
  in(saved);
  for (const SavedUse& before : saved) {
    const auto use = std::find_if(uses_.begin(), uses_.end(),
                                  [&](const RuleUse& now) { return now.rule == before.rule; });
    if (use == uses_.end()) continue;
    use->allowed = before.allowed;
    use->expired = before.expired;
  }
}

void Policy::FindCounted(Verdict& verdict) const {
  verdict.counted.reset();
  if (!verdict.allowed.has_value() && !verdict.expired_rule.has_value()) return;
  const std::string& name =
      verdict.allowed.has_value() ? verdict.allowed->rule : *verdict.expired_rule;
  const auto use = std::find_if(uses_.begin(), uses_.end(),
                                [&](const RuleUse& now) { return now.rule == name; });
  if (use == uses_.end()) return;
  // What was never counted cannot be taken back.
  if ((verdict.allowed.has_value() ? use->allowed : use->expired) == 0) return;
  verdict.counted = static_cast<size_t>(use - uses_.begin());
}

std::vector<RuleCheck> Policy::Explain(const SteppingStone& pair) const {
  const Roles roles = RolesOf(pair);
  std::vector<RuleCheck> checks;
  for (size_t i = 0; i < options_.allow.size(); ++i) checks.push_back(Check(i, pair, roles));
  return checks;
}

}  // namespace cairn::policy
