// SPDX-License-Identifier: BSD-3-Clause
// Allow rules as they are written.
#include "config/quantity.h"
#include "tests/config/load.h"

namespace cairn::config {
namespace {

using Catch::Matchers::Contains;
using policy::AllowRule;

AllowRule Rule(const std::string& keys) {
  const Settings settings = Sound("policy: {allow: [{name: r, target: 192.0.2.1, " + keys + "}]}");
  REQUIRE(settings.detector.policy.allow.size() == 1);
  return settings.detector.policy.allow[0];
}

std::string RuleFault(const std::string& keys) {
  return Fault("policy: {allow: [{" + keys + "}]}");
}

TEST_CASE("a rule with every key is read") {
  const Settings settings = Sound(R"(
policy:
  allow:
    - name: night-backup
      originator: [192.0.2.0/24, "2001:db8:1::/48"]
      middle: 10.1.2.3
      target: ["2001:db8:2::7"]
      upstream_ports: [22, 2222]
      downstream_ports: 22
      kind: indirect
      days: [mon-fri, sun]
      hours: ["22:00-06:00", "12:00-12:30"]
      expires: 2027-01-31
      timezone: America/New_York
      action: mark
      owner: operations
      reason: "nightly copy: to the archive"
)");
  const AllowRule& rule = settings.detector.policy.allow.at(0);
  CHECK(rule.name == "night-backup");
  CHECK(rule.originator.Contains(*IpAddress::Parse("2001:db8:1::5")));
  CHECK(rule.middle.Contains(*IpAddress::Parse("10.1.2.3")));
  CHECK_FALSE(rule.middle.Contains(*IpAddress::Parse("10.1.2.4")));
  CHECK(rule.target.prefixes().at(0).ToString() == "2001:db8:2::7/128");
  CHECK(rule.upstream_ports == std::vector<uint16_t>{22, 2222});
  CHECK(rule.downstream_ports == std::vector<uint16_t>{22});
  CHECK(rule.kind == PairKind::kIndirect);
  CHECK(rule.days == std::vector<uint8_t>{0, 1, 2, 3, 4, 6});
  REQUIRE(rule.hours.size() == 2);
  CHECK(rule.hours[0].begin_minute == 22 * 60);
  CHECK(rule.hours[0].end_minute == 6 * 60);
  CHECK(rule.timezone == "America/New_York");
  CHECK(rule.action == policy::Action::kMark);
  CHECK(rule.owner == "operations");
  CHECK(rule.reason == "nightly copy: to the archive");
}

TEST_CASE("a rule holds through the day on which it expires") {
  CHECK(Rule("expires: 2027-01-31").expires == ParseDate("2027-02-01").value());
}

TEST_CASE("the time zone of all rules is UTC unless the policy names another") {
  CHECK(Rule("owner: x").timezone.empty());
  CHECK(Settings().detector.policy.timezone == "UTC");
  CHECK(Sound("policy: {timezone: Europe/Berlin}").detector.policy.timezone == "Europe/Berlin");
}

TEST_CASE("a time zone that is not known is told with its place and an example") {
  const std::string fault = Fault("policy:\n  timezone: Europe/Berlim\n");
  CHECK_THAT(fault, Contains(":2:13: policy.timezone: there is no time zone 'Europe/Berlim'"));
  CHECK_THAT(fault, Contains("for example Europe/Berlin"));
  CHECK_THAT(RuleFault("name: r, kind: direct, timezone: /etc/localtime"),
             Contains("policy.allow[1].timezone: the text is no name"));
}

TEST_CASE("days are ranges that may pass sunday, sorted and each once") {
  CHECK(Rule("days: [fri-mon]").days == std::vector<uint8_t>{0, 4, 5, 6});
  CHECK(Rule("days: [wed, mon-wed, mon]").days == std::vector<uint8_t>{0, 1, 2});
  CHECK(Rule("days: sat").days == std::vector<uint8_t>{5});
  CHECK(Rule("days: tue-tue").days == std::vector<uint8_t>{1});
}

TEST_CASE("what is left out of a rule matches everything and suppresses") {
  const AllowRule rule = Rule("owner: x");
  CHECK(rule.originator.empty());
  CHECK(rule.days.empty());
  CHECK(rule.hours.empty());
  CHECK_FALSE(rule.kind.has_value());
  CHECK_FALSE(rule.expires.has_value());
  CHECK(rule.action == policy::Action::kSuppress);
}

TEST_CASE("a rule that would allow every stepping stone is refused") {
  CHECK_THAT(RuleFault("name: all"), Contains("policy.allow[1]: the rule would allow every"));
  CHECK_THAT(RuleFault("name: all, hours: \"08:00-18:00\", days: mon"),
             Contains("would allow every"));
}

TEST_CASE("an empty condition is refused, for it would widen the rule") {
  for (const char* key :
       {"originator", "middle", "target", "upstream_ports", "downstream_ports", "days", "hours"}) {
    CHECK_THAT(RuleFault(std::string("name: r, kind: direct, ") + key + ": []"),
               Contains(std::string("policy.allow[1].") + key + ": is empty"));
  }
}

TEST_CASE("a rule needs a name that no other has") {
  CHECK_THAT(RuleFault("kind: direct"), Contains("has no name"));
  CHECK_THAT(RuleFault("name: \"\", kind: direct"),
             Contains("policy.allow[1].name: the text is empty"));
  CHECK_THAT(Fault("policy: {allow: [{name: a, kind: direct}, {name: a, kind: indirect}]}"),
             Contains("policy.allow[2]: another rule has the name 'a' already"));
}

TEST_CASE("an ill-formed rule is told with its number, key and what was expected") {
  const auto [keys, told] = GENERATE(table<std::string, std::string>({
      {"name: r, kind: sideways",
       "policy.allow[1].kind: 'sideways' is not known; expected direct or indirect"},
      {"name: r, kind: direct, days: [mo]",
       "policy.allow[1].days[1]: 'mo' is not a day of the week"},
      {"name: r, kind: direct, days: [mon-]", "'' is not a day of the week"},
      {"name: r, kind: direct, hours: \"08:00\"", "has no '-' between two times"},
      {"name: r, kind: direct, hours: \"08:00-08:00\"", "is empty"},
      {"name: r, kind: direct, hours: \"08:00-00:00\"", "ends at 24:00"},
      {"name: r, kind: direct, hours: \"24:00-08:00\"", "begins at 00:00"},
      {"name: r, kind: direct, expires: tomorrow", "YYYY-MM-DD"},
      {"name: r, kind: direct, action: drop", "expected suppress or mark"},
      {"name: r, kind: direct, originators: 10.0.0.0/8",
       "policy.allow[1]: unknown key 'originators'; the nearest known key is originator"},
      {"name: r, kind: direct, kind: direct", "the key 'kind' is written twice"},
      {"name: r, upstream_ports: [0]", "policy.allow[1].upstream_ports[1]: '0' is less than 1"},
  }));
  CHECK_THAT(RuleFault(keys), Contains(told));
}

TEST_CASE("rules that are no list of groups are refused") {
  CHECK_THAT(Fault("policy: {allow: {name: r}}"),
             Contains("policy.allow: expected a list of rules"));
  CHECK_THAT(Fault("policy: {allow: [r]}"), Contains("policy.allow[1]: expected a rule"));
  CHECK_THAT(Fault("policy: {allow: }"), Contains("policy.allow: expected a list of rules"));
}

TEST_CASE("networks can be shared between rules by an alias") {
  const Settings settings = Sound(
      "policy:\n  allow:\n    - {name: a, originator: &office [192.0.2.0/24]}\n"
      "    - {name: b, originator: *office, kind: direct}\n");
  CHECK(settings.detector.policy.allow.at(1).originator ==
        settings.detector.policy.allow.at(0).originator);
}

}  // namespace
}  // namespace cairn::config
