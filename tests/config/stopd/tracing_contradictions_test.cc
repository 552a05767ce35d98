// SPDX-License-Identifier: BSD-3-Clause
// Settings of chain tracing that make no sense together.
#include "tests/config/stopd/stopd_load.h"

namespace cairn::config {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("settings of the agent that make no sense together are refused") {
  const auto [text, told] = GENERATE(table<std::string, std::string>({
      {"tracing: {listen: {addresses: [\"::1\", \"::1\"]}}", "tracing.listen.addresses names ::1"},
      {"tracing: {peers: [192.0.2.1, 192.0.2.1]}", "tracing.peers names 192.0.2.1 twice"},
      {"tracing: {enabled: true, user: root}", "tracing.user is root"},
      {"tracing: {enabled: true, user: _stopd}", "tracing.user and listen.user are both _stopd"},
      {"tracing: {enabled: true, folder: /var/lib/stopd}",
       "tracing.folder and store.folder are both /var/lib/stopd"},
      {"{listen: {port: 4113}, tracing: {enabled: true}}",
       "tracing.listen.port and listen.port are both 4113"},
      {"tracing: {enabled: true, work_ports: 4100-4113}",
       "tracing.work_ports (4100-4113) contains tracing.listen.port (4113)"},
      {"{listen: {port: 24113}, tracing: {enabled: true}}",
       "tracing.work_ports (24113-24176) contains listen.port (24113)"},
      {"tracing: {port_hopping: timed, hop_period: 4s, listen: {work_port_patience: 3s, "
       "handshake_timeout: 4s}}",
       "tracing.listen.handshake_timeout (4s) is not shorter than tracing.hop_period (4s)"},
      {"tracing: {port_hopping: timed, hop_period: 5s}",
       "tracing.listen.work_port_patience (5s) is not shorter than tracing.hop_period (5s)"},
      {"tracing: {limits: {deadline: 3s}}",
       "tracing.limits.peer_timeout (3s) is not shorter than tracing.limits.deadline (3s)"},
      {"tracing: {limits: {remember: 10s}}",
       "tracing.limits.deadline (10s) is not shorter than tracing.limits.remember (10s)"},
      {"tracing: {stale_list: {refuse_after: 1d}}",
       "tracing.stale_list.warn_after (1d) is not shorter than tracing.stale_list.refuse_after"},
      {"tracing: {limits: {max_remembered: 255}}",
       "tracing.limits.max_remembered (255) is less than tracing.limits.max_rounds (256)"},
      {"tracing: {max_peers: 1, peers: [192.0.2.1, 192.0.2.2]}",
       "tracing.peers names 2 hosts, more than tracing.max_peers (1)"},
      {"tracing: {default_rules: false}",
       "decides in every case upon begin, request, looked, next_hop, ended, chain, peer"},
  }));
  CHECK_THAT(StopdFault(text), Contains(told));
}

TEST_CASE("what would contradict in the agent is accepted on the other side of its bound") {
  StopdSound("tracing: {enabled: true}");
  StopdSound("tracing: {enabled: true, work_ports: 4100-4112}");
  StopdSound("tracing: {enabled: true, work_ports: 4114-4200}");
  StopdSound("tracing: {enabled: true, port_hopping: off, work_ports: 4100-4113}");
  StopdSound("tracing: {port_hopping: timed, hop_period: 6s}");
  StopdSound("tracing: {hop_period: 1s}");
  StopdSound("tracing: {limits: {deadline: 3001ms}}");
  StopdSound("tracing: {limits: {remember: 11s}}");
  StopdSound("tracing: {stale_list: {refuse_after: 25h}}");
  StopdSound("tracing: {limits: {max_remembered: 256}}");
  StopdSound("tracing: {max_peers: 2, peers: [192.0.2.1, 192.0.2.2]}");
}

TEST_CASE("a host without an agent is not asked to make room for one") {
  StopdSound("listen: {port: 4113}");
  StopdSound("listen: {port: 24113, user: _stoptrace}");
  StopdSound("store: {folder: /var/lib/stopd-tracing}");
}

TEST_CASE("a contradiction in the agent is told where the later of its keys is written") {
  CHECK_THAT(StopdFault("tracing:\n  enabled: true\n  work_ports: 4000-4200\n"),
             Contains("test.yaml:3:3: tracing.work_ports ("));
}

}  // namespace
}  // namespace cairn::config
