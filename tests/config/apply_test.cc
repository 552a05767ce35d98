// SPDX-License-Identifier: BSD-3-Clause
// --set key=value.
#include "tests/config/load.h"

namespace cairn::config {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

std::string Refusal(std::string_view assignment) {
  Settings settings;
  const absl::Status status = Apply(settings, assignment);
  REQUIRE(status.code() == absl::StatusCode::kInvalidArgument);
  REQUIRE(Show(settings) == Show(Settings()));
  return std::string(status.message());
}

TEST_CASE("an assignment sets the key of its dotted path and no other") {
  const Settings settings = With("timing.direct.idle_threshold=300ms");
  CHECK(settings.detector.timing.direct.idle_threshold == PacketDelta::FromMilliseconds(300));
  CHECK(settings.detector.timing.indirect.idle_threshold == PacketDelta::FromMilliseconds(500));
}

TEST_CASE("a pair rule without its kind is set for both kinds") {
  for (const char* assignment : {"coincidence_window=40ms", "timing.coincidence_window=40ms",
                                 " coincidence_window = 40ms "}) {
    const Settings settings = With(assignment);
    CHECK(settings.detector.timing.direct.coincidence_window == PacketDelta::FromMilliseconds(40));
    CHECK(settings.detector.timing.indirect.coincidence_window ==
          PacketDelta::FromMilliseconds(40));
  }
}

TEST_CASE("a list is written with commas, with or without brackets") {
  for (const char* assignment : {"protected_networks=10.0.0.0/8,::1, 2001:db8::/32",
                                 "protected_networks=[10.0.0.0/8, \"::1\", \"2001:db8::/32\"]"}) {
    const PrefixSet networks = With(assignment).detector.protected_networks;
    REQUIRE(networks.prefixes().size() == 3);
    CHECK(networks.prefixes()[1].ToString() == "::1/128");
    CHECK(networks.prefixes()[2].ToString() == "2001:db8::/32");
  }
}

TEST_CASE("a list is replaced, not added to, and can be emptied") {
  Settings settings = With("protected_networks=10.0.0.0/8");
  REQUIRE(Apply(settings, "protected_networks=192.0.2.0/24").ok());
  CHECK(settings.detector.protected_networks.prefixes().size() == 1);
  REQUIRE(Apply(settings, "protected_networks=").ok());
  CHECK(settings.detector.protected_networks.empty());
}

TEST_CASE("a text is taken as it stands, with colons, commas and quotes") {
  CHECK(With("capture.filter=host 2001:db8::1, or \"x: y\"").capture.filter ==
        "host 2001:db8::1, or \"x: y\"");
  CHECK(With("capture.filter=a=b").capture.filter == "a=b");
}

TEST_CASE("protocols by port are written as a group, with or without braces") {
  for (const char* assignment : {"exposure.clear_text=23: telnet, 2323: telnet",
                                 "exposure.clear_text={23: telnet, 2323: telnet}"}) {
    CHECK(With(assignment).detector.exposure.clear_text ==
          std::vector<ClearTextPort>{{23, "telnet"}, {2323, "telnet"}});
  }
}

TEST_CASE("a rule can be set from the command line") {
  const Settings settings =
      With("policy.allow=[{name: n, downstream_hosts: 192.0.2.1, action: mark}]");
  REQUIRE(settings.detector.policy.allow.size() == 1);
  CHECK(settings.detector.policy.allow[0].action == policy::Action::kMark);
}

TEST_CASE("an assignment that is refused changes nothing and says why, without a position") {
  CHECK(Refusal("timing.direct.idle_treshold=1s") ==
        "unknown key 'timing.direct.idle_treshold'; the nearest known key is "
        "timing.direct.idle_threshold");
  CHECK_THAT(Refusal("coincidence_window=80"),
             StartsWith("timing.direct.coincidence_window: '80' has no unit"));
  CHECK_THAT(Refusal("timing.direct.min_ratio=1.1"), Contains("'1.1' is more than 1"));
  CHECK_THAT(Refusal("max_pairs"), Contains("KEY=VALUE"));
  CHECK_THAT(Refusal("=3"), Contains("unknown key ''"));
  CHECK_THAT(Refusal("timing=3"), Contains("unknown key 'timing'"));
  CHECK_THAT(Refusal("protected_networks=[10.0.0.0/8"), Contains("not valid YAML"));
  CHECK_THAT(Refusal("protected_networks=10.0.0.0/8,,"), Contains("protected_networks[2]"));
}

TEST_CASE("of a rule set for both kinds, none is set when the value is refused") {
  CHECK_THAT(Refusal("min_consecutive=0"), Contains("'0' is less than 1"));
}

TEST_CASE("assignments are checked together, not one by one") {
  Settings settings = With("timing.direct.coincidence_window=600ms");
  CHECK_FALSE(Check(settings).ok());
  REQUIRE(Apply(settings, "timing.direct.idle_threshold=700ms").ok());
  CHECK(Check(settings).ok());
}

}  // namespace
}  // namespace cairn::config
