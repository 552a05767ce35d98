// SPDX-License-Identifier: BSD-3-Clause
// Days, hours and the end of a rule, in UTC and elsewhere.
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "catch2/catch.hpp"

#include "detector/correlator/policy/time_zone.h"
#include "tests/detector/correlator/policy/sample_pair.h"

namespace cairn::policy {
namespace {

using namespace samples;  // NOLINT(google-build-using-namespace): the vocabulary of this file

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

TEST_CASE("the rules that have expired are known by packet time") {
  AllowRule early = Named("early");
  early.expires = At(1, 0, 0);
  const Policy policy({.allow = {Named("forever"), early}});
  CHECK_FALSE(policy.uses()[0].HasExpired(At(9, 0, 0)));
  CHECK_FALSE(policy.uses()[1].HasExpired(At(0, 23, 59)));
  CHECK(policy.uses()[1].HasExpired(At(1, 0, 0)));
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

}  // namespace
}  // namespace cairn::policy
