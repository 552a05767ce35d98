// SPDX-License-Identifier: BSD-3-Clause
// Allow rules as they are written.
#include "config/keys/quantity.h"
#include "tests/config/load.h"

namespace cairn::config {
namespace {

using Catch::Matchers::Contains;
using policy::AllowRule;

AllowRule Rule(const std::string& keys) {
  const Settings settings =
      Sound("policy: {allow: [{name: r, downstream_hosts: 192.0.2.1, " + keys + "}]}");
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
      upstream_hosts: [192.0.2.0/24, "2001:db8:1::/48"]
      stone_hosts: 10.1.2.3
      downstream_hosts: ["2001:db8:2::7"]
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
  CHECK(rule.upstream_hosts.Contains(*IpAddress::Parse("2001:db8:1::5")));
  CHECK(rule.stone_hosts.Contains(*IpAddress::Parse("10.1.2.3")));
  CHECK_FALSE(rule.stone_hosts.Contains(*IpAddress::Parse("10.1.2.4")));
  CHECK(rule.downstream_hosts.prefixes().at(0).ToString() == "2001:db8:2::7/128");
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
  CHECK(rule.upstream_hosts.empty());
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
  for (const char* key : {"upstream_hosts", "stone_hosts", "downstream_hosts", "upstream_ports",
                          "downstream_ports", "days", "hours"}) {
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
      {"name: r, kind: direct, upstream_host: 10.0.0.0/8",
       "policy.allow[1]: unknown key 'upstream_host'; the nearest known key is upstream_hosts"},
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
      "policy:\n  allow:\n    - {name: a, upstream_hosts: &office [192.0.2.0/24]}\n"
      "    - {name: b, upstream_hosts: *office, kind: direct}\n");
  CHECK(settings.detector.policy.allow.at(1).upstream_hosts ==
        settings.detector.policy.allow.at(0).upstream_hosts);
}

TEST_CASE("ports are single ones and ranges, sorted and each once") {
  CHECK(Rule("upstream_ports: [24113-24115, 22, 24114-24116, 22]").upstream_ports ==
        std::vector<uint16_t>{22, 24113, 24114, 24115, 24116});
  CHECK(Rule("upstream_ports: 1-65535").upstream_ports.size() == 65535);
  const auto [text, told] = GENERATE(table<std::string, std::string>({
      {"0-5", "policy.allow[1].upstream_ports[1]: '0' is less than 1"},
      {"22-", "expected a port from 1 to 65535, or a range of them, for example 6660-6669"},
      {"9-8", "'9-8' is empty: write the lower port first"},
      {"65535-65536", "'65536' is more than 65535"},
      {"[]", "is empty"},
  }));
  CHECK_THAT(RuleFault("name: r, upstream_ports: " + text), Contains(told));
}

TEST_CASE("ports are shown as ranges where they lie side by side") {
  const Settings settings = Sound(
      "policy: {allow: [{name: r, upstream_ports: [22, 24115, 24113, 24114], downstream_ports: "
      "[80, 82]}]}");
  const std::string shown = Show(settings);
  CHECK_THAT(shown, Contains("upstream_ports: [22, 24113-24115]\n"));
  CHECK_THAT(shown, Contains("downstream_ports: [80, 82]\n"));
  CHECK(Show(Sound(shown)) == shown);
}

TEST_CASE("the ports of tracing agents are those of stopd unless set") {
  const std::vector<uint16_t> ports = Settings().traceback.tracing_ports;
  REQUIRE(ports.size() == 65);
  CHECK(ports.front() == 4113);
  CHECK(ports.back() == 24176);
  CHECK_THAT(Show(Settings()), Contains("tracing_ports: [4113, 24113-24176]\n"));
  CHECK(Sound("traceback: {tracing_ports: []}").traceback.tracing_ports.empty());
  CHECK(Sound("traceback: {tracing_ports: 5000-5001}").traceback.tracing_ports ==
        std::vector<uint16_t>{5000, 5001});
}

}  // namespace
}  // namespace cairn::config
