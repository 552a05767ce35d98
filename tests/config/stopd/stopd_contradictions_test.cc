// SPDX-License-Identifier: BSD-3-Clause
#include "tests/config/stopd/stopd_load.h"

namespace cairn::config {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("settings of stopd that make no sense together are refused") {
  const auto [text, told] = GENERATE(table<std::string, std::string>({
      {"listen: {addresses: [\"::\", 0.0.0.0, \"::\"]}", "listen.addresses names :: twice"},
      {"listen: {user: root}", "listen.user is root"},
      {"listen: {user: \"0\"}", "listen.user is 0"},
      {"replies: {real_names: {enabled: true}}", "replies.real_names.hosts is empty"},
      {"limits: {max_connections: 5000}",
       "limits.max_askers (4096) is less than limits.max_connections (5000)"},
      {"recursion: {max_targets: 5, ask: {max_queued: 4}}",
       "recursion.max_targets (5) exceeds recursion.ask.max_queued (4)"},
      {"store: {max_size: 1MiB, journal_size: 1MiB}",
       "store.journal_size (1MiB) is not less than store.max_size (1MiB)"},
      {"metrics: {file: /srv/stopd.txt}", "metrics.file (/srv/stopd.txt) does not end with .prom"},
  }));
  CHECK_THAT(StopdFault(text), Contains(told));
}

TEST_CASE("what would contradict in stopd is accepted on the other side of its bound") {
  StopdSound("listen: {addresses: [\"::1\", 127.0.0.1]}");
  StopdSound("replies: {real_names: {hosts: [192.0.2.0/24]}}");
  StopdSound("replies: {real_names: {enabled: true, hosts: [0.0.0.0/0, \"::/0\"]}}");
  StopdSound("limits: {max_connections: 4096}");
  StopdSound("recursion: {max_targets: 4, ask: {max_queued: 4}}");
  StopdSound("recursion: {enabled: false, max_targets: 5, ask: {max_queued: 4}}");
  StopdSound("store: {max_size: 1MiB, journal_size: 1023KiB}");
  StopdSound("metrics: {file: /srv/stopd.prom}");
  StopdSound("metrics: {file: \"\"}");
}

TEST_CASE("a contradiction in stopd is told where the later of its keys is written") {
  CHECK_THAT(StopdFault("store:\n  journal_size: 4MiB\n  max_size: 4MiB\n"),
             Contains("test.yaml:3:3: store.journal_size ("));
  CHECK_THAT(StopdFault("store:\n  max_size: 1MiB\n"), Contains("test.yaml:2:3:"));
}

TEST_CASE("assignments to stopd are checked together, not one by one") {
  daemon::Options options = StopdWith("store.max_size=1MiB");
  CHECK_FALSE(CheckStopd(options).ok());
  REQUIRE(ApplyStopd(options, "store.journal_size=64KiB").ok());
  CHECK(CheckStopd(options).ok());
}

TEST_CASE("the defaults of stopd contradict nothing") { CHECK(CheckStopd({}).ok()); }

}  // namespace
}  // namespace cairn::config
