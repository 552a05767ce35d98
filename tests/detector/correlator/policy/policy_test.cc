// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/policy/policy.h"

#include <string>
#include <utility>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/detector/correlator/policy/sample_pair.h"

namespace cairn::policy {
namespace {

using namespace samples;  // NOLINT(google-build-using-namespace): the vocabulary of this file

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
  const auto member =
      GENERATE(&AllowRule::upstream_hosts, &AllowRule::stone_hosts, &AllowRule::downstream_hosts);
  const std::string inside = member == &AllowRule::upstream_hosts ? "203.0.113.0/24"
                             : member == &AllowRule::stone_hosts  ? "10.0.0.5"
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
  rule.upstream_hosts = Nets("203.0.113.0/24");
  rule.stone_hosts = Nets("10.0.0.0/8");
  rule.downstream_hosts = Nets("198.51.100.0/24");
  rule.upstream_ports = {22};
  rule.kind = PairKind::kDirect;
  rule.days = {0};
  rule.hours = {{.begin_minute = 8 * 60, .end_minute = 18 * 60}};
  rule.expires = At(10, 0, 0);
  CHECK(Allows(rule, Pair()));
  AllowRule other = rule;
  other.downstream_hosts = Nets("192.0.2.0/24");
  CHECK_FALSE(Allows(other, Pair()));
  other = rule;
  other.days = {1};
  CHECK_FALSE(Allows(other, Pair()));
}

TEST_CASE("IPv6 networks match IPv6 hosts") {
  SteppingStone pair = Pair();
  pair.upstream.orig = End("2001:db8:1::9", 40000);
  AllowRule rule;
  rule.upstream_hosts = Nets("2001:db8:1::/48");
  CHECK(Allows(rule, pair));
  CHECK_FALSE(Allows(rule, Pair()));
  pair.upstream.orig = End("2001:db8:2::9", 40000);
  CHECK_FALSE(Allows(rule, pair));
}

TEST_CASE("the first rule that matches decides") {
  AllowRule other = Named("other");
  other.downstream_hosts = Nets("192.0.2.0/24");
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
  unrelated.downstream_hosts = Nets("192.0.2.0/24");
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

TEST_CASE("through a reverse tunnel upstream is still the person") {
  // The stone 10.0.0.5 opened upstream itself; the person types at its responder.
  SteppingStone pair = Pair();
  std::swap(pair.upstream.orig, pair.upstream.resp);
  pair.upstream.reversed = true;
  const Roles roles = RolesOf(pair);
  CHECK(roles.upstream_host == *IpAddress::Parse("203.0.113.9"));
  CHECK(roles.stone_host == *IpAddress::Parse("10.0.0.5"));
  AllowRule rule;
  rule.upstream_hosts = Nets("203.0.113.0/24");
  CHECK(Allows(rule, pair));
  rule.upstream_hosts = Nets("10.0.0.0/8");
  CHECK_FALSE(Allows(rule, pair));
}

TEST_CASE("a downstream that was opened towards the stone leads to its originator") {
  SteppingStone pair = Pair();
  std::swap(pair.downstream.orig, pair.downstream.resp);
  pair.downstream.reversed = true;
  const Roles roles = RolesOf(pair);
  CHECK(roles.stone_host == *IpAddress::Parse("10.0.0.5"));
  CHECK(roles.downstream_host == *IpAddress::Parse("198.51.100.7"));
}

TEST_CASE("the stone host of an indirect pair is where downstream comes from") {
  SteppingStone pair = Pair();
  pair.kind = PairKind::kIndirect;
  pair.downstream.orig = End("10.0.0.77", 50000);
  AllowRule rule;
  rule.stone_hosts = Nets("10.0.0.77");
  CHECK(Allows(rule, pair));
  rule.stone_hosts = Nets("10.0.0.5");
  CHECK_FALSE(Allows(rule, pair));
}

std::optional<Condition> FailsFirst(AllowRule rule, const SteppingStone& pair) {
  const Policy policy({.allow = {std::move(rule)}});
  return policy.Explain(pair).at(0).fails;
}

TEST_CASE("a rule that does not match is explained by its first condition that fails") {
  SteppingStone pair = Pair();  // Monday, 12:00
  AllowRule rule;
  rule.upstream_hosts = Nets("203.0.113.0/24");
  rule.stone_hosts = Nets("10.0.0.0/8");
  rule.downstream_hosts = Nets("198.51.100.0/24");
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
  rule.downstream_hosts = Nets("192.0.2.0/24");
  CHECK(FailsFirst(rule, pair) == Condition::kDownstreamHosts);
  rule.stone_hosts = Nets("192.0.2.0/24");
  CHECK(FailsFirst(rule, pair) == Condition::kStoneHosts);
  rule.upstream_hosts = Nets("192.0.2.0/24");
  CHECK(FailsFirst(rule, pair) == Condition::kUpstreamHosts);
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
  over.downstream_hosts = Nets("198.51.100.7");
  over.expires = At(0, 0, 0);
  AllowRule other = Named("other");
  other.downstream_hosts = Nets("198.51.100.8");
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

TEST_CASE("counts go on from those of an earlier run, by the names of rules") {
  AllowRule never = Named("never");
  never.upstream_ports = {1};
  Policy before({.allow = {never, Named("bastion")}});
  Verdict verdict = before.Judge(Pair());
  before.Judge(Pair());
  checkpoint::Writer out;
  before.Save(out);
  out(verdict);

  checkpoint::Reader in(out.bytes());
  Policy after({.allow = {Named("bastion"), Named("other")}});
  after.Restore(in);
  Verdict read;
  in(read);
  REQUIRE(in.ok());
  CHECK(in.at_end());
  CHECK(after.uses()[0].allowed == 2);
  CHECK(after.uses()[1].allowed == 0);
  after.FindCounted(read);
  CHECK(read.allowed->rule == "bastion");
  CHECK(read.IsSuppressed());
  after.TakeBack(read);
  CHECK(after.uses()[0].allowed == 1);

  // Its rule is gone: nothing is taken back.
  Policy without({.allow = {Named("other")}});
  without.FindCounted(read);
  CHECK_FALSE(read.counted.has_value());
}

}  // namespace
}  // namespace cairn::policy
