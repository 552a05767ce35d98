// SPDX-License-Identifier: BSD-3-Clause
// Keys that had another name before: files with it go on working.
#include <algorithm>
#include <string>

#include "tests/config/load.h"

namespace cairn::config {
namespace {

using Catch::Matchers::Contains;
using policy::AllowRule;

// A rule with one key, on line 3.
std::string RuleWith(const std::string& key) {
  return "policy:\n  allow:\n    - {name: r, " + key + ": 192.0.2.0/24}\n";
}

TEST_CASE("a rule's hosts are read by their former names, too, with a warning") {
  const auto [former, present, member] =
      GENERATE(table<std::string, std::string, PrefixSet AllowRule::*>(
          {{"originator", "upstream_hosts", &AllowRule::upstream_hosts},
           {"middle", "stone_hosts", &AllowRule::stone_hosts},
           {"target", "downstream_hosts", &AllowRule::downstream_hosts}}));
  const Settings settings = Sound(RuleWith(former));
  CHECK((settings.detector.policy.allow.at(0).*member).Contains(*IpAddress::Parse("192.0.2.7")));
  CHECK(Show(settings) == Show(Sound(RuleWith(present))));
  CHECK(Warnings(RuleWith(former)) == "test.yaml:3:17: warning: policy.allow[1]: '" + former +
                                          "' is the former name of " + present + ": write " +
                                          present);
  CHECK(Warnings(RuleWith(present)).empty());
}

TEST_CASE("both names of a key in one rule are refused, in either order") {
  const std::string keys = GENERATE("middle: 192.0.2.1, stone_hosts: 192.0.2.2",
                                    "stone_hosts: 192.0.2.2, middle: 192.0.2.1");
  const std::string fault = Fault("policy: {allow: [{name: r, " + keys + "}]}");
  CHECK_THAT(fault, Contains("test.yaml:1:") && Contains("policy.allow[1]: '"));
  CHECK_THAT(fault, Contains("are two names of one key: keep only stone_hosts"));
}

TEST_CASE("the former name of a key is refused where it is empty, as the present one is") {
  CHECK_THAT(Fault("policy: {allow: [{name: r, kind: direct, middle: []}]}"),
             Contains("policy.allow[1].stone_hosts: is empty"));
}

TEST_CASE("former names are accepted on the command line") {
  const Settings settings = With("policy.allow=[{name: n, middle: 192.0.2.1}]");
  CHECK(settings.detector.policy.allow.at(0).stone_hosts.Contains(*IpAddress::Parse("192.0.2.1")));
}

TEST_CASE("the warnings about one file are bounded") {
  std::string text = "policy:\n  allow:\n";
  for (int i = 0; i < 30; ++i) {
    text += "    - {name: r" + std::to_string(i) + ", middle: 192.0.2.1}\n";
  }
  const std::string warnings = Warnings(text);
  CHECK(std::count(warnings.begin(), warnings.end(), '\n') == 20);
  CHECK_THAT(warnings, Contains("and 10 more warnings"));
}

}  // namespace
}  // namespace cairn::config
