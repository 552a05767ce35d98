// SPDX-License-Identifier: BSD-3-Clause
#include "tests/config/load.h"

namespace cairn::config {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("settings that make no sense together are refused") {
  const auto [text, told] = GENERATE(table<std::string, std::string>({
      {"timing: {direct: {idle_threshold: 500ms, coincidence_window: 500ms}}",
       "timing.direct.coincidence_window (500ms) is not shorter than timing.direct.idle_threshold "
       "(500ms)"},
      {"timing: {indirect: {consecutive_scale: 100, min_consecutive: 101}}",
       "timing.indirect.min_consecutive (101) exceeds timing.indirect.consecutive_scale (100)"},
      {"timing: {direct: {enabled: false}, indirect: {enabled: false}}",
       "timing.direct.enabled and timing.indirect.enabled are both false"},
      {"timing: {max_pairs: 10, max_pairs_per_connection: 64}",
       "timing.max_pairs_per_connection (64) exceeds timing.max_pairs (10)"},
      {"connections: {handshake_timeout: 2min, established_timeout: 1min}",
       "connections.handshake_timeout (2min) exceeds connections.established_timeout (1min)"},
      {"connections: {closing_timeout: 1h, established_timeout: 30min}",
       "connections.closing_timeout (1h) exceeds"},
      {"capture: {tunnels: {vxlan_port: 6081}}",
       "capture.tunnels.vxlan_port and capture.tunnels.geneve_port are both 6081"},
      {"exposure: {encrypted_ports: [22, 23]}",
       "port 23 is in exposure.clear_text (telnet) and in exposure.encrypted_ports"},
      {"protected_networks: [10.0.0.0/8, 0.0.0.0/0]", "protected_networks holds 0.0.0.0/0"},
      {"protected_networks: [10.0.0.0/8, \"::1\", 10.0.0.0/8]",
       "protected_networks names 10.0.0.0/8 twice"},
      {"protected_networks: [\"::/0\"]", "protected_networks holds ::/0"},
  }));
  CHECK_THAT(Fault(text), Contains(told));
}

TEST_CASE("what would contradict is accepted once a part of it is switched off") {
  Sound("capture: {tunnels: {vxlan_port: 6081, geneve: false}}");
  Sound("timing: {direct: {enabled: false}}");
  Sound("exposure: {encrypted_ports: [22, 23], clear_text: {513: rlogin}}");
}

TEST_CASE("a contradiction is told where the later of its keys is written") {
  CHECK_THAT(Fault("timing:\n  direct:\n    idle_threshold: 2ms\n"),
             Contains("test.yaml:3:5: timing.direct.coincidence_window ("));
  CHECK_THAT(Fault("timing:\n  direct:\n    coincidence_window: 70ms\n    idle_threshold: 70ms\n"),
             Contains("test.yaml:4:5:"));
}

TEST_CASE("several contradictions are told at once") {
  const std::string fault = Fault(
      "timing: {max_pairs: 10, max_pairs_per_connection: 64, direct: {coincidence_window: 1s}}");
  CHECK_THAT(fault, Contains("timing.max_pairs (10)") && Contains("coincidence_window (1s)"));
}

}  // namespace
}  // namespace cairn::config
