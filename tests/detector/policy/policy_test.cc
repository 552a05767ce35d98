// SPDX-License-Identifier: BSD-3-Clause
#include "detector/policy/policy.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "catch2/catch.hpp"

namespace cairn::policy {
namespace {

constexpr int64_t kDay = 24 * 60;  // minutes
// 2027-01-25, a monday.
constexpr PacketTime kMonday = PacketTime::FromNanoseconds(1'800'835'200'000'000'000);

PacketTime At(int64_t day, int64_t hour, int64_t minute) {
  return kMonday + PacketDelta::FromSeconds((day * kDay + hour * 60 + minute) * 60);
}

Endpoint End(std::string_view ip, uint16_t port) { return {*IpAddress::Parse(ip), port}; }

PrefixSet Nets(std::string_view text) { return PrefixSet({*Prefix::Parse(text)}); }

// A person at 203.0.113.9 on the bastion 10.0.0.5, going on to 198.51.100.7.
SteppingStone Pair() {
  SteppingStone pair;
  pair.time = At(0, 12, 0);
  pair.upstream.orig = End("203.0.113.9", 40000);
  pair.upstream.resp = End("10.0.0.5", 22);
  pair.downstream.orig = End("10.0.0.5", 50000);
  pair.downstream.resp = End("198.51.100.7", 2222);
  return pair;
}

AllowRule Named(std::string name) {
  AllowRule rule;
  rule.name = std::move(name);
  return rule;
}

bool Allows(AllowRule rule, const SteppingStone& pair) {
  rule.name = "rule";
  Policy policy({.allow = {std::move(rule)}});
  return policy.Judge(pair).allowed.has_value();
}

TEST_CASE("without rules nothing is allowed") {
  Policy policy({});
  const Verdict verdict = policy.Judge(Pair());
  CHECK_FALSE(verdict.allowed.has_value());
  CHECK_FALSE(verdict.expired_rule.has_value());
  CHECK_FALSE(verdict.IsSuppressed());
}

TEST_CASE("the verdict carries the rule's name, owner, reason and action") {
  AllowRule rule = Named("bastion");
  rule.owner = "operations";
  rule.reason = "made for it";
  rule.action = Action::kMark;
  Policy policy({.allow = {rule}});
  const Verdict verdict = policy.Judge(Pair());
  REQUIRE(verdict.allowed.has_value());
  CHECK(verdict.allowed->rule == "bastion");
  CHECK(verdict.allowed->owner == "operations");
  CHECK(verdict.allowed->reason == "made for it");
  CHECK(verdict.action == Action::kMark);
  CHECK_FALSE(verdict.IsSuppressed());
}

TEST_CASE("each address condition alone decides") {
  const auto member = GENERATE(&AllowRule::originator, &AllowRule::middle, &AllowRule::target);
  const std::string inside = member == &AllowRule::originator ? "203.0.113.0/24"
                             : member == &AllowRule::middle   ? "10.0.0.5"
                                                              : "198.51.100.0/29";
  AllowRule rule;
  rule.*member = Nets(inside);
  CHECK(Allows(rule, Pair()));
  rule.*member = Nets("192.0.2.0/24");
  CHECK_FALSE(Allows(rule, Pair()));
  // Any network of a list will do.
  (rule.*member).Add(*Prefix::Parse(inside));
  CHECK(Allows(rule, Pair()));
}

TEST_CASE("ports are those of the responders") {
  AllowRule rule;
  rule.upstream_ports = {80, 22};
  CHECK(Allows(rule, Pair()));
  rule.downstream_ports = {22};
  CHECK_FALSE(Allows(rule, Pair()));
  rule.downstream_ports = {2222};
  CHECK(Allows(rule, Pair()));
  rule.upstream_ports = {40000};  // the originator's
  CHECK_FALSE(Allows(rule, Pair()));
}

TEST_CASE("the kind of pair decides when it is named") {
  AllowRule rule;
  rule.kind = PairKind::kIndirect;
  SteppingStone pair = Pair();
  CHECK_FALSE(Allows(rule, pair));
  pair.kind = PairKind::kIndirect;
  CHECK(Allows(rule, pair));
}

TEST_CASE("all conditions of a rule must hold") {
  AllowRule rule;
  rule.originator = Nets("203.0.113.0/24");
  rule.middle = Nets("10.0.0.0/8");
  rule.target = Nets("198.51.100.0/24");
  rule.upstream_ports = {22};
  rule.kind = PairKind::kDirect;
  rule.days = {0};
  rule.hours = {{.begin_minute = 8 * 60, .end_minute = 18 * 60}};
  rule.expires = At(10, 0, 0);
  CHECK(Allows(rule, Pair()));
  AllowRule other = rule;
  other.target = Nets("192.0.2.0/24");
  CHECK_FALSE(Allows(other, Pair()));
  other = rule;
  other.days = {1};
  CHECK_FALSE(Allows(other, Pair()));
}

TEST_CASE("IPv6 networks match IPv6 hosts") {
  SteppingStone pair = Pair();
  pair.upstream.orig = End("2001:db8:1::9", 40000);
  AllowRule rule;
  rule.originator = Nets("2001:db8:1::/48");
  CHECK(Allows(rule, pair));
  CHECK_FALSE(Allows(rule, Pair()));
  pair.upstream.orig = End("2001:db8:2::9", 40000);
  CHECK_FALSE(Allows(rule, pair));
}

TEST_CASE("days are those of the packet in UTC") {
  AllowRule rule;
  rule.days = {0, 2};
  SteppingStone pair = Pair();
  const std::vector<bool> allowed = {true, false, true, false, false, false, false, true};
  for (size_t day = 0; day < allowed.size(); ++day) {
    pair.time = At(static_cast<int64_t>(day), 0, 0);
    CHECK(Allows(rule, pair) == allowed[day]);
    pair.time = At(static_cast<int64_t>(day), 23, 59) + PacketDelta::FromSeconds(59);
    CHECK(Allows(rule, pair) == allowed[day]);
  }
}

TEST_CASE("days are right at and before the epoch") {
  AllowRule rule;
  rule.days = {3};  // 1970-01-01 was a thursday
  SteppingStone pair = Pair();
  pair.time = PacketTime::FromNanoseconds(0);
  CHECK(Allows(rule, pair));
  pair.time = PacketTime::FromNanoseconds(-1);
  CHECK_FALSE(Allows(rule, pair));
  rule.days = {2};
  CHECK(Allows(rule, pair));
  pair.time = PacketTime::FromNanoseconds(0) - PacketDelta::FromSeconds(8 * 24 * 3600);
  CHECK(Allows(rule, pair));
}

TEST_CASE("hours include their begin and exclude their end") {
  AllowRule rule;
  rule.hours = {{.begin_minute = 8 * 60, .end_minute = 18 * 60}};
  SteppingStone pair = Pair();
  pair.time = At(0, 8, 0);
  CHECK(Allows(rule, pair));
  pair.time = At(0, 8, 0) - PacketDelta::FromNanoseconds(1);
  CHECK_FALSE(Allows(rule, pair));
  pair.time = At(0, 18, 0);
  CHECK_FALSE(Allows(rule, pair));
  pair.time = At(0, 18, 0) - PacketDelta::FromNanoseconds(1);
  CHECK(Allows(rule, pair));
}

TEST_CASE("any of several ranges of hours will do") {
  AllowRule rule;
  rule.hours = {{.begin_minute = 8 * 60, .end_minute = 12 * 60},
                {.begin_minute = 13 * 60, .end_minute = 24 * 60}};
  SteppingStone pair = Pair();
  pair.time = At(0, 12, 30);
  CHECK_FALSE(Allows(rule, pair));
  pair.time = At(0, 23, 59);
  CHECK(Allows(rule, pair));
  pair.time = At(1, 0, 0);
  CHECK_FALSE(Allows(rule, pair));
}

TEST_CASE("a range over midnight belongs to the day on which it begins") {
  AllowRule rule;
  rule.days = {4};  // friday
  rule.hours = {{.begin_minute = 22 * 60, .end_minute = 6 * 60}};
  SteppingStone pair = Pair();
  const auto allowed = [&](int64_t day, int64_t hour, int64_t minute) {
    pair.time = At(day, hour, minute);
    return Allows(rule, pair);
  };
  CHECK_FALSE(allowed(4, 5, 0));
  CHECK_FALSE(allowed(4, 21, 59));
  CHECK(allowed(4, 22, 0));
  CHECK(allowed(5, 0, 0));
  CHECK(allowed(5, 5, 59));
  CHECK_FALSE(allowed(5, 6, 0));
  CHECK_FALSE(allowed(5, 22, 0));
  // Sunday's range runs into monday.
  rule.days = {6};
  CHECK(allowed(7, 3, 0));
  CHECK_FALSE(allowed(1, 3, 0));
}

TEST_CASE("a rule holds until the moment at which it expires") {
  AllowRule rule;
  rule.expires = At(3, 0, 0);
  SteppingStone pair = Pair();
  pair.time = At(3, 0, 0) - PacketDelta::FromNanoseconds(1);
  CHECK(Allows(rule, pair));
  pair.time = At(3, 0, 0);
  CHECK_FALSE(Allows(rule, pair));
}

TEST_CASE("the first rule that matches decides") {
  AllowRule other = Named("other");
  other.target = Nets("192.0.2.0/24");
  AllowRule marking = Named("marking");
  marking.action = Action::kMark;
  Policy policy({.allow = {other, marking, Named("all")}});
  const Verdict verdict = policy.Judge(Pair());
  CHECK(verdict.allowed->rule == "marking");
  CHECK(verdict.action == Action::kMark);
}

TEST_CASE("a pair that an expired rule would have allowed says so") {
  AllowRule unrelated = Named("unrelated");
  unrelated.expires = At(-1, 0, 0);
  unrelated.target = Nets("192.0.2.0/24");
  AllowRule expired = Named("expired");
  expired.expires = At(0, 12, 0);
  AllowRule later = Named("later");
  later.expires = At(0, 11, 0);
  Policy policy({.allow = {unrelated, expired, later}});
  const Verdict verdict = policy.Judge(Pair());
  CHECK_FALSE(verdict.allowed.has_value());
  CHECK(verdict.expired_rule == "expired");
}

TEST_CASE("a rule that still holds covers for an expired one") {
  AllowRule expired = Named("expired");
  expired.expires = At(-1, 0, 0);
  Policy policy({.allow = {expired, Named("holds")}});
  const Verdict verdict = policy.Judge(Pair());
  CHECK(verdict.allowed->rule == "holds");
  CHECK_FALSE(verdict.expired_rule.has_value());
  CHECK(policy.uses()[0].expired == 0);
}

TEST_CASE("uses count what each rule allowed, and would have") {
  AllowRule first = Named("first");
  first.kind = PairKind::kIndirect;
  AllowRule second = Named("second");
  second.expires = At(1, 0, 0);
  Policy policy({.allow = {first, second}});
  SteppingStone pair = Pair();
  policy.Judge(pair);
  policy.Judge(pair);
  pair.time = At(1, 0, 0);
  policy.Judge(pair);
  REQUIRE(policy.uses().size() == 2);
  CHECK(policy.uses()[0].rule == "first");
  CHECK(policy.uses()[0].allowed == 0);
  CHECK(policy.uses()[0].expired == 0);
  CHECK(policy.uses()[1].allowed == 2);
  CHECK(policy.uses()[1].expired == 1);
}

TEST_CASE("the rules that have expired are known by packet time") {
  AllowRule early = Named("early");
  early.expires = At(1, 0, 0);
  const Policy policy({.allow = {Named("forever"), early}});
  CHECK_FALSE(policy.uses()[0].HasExpired(At(9, 0, 0)));
  CHECK_FALSE(policy.uses()[1].HasExpired(At(0, 23, 59)));
  CHECK(policy.uses()[1].HasExpired(At(1, 0, 0)));
}

TEST_CASE("through a reverse tunnel the originator is still the person") {
  // The stone 10.0.0.5 opened upstream itself; the person types at its responder.
  SteppingStone pair = Pair();
  std::swap(pair.upstream.orig, pair.upstream.resp);
  pair.upstream.reversed = true;
  const Roles roles = RolesOf(pair);
  CHECK(roles.originator == *IpAddress::Parse("203.0.113.9"));
  CHECK(roles.middle == *IpAddress::Parse("10.0.0.5"));
  AllowRule rule;
  rule.originator = Nets("203.0.113.0/24");
  CHECK(Allows(rule, pair));
  rule.originator = Nets("10.0.0.0/8");
  CHECK_FALSE(Allows(rule, pair));
}

TEST_CASE("a downstream that was opened towards the stone has its target at its originator") {
  SteppingStone pair = Pair();
  std::swap(pair.downstream.orig, pair.downstream.resp);
  pair.downstream.reversed = true;
  const Roles roles = RolesOf(pair);
  CHECK(roles.middle == *IpAddress::Parse("10.0.0.5"));
  CHECK(roles.target == *IpAddress::Parse("198.51.100.7"));
}

TEST_CASE("the middle of an indirect pair is where downstream comes from") {
  SteppingStone pair = Pair();
  pair.kind = PairKind::kIndirect;
  pair.downstream.orig = End("10.0.0.77", 50000);
  AllowRule rule;
  rule.middle = Nets("10.0.0.77");
  CHECK(Allows(rule, pair));
  rule.middle = Nets("10.0.0.5");
  CHECK_FALSE(Allows(rule, pair));
}

std::optional<Condition> FailsFirst(AllowRule rule, const SteppingStone& pair) {
  const Policy policy({.allow = {std::move(rule)}});
  return policy.Explain(pair).at(0).fails;
}

TEST_CASE("days and hours are those of the time zone, the rule's own before the policy's") {
  SteppingStone pair = Pair();
  pair.time = At(0, 23, 30);  // Tuesday 00:30 in Berlin, Monday 18:30 in New York
  AllowRule rule = Named("rule");
  rule.days = {1};
  rule.hours = {{.begin_minute = 0, .end_minute = 60}};
  const auto allows = [&](const std::string& of_policy, const std::string& of_rule) {
    rule.timezone = of_rule;
    Policy policy({.timezone = of_policy, .allow = {rule}});
    return policy.Judge(pair).allowed.has_value();
  };
  CHECK_FALSE(allows("UTC", ""));
  CHECK(allows("Europe/Berlin", ""));
  CHECK(allows("UTC", "Europe/Berlin"));
  CHECK(allows("America/New_York", "Europe/Berlin"));
  CHECK_FALSE(allows("Europe/Berlin", "America/New_York"));
}

TEST_CASE("daylight saving time is observed") {
  AllowRule rule = Named("office");
  rule.timezone = "Europe/Berlin";
  rule.hours = {{.begin_minute = 8 * 60, .end_minute = 18 * 60}};
  SteppingStone pair = Pair();
  const auto allows_at = [&](const std::string& utc) {
    absl::Time time;
    std::string fault;
    REQUIRE(absl::ParseTime(absl::RFC3339_full, utc, &time, &fault));
    pair.time = PacketTime::FromNanoseconds(absl::ToUnixNanos(time));
    return Allows(rule, pair);
  };
  // Winter: UTC+1.  Summer, from 2027-03-28 on: UTC+2.
  CHECK_FALSE(allows_at("2027-03-27T06:59:59Z"));
  CHECK(allows_at("2027-03-27T07:00:00Z"));
  CHECK(allows_at("2027-03-28T06:00:00Z"));
  CHECK_FALSE(allows_at("2027-03-28T05:59:59Z"));
  CHECK(allows_at("2027-03-27T16:59:59Z"));
  CHECK_FALSE(allows_at("2027-03-28T16:00:00Z"));
}

TEST_CASE("a range over midnight belongs to the local day on which it begins") {
  AllowRule rule = Named("night");
  rule.timezone = "Asia/Tokyo";  // UTC+9
  rule.days = {4};
  rule.hours = {{.begin_minute = 22 * 60, .end_minute = 6 * 60}};
  SteppingStone pair = Pair();
  pair.time = At(4, 20, 59);  // Saturday 05:59 there
  CHECK(Allows(rule, pair));
  pair.time = At(4, 21, 0);
  CHECK_FALSE(Allows(rule, pair));
  pair.time = At(4, 12, 59);  // Friday 21:59
  CHECK_FALSE(Allows(rule, pair));
}

TEST_CASE("a rule expires at the end of the day of its time zone") {
  AllowRule rule = Named("until sunday");
  rule.expires = At(7, 0, 0);
  SteppingStone pair = Pair();
  const auto last_hour_allowed = [&](const std::string& zone) {
    rule.timezone = zone;
    for (int64_t hour = 7 * 24 + 24; hour >= 6 * 24; --hour) {
      pair.time = At(0, hour, 0);
      if (Allows(rule, pair)) return hour - 7 * 24;
    }
    return int64_t{-100};
  };
  CHECK(last_hour_allowed("UTC") == -1);
  CHECK(last_hour_allowed("Europe/Berlin") == -2);
  CHECK(last_hour_allowed("America/New_York") == 4);
  const Policy policy({.allow = {rule}});  // New York
  CHECK(policy.uses()[0].expires == At(7, 5, 0));
  CHECK_FALSE(policy.uses()[0].HasExpired(At(7, 4, 59)));
}

TEST_CASE("a time zone is known by its name of the tz database only") {
  CHECK(TimeZone::Load("UTC").ok());
  CHECK(TimeZone::Load("Europe/Berlin").ok());
  const auto* name = GENERATE("", "Europe/Berlim", "localtime", "/etc/localtime", "../etc/passwd",
                              "file:/etc/passwd", "Fixed/UTC+01:00:00", "Europe/../Europe/Berlin");
  CHECK_FALSE(TimeZone::Load(name).ok());
}

TEST_CASE("a rule that does not match is explained by its first condition that fails") {
  SteppingStone pair = Pair();  // Monday, 12:00
  AllowRule rule;
  rule.originator = Nets("203.0.113.0/24");
  rule.middle = Nets("10.0.0.0/8");
  rule.target = Nets("198.51.100.0/24");
  rule.upstream_ports = {22};
  rule.downstream_ports = {2222};
  rule.kind = PairKind::kDirect;
  rule.days = {0};
  rule.hours = {{.begin_minute = 8 * 60, .end_minute = 18 * 60}};
  rule.expires = At(10, 0, 0);
  CHECK_FALSE(FailsFirst(rule, pair).has_value());
  // From the last condition to the first: each hides those behind it.
  rule.expires = At(0, 12, 0);
  CHECK(FailsFirst(rule, pair) == Condition::kExpires);
  rule.hours = {{.begin_minute = 8 * 60, .end_minute = 12 * 60}};
  CHECK(FailsFirst(rule, pair) == Condition::kHours);
  rule.kind = PairKind::kIndirect;
  CHECK(FailsFirst(rule, pair) == Condition::kKind);
  rule.downstream_ports = {22};
  CHECK(FailsFirst(rule, pair) == Condition::kDownstreamPorts);
  rule.upstream_ports = {23};
  CHECK(FailsFirst(rule, pair) == Condition::kUpstreamPorts);
  rule.target = Nets("192.0.2.0/24");
  CHECK(FailsFirst(rule, pair) == Condition::kTarget);
  rule.middle = Nets("192.0.2.0/24");
  CHECK(FailsFirst(rule, pair) == Condition::kMiddle);
  rule.originator = Nets("192.0.2.0/24");
  CHECK(FailsFirst(rule, pair) == Condition::kOriginator);
}

TEST_CASE("the day is at fault only where the hours are not") {
  AllowRule rule;
  rule.days = {1, 2};
  CHECK(FailsFirst(rule, Pair()) == Condition::kDays);
  rule.hours = {{.begin_minute = 8 * 60, .end_minute = 18 * 60}};
  CHECK(FailsFirst(rule, Pair()) == Condition::kDays);
  rule.hours = {{.begin_minute = 13 * 60, .end_minute = 18 * 60}};
  CHECK(FailsFirst(rule, Pair()) == Condition::kHours);
}

TEST_CASE("a verdict that is taken back no longer counts") {
  AllowRule over = Named("over");
  over.target = Nets("198.51.100.7");
  over.expires = At(0, 0, 0);
  AllowRule other = Named("other");
  other.target = Nets("198.51.100.8");
  Policy policy({.allow = {over, other}});
  const Verdict expired = policy.Judge(Pair());
  SteppingStone pair = Pair();
  pair.downstream.resp.ip = *IpAddress::Parse("198.51.100.8");
  const Verdict allowed = policy.Judge(pair);
  CHECK(policy.uses()[0].expired == 1);
  CHECK(policy.uses()[1].allowed == 1);
  policy.TakeBack(expired);
  policy.TakeBack(allowed);
  policy.TakeBack(Verdict());
  CHECK(policy.uses()[0].expired == 0);
  CHECK(policy.uses()[1].allowed == 0);
}

}  // namespace
}  // namespace cairn::policy
