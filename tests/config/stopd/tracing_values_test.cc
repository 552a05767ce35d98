// SPDX-License-Identifier: BSD-3-Clause
// What a file of stopd can say of chain tracing, but for its rules.
#include "tests/config/stopd/stopd_load.h"

namespace cairn::config {
namespace {

using Catch::Matchers::Contains;
using tracing::PortHopping;

TEST_CASE("a file fills the options of the agent") {
  const tracing::Options options = StopdSound(R"(
tracing:
  enabled: true
  user: nobody
  folder: /srv/tracing
  control: /run/x.sock
  certificate: /etc/x.crt
  key: /etc/x.key
  authorities: /etc/ca.crt
  revocations: /etc/ca.crl
  networks: [192.0.2.0/24]
  peers: [192.0.2.7, "2001:db8::7"]
  max_peers: 5
  work_ports: 5000-5015
  port_hopping: timed
  hop_period: 90s
  stale_list: {warn_after: 2h, refuse_after: 3h}
  listen: {addresses: 192.0.2.1, port: 5113, max_handshakes: 4, max_handshakes_per_source_minute: 3,
           handshake_timeout: 1s, work_port_patience: 2s, idle_timeout: 4min, max_links: 9,
           max_queued: 128KiB}
  limits: {max_hops: 7, deadline: 5s, peer_timeout: 900ms, max_rounds: 8,
           max_rounds_per_peer_minute: 6,
           max_rounds_per_asker_minute: 4, max_remembered: 10, remember: 30s}
  knowledge: {max_age: 3d, max_chains: 11, max_size: 2MiB, exchange_interval: 12s, exchange_peers: 3}
)")
                                       .tracing;
  CHECK(options.enabled);
  CHECK(options.user == "nobody");
  CHECK(options.folder == "/srv/tracing");
  CHECK(options.control == "/run/x.sock");
  CHECK(options.certificate == "/etc/x.crt");
  CHECK(options.key == "/etc/x.key");
  CHECK(options.authorities == "/etc/ca.crt");
  CHECK(options.revocations == "/etc/ca.crl");
  CHECK(options.networks.prefixes().size() == 1);
  REQUIRE(options.peers.size() == 2);
  CHECK(options.peers[1] == *IpAddress::Parse("2001:db8::7"));
  CHECK(options.max_peers == 5);
  CHECK(options.links.first_work_port == 5000);
  CHECK(options.links.last_work_port == 5015);
  CHECK(options.links.hopping == PortHopping::kTimed);
  CHECK(options.links.hop_period == PacketDelta::FromSeconds(90));
  CHECK(options.stale_list_warning == PacketDelta::FromSeconds(7200));
  CHECK(options.stale_list_refusal == PacketDelta::FromSeconds(10800));
  CHECK(options.links.addresses == std::vector<IpAddress>{*IpAddress::Parse("192.0.2.1")});
  CHECK(options.links.port == 5113);
  CHECK(options.links.max_handshakes == 4);
  CHECK(options.links.max_handshakes_per_source_minute == 3);
  CHECK(options.links.handshake_timeout == PacketDelta::FromSeconds(1));
  CHECK(options.links.work_port_patience == PacketDelta::FromSeconds(2));
  CHECK(options.links.idle_timeout == PacketDelta::FromSeconds(240));
  CHECK(options.links.max_links == 9);
  CHECK(options.links.max_queued_bytes == 128 << 10);
  CHECK(options.rounds.max_hops == 7);
  CHECK(options.rounds.deadline == PacketDelta::FromSeconds(5));
  CHECK(options.rounds.peer_timeout == PacketDelta::FromMilliseconds(900));
  CHECK(options.rounds.max_rounds == 8);
  CHECK(options.rounds.max_rounds_per_peer_minute == 6);
  CHECK(options.rounds.max_rounds_per_asker_minute == 4);
  CHECK(options.rounds.max_remembered == 10);
  CHECK(options.rounds.remember == PacketDelta::FromSeconds(30));
  CHECK(options.knowledge.max_age == PacketDelta::FromSeconds(3 * 86400));
  CHECK(options.knowledge.max_chains == 11);
  CHECK(options.knowledge.max_bytes == 2 << 20);
  CHECK(options.knowledge.exchange_interval == PacketDelta::FromSeconds(12));
  CHECK(options.knowledge.exchange_peers == 3);
}

TEST_CASE("a host traces chains only if it is told to; then it listens everywhere") {
  const tracing::Options options = StopdSound("").tracing;
  CHECK_FALSE(options.enabled);
  CHECK(options.links.addresses == std::vector<IpAddress>{IpAddress(), IpAddress::FromV4(0)});
  CHECK(StopdWith("tracing.listen.addresses=").tracing.links.addresses.empty());
}

TEST_CASE("a range of ports that is ill-formed or out of its bounds is told with its place") {
  const auto [text, told] = GENERATE(table<std::string, std::string>({
      {"x", "test.yaml:1:23: tracing.work_ports: 'x' does not begin with a number"},
      {"24113-", "expected a range of at most 4096 ports from 1024 to 65535, for example"},
      {"-24113", "tracing.work_ports: "},
      {"1000-2000", "'1000' is less than 1024"},
      {"65000-65536", "'65536' is more than 65535"},
      {"24176-24113", "'24176-24113' is empty: write the lower port first"},
      {"2000-6096", "'2000-6096' has 4097 ports, more than 4096"},
      {"2000-2001-2002", "tracing.work_ports: "},
      {"[2000-2001]", "tracing.work_ports: is a list"},
  }));
  CHECK_THAT(StopdFault("tracing: {work_ports: " + text + "}"), Contains(told));
}

TEST_CASE("a range of ports may be as long as allowed, and of one port") {
  CHECK(StopdWith("tracing.work_ports=2000-6095").tracing.links.last_work_port == 6095);
  CHECK(StopdWith("tracing.work_ports=2000-2000").tracing.links.last_work_port == 2000);
  CHECK(StopdWith("tracing.work_ports=1024-1025").tracing.links.first_work_port == 1024);
}

TEST_CASE("a value of the agent that is ill-formed or out of its bounds is told with its place") {
  const auto [text, told] = GENERATE(table<std::string, std::string>({
      {"{port_hopping: always}", "expected off or per_session or timed"},
      {"{key: host.key}", "tracing.key: 'host.key' does not begin with '/'"},
      {"{listen: {port: 113}}", "'113' is less than 1024"},
      {"{limits: {max_hops: 65}}", "'65' is more than 64"},
      {"{peers: [host]}", "tracing.peers[1]: 'host'"},
      {"{control: /" + std::string(107, 'x') + "}", "is longer than 107 bytes"},
      {"{stale_list: 1d}", "expected a group of keys"},
      {"{workports: 5000-5001}", "the nearest known key is tracing.work_ports"},
  }));
  CHECK_THAT(StopdFault("tracing: " + text), Contains(told));
}

}  // namespace
}  // namespace cairn::config
