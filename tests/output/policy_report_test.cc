// SPDX-License-Identifier: BSD-3-Clause
#include "output/policy_report.h"

#include "catch2/catch.hpp"

#include "nlohmann/json.hpp"
#include "tests/output/sample_events.h"

namespace cairn::output {
namespace {

using Catch::Matchers::Contains;
using policy::AllowRule;

PrefixSet Nets(std::string_view text) { return PrefixSet({*Prefix::Parse(text)}); }

AllowRule Named(std::string name) {
  AllowRule rule;
  rule.name = std::move(name);
  return rule;
}

// The answer to the sample pair: 172.16.4.2 -> 10.10.0.15 -> 172.16.2.2, Saturday 10:15 UTC.
PolicyAnswer AnswerOf(policy::Policy& policy) {
  PolicyAnswer answer{.alert = {.event = "stepping_stone", .pair = samples::DirectPair()},
                      .verdict = {},
                      .checks = {}};
  answer.checks = policy.Explain(answer.alert.pair);
  answer.verdict = policy.Judge(answer.alert.pair);
  return answer;
}

std::string TextWith(AllowRule rule, const std::string& zone = "UTC") {
  rule.name = "r";
  policy::Policy policy({.timezone = zone, .allow = {std::move(rule)}});
  return AnswerText(AnswerOf(policy), policy);
}

TEST_CASE("an allowed alert names its rule and what it does") {
  AllowRule rule;
  rule.downstream_hosts = Nets("172.16.2.0/24");
  rule.action = policy::Action::kMark;
  const std::string text = TextWith(rule);
  CHECK_THAT(text, Contains("2026-11-21 10:15:02 UTC  5f0c0123456789ab  stepping_stone, direct"));
  CHECK_THAT(text, Contains("upstream 172.16.4.2, stone 10.10.0.15, downstream 172.16.2.2"));
  CHECK_THAT(text, Contains("allowed by rule 'r' (mark)"));
  CHECK_THAT(text, !Contains("no rule"));
}

TEST_CASE("each condition that fails is explained by what was found and what was expected") {
  AllowRule rule;
  rule.upstream_hosts = Nets("203.0.113.0/24");
  CHECK_THAT(TextWith(rule), Contains("r: upstream_hosts: 172.16.4.2 is not in 203.0.113.0/24"));
  rule.upstream_hosts.Add(*Prefix::Parse("192.0.2.1"));
  CHECK_THAT(TextWith(rule), Contains("is in none of 203.0.113.0/24, 192.0.2.1/32"));
  rule = {};
  rule.stone_hosts = Nets("203.0.113.0/24");
  CHECK_THAT(TextWith(rule), Contains("r: stone_hosts: 10.10.0.15 is not in 203.0.113.0/24"));
  rule = {};
  rule.downstream_hosts = Nets("203.0.113.0/24");
  CHECK_THAT(TextWith(rule), Contains("r: downstream_hosts: 172.16.2.2 is not in 203.0.113.0/24"));
  rule = {};
  rule.upstream_ports = {23, 2222};
  CHECK_THAT(TextWith(rule), Contains("r: upstream_ports: 22 is none of 23, 2222"));
  rule = {};
  rule.downstream_ports = {23};
  CHECK_THAT(TextWith(rule), Contains("r: downstream_ports: 22 is not 23"));
  rule = {};
  rule.kind = PairKind::kIndirect;
  CHECK_THAT(TextWith(rule), Contains("r: kind: the pair is direct"));
  rule = {};
  rule.days = {0, 6};
  CHECK_THAT(TextWith(rule), Contains("r: days: sat 10:15 (UTC) is on none of mon, sun"));
  rule = {};
  rule.hours = {{.begin_minute = 420, .end_minute = 615}, {.begin_minute = 1320, .end_minute = 60}};
  CHECK_THAT(TextWith(rule),
             Contains("r: hours: sat 10:15 (UTC) is outside of 07:00-10:15, 22:00-01:00"));
  CHECK_THAT(TextWith(rule, "Europe/Berlin"), Contains("sat 11:15 (Europe/Berlin) is outside of"));
  rule.timezone = "Asia/Tokyo";
  CHECK_THAT(TextWith(rule, "Europe/Berlin"), Contains("sat 19:15 (Asia/Tokyo) is outside of"));
  rule = {};
  rule.expires = samples::Moment(-3600);
  CHECK_THAT(TextWith(rule), Contains("r: expires: the rule ended 2026-11-21 09:15:02 UTC"));
}

TEST_CASE("as JSON an answer has the roles, the rule or who refused and why") {
  AllowRule elsewhere = Named("elsewhere");
  elsewhere.downstream_hosts = Nets("192.0.2.0/24");
  AllowRule here = Named("here");
  here.stone_hosts = Nets("10.10.0.15");
  policy::Policy refusing({.allow = {elsewhere}});
  nlohmann::json json = nlohmann::json::parse(AnswerJson(AnswerOf(refusing), refusing));
  CHECK(json["event"] == "policy_test");
  CHECK(json["alert_id"] == "5f0c0123456789ab");
  CHECK(json["middle"] == "10.10.0.15");
  CHECK(json["downstream_port"] == 22);
  CHECK(json["rule"].is_null());
  CHECK(json["action"].is_null());
  REQUIRE(json["refused"].size() == 1);
  CHECK(json["refused"][0]["rule"] == "elsewhere");
  CHECK(json["refused"][0]["condition"] == "downstream_hosts");
  policy::Policy allowing({.allow = {elsewhere, here}});
  json = nlohmann::json::parse(AnswerJson(AnswerOf(allowing), allowing));
  CHECK(json["rule"] == "here");
  CHECK(json["action"] == "suppress");
  CHECK(json["refused"].empty());
}

TEST_CASE("the totals count in all and for each rule") {
  AllowRule never = Named("never");
  never.kind = PairKind::kIndirect;
  policy::Policy policy({.allow = {never, Named("all")}});
  AnswerOf(policy);
  AnswerOf(policy);
  const PolicyTotals totals{.alerts = 3, .suppressed = 2, .marked = 0, .newest = samples::Moment()};
  const std::string text = TotalsText(totals, policy);
  CHECK_THAT(text, Catch::StartsWith("3 alerts: 2 suppressed, 0 marked, 1 not allowed\n"));
  CHECK_THAT(text, Catch::Matches("(.|\n)*  never +0  never matched\n  all +2  suppressed\n"));
  const nlohmann::json json = nlohmann::json::parse(TotalsJson(totals, policy));
  CHECK(json["not_allowed"] == 1);
  CHECK(json["rules"][1]["allowed"] == 2);
}

}  // namespace
}  // namespace cairn::output
