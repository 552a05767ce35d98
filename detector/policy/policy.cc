// SPDX-License-Identifier: BSD-3-Clause
#include "detector/policy/policy.h"

#include <algorithm>
#include <utility>

namespace cairn::policy {
namespace {

constexpr int64_t kNanosecondsOfMinute = 60'000'000'000;
constexpr int64_t kMinutesOfDay = 24 * 60;
constexpr int64_t kDaysOfWeek = 7;
constexpr int64_t kWeekdayOfEpoch = 3;  // 1970-01-01 was a Thursday; Monday is 0

// A moment as the rules see it.
struct DayAndMinute {
  uint8_t day = 0;  // 0 Monday .. 6 Sunday
  uint16_t minute = 0;
};

// Rounds towards the past, also before 1970.
int64_t FloorDivide(int64_t value, int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

DayAndMinute ToDayAndMinute(PacketTime time) {
  const int64_t minutes = FloorDivide(time.ToNanoseconds(), kNanosecondsOfMinute);
  const int64_t days = FloorDivide(minutes, kMinutesOfDay);
  const int64_t weekday = (days % kDaysOfWeek + kDaysOfWeek + kWeekdayOfEpoch) % kDaysOfWeek;
  return {.day = static_cast<uint8_t>(weekday),
          .minute = static_cast<uint16_t>(minutes - days * kMinutesOfDay)};
}

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

bool HoldsAt(const AllowRule& rule, DayAndMinute now) {
  if (rule.hours.empty()) return EmptyOrContains(rule.days, now.day);
  return std::any_of(rule.hours.begin(), rule.hours.end(),
                     [&](const HourRange& range) { return HoldsInRange(rule, range, now); });
}

bool IsExpired(const AllowRule& rule, PacketTime time) {
  return rule.expires.has_value() && time >= *rule.expires;
}

// All conditions but the expiry.
bool Matches(const AllowRule& rule, const SteppingStone& pair, const Roles& roles,
             DayAndMinute now) {
  if (rule.kind.has_value() && *rule.kind != pair.kind) return false;
  return EmptyOrContains(rule.originator, roles.originator) &&
         EmptyOrContains(rule.middle, roles.middle) && EmptyOrContains(rule.target, roles.target) &&
         EmptyOrContains(rule.upstream_ports, pair.upstream.resp.port) &&
         EmptyOrContains(rule.downstream_ports, pair.downstream.resp.port) && HoldsAt(rule, now);
}

}  // namespace

Roles RolesOf(const SteppingStone& pair) {
  const ConnectionSummary& up = pair.upstream;
  const ConnectionSummary& down = pair.downstream;
  return {.originator = up.reversed ? up.resp.ip : up.orig.ip,
          .middle = down.reversed ? down.resp.ip : down.orig.ip,
          .target = down.reversed ? down.orig.ip : down.resp.ip};
}

Policy::Policy(Options options) : options_(std::move(options)) {
  for (const AllowRule& rule : options_.allow) uses_.push_back({.rule = rule.name});
}

Verdict Policy::Judge(const SteppingStone& pair) {
  const Roles roles = RolesOf(pair);
  const DayAndMinute now = ToDayAndMinute(pair.time);
  std::optional<size_t> first_expired;
  for (size_t i = 0; i < options_.allow.size(); ++i) {
    const AllowRule& rule = options_.allow[i];
    if (!Matches(rule, pair, roles, now)) continue;
    if (IsExpired(rule, pair.time)) {
      if (!first_expired.has_value()) first_expired = i;
      continue;
    }
    ++uses_[i].allowed;
    return {.allowed = PolicyVerdict{.rule = rule.name, .owner = rule.owner, .reason = rule.reason},
            .action = rule.action,
            .expired_rule = std::nullopt};
  }
  Verdict verdict;
  if (first_expired.has_value()) {
    ++uses_[*first_expired].expired;
    verdict.expired_rule = options_.allow[*first_expired].name;
  }
  return verdict;
}

std::vector<std::string> Policy::ExpiredRules(PacketTime time) const {
  std::vector<std::string> names;
  for (const AllowRule& rule : options_.allow) {
    if (IsExpired(rule, time)) names.push_back(rule.name);
  }
  return names;
}

}  // namespace cairn::policy
