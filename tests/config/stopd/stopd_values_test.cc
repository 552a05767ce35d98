// SPDX-License-Identifier: BSD-3-Clause
// What a file of stopd, and --set, can say.
#include "tests/config/stopd/stopd_load.h"

namespace cairn::config {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

std::string Refusal(std::string_view assignment) {
  daemon::Options options;
  const absl::Status status = ApplyStopd(options, assignment);
  REQUIRE(status.code() == absl::StatusCode::kInvalidArgument);
  REQUIRE(ShowStopd(options) == ShowStopd(daemon::Options()));
  return std::string(status.message());
}

TEST_CASE("a file of stopd fills the options of every part of the daemon") {
  const daemon::Options options = StopdSound(R"(
listen:
  addresses: [192.0.2.7, "2001:db8::7"]
  port: 1113
  user: nobody
replies:
  errors: unknown_error
  least_time: 250ms
  real_names: {enabled: true, hosts: [198.51.100.0/24, "2001:db8:1::/48"]}
limits: {max_connections: 100, max_requests_per_asker_minute: 7, line_timeout: 5s, idle_timeout: 90s}
recursion:
  cycle_window: 5min
  cycle_rule: connection
  max_targets: 3
  ask: {port: 2113, retries: 0, reply_timeout: 60s}
walk: {max_processes: 12, services: [/usr/bin/dbus-daemon], deadline: 2s, max_concurrent: 3, max_memory: 1GiB}
save: {command_line: false, logins: false, max_executable_size: 1MiB}
store: {folder: /srv/tokens, max_size: 1GiB, min_free: 0, retention: 0s, compress: false}
)");
  REQUIRE(options.addresses.size() == 2);
  CHECK(options.addresses[0] == *IpAddress::Parse("192.0.2.7"));
  CHECK(options.addresses[1] == *IpAddress::Parse("2001:db8::7"));
  CHECK(options.port == 1113);
  CHECK(options.user == "nobody");
  CHECK(options.errors == daemon::Errors::kUnknownError);
  CHECK(options.least_reply_time == PacketDelta::FromMilliseconds(250));
  CHECK(options.real_names.enabled);
  CHECK(options.real_names.hosts.Contains(*IpAddress::Parse("2001:db8:1::5")));
  CHECK_FALSE(options.real_names.hosts.Contains(*IpAddress::Parse("192.0.2.7")));
  CHECK(options.limits.max_connections == 100);
  CHECK(options.limits.max_requests_per_asker_minute == 7);
  CHECK(options.limits.line_timeout == PacketDelta::FromSeconds(5));
  CHECK(options.limits.idle_timeout == PacketDelta::FromSeconds(90));
  CHECK(options.recursion.cycle_window == PacketDelta::FromSeconds(300));
  CHECK(options.recursion.cycle_rule == daemon::CycleRule::kConnection);
  CHECK(options.recursion.max_targets == 3);
  CHECK(options.recursion.ask.port == 2113);
  CHECK(options.recursion.ask.retries == 0);
  CHECK(options.recursion.ask.reply_timeout == PacketDelta::FromSeconds(60));
  CHECK(options.host.max_processes == 12);
  CHECK(options.walks.deadline == PacketDelta::FromSeconds(2));
  CHECK(options.walks.max_concurrent == 3);
  CHECK(options.walks.max_memory_bytes == 1 << 30);
  CHECK(options.host.services == std::vector<std::string>{"/usr/bin/dbus-daemon"});
  CHECK_FALSE(options.host.keep_command_line);
  CHECK_FALSE(options.host.keep_logins);
  CHECK(options.host.keep_descriptors);
  CHECK(options.host.max_executable_bytes == 1 << 20);
  CHECK(options.tokens.folder == "/srv/tokens");
  CHECK(options.tokens.max_bytes == 1 << 30);
  CHECK(options.tokens.min_free_bytes == 0);
  CHECK(options.tokens.retention == PacketDelta::Zero());
  CHECK_FALSE(options.tokens.compress);
}

TEST_CASE("an empty file of stopd is the defaults") {
  CHECK(ShowStopd(StopdSound("")) == ShowStopd(daemon::Options()));
  CHECK(ShowStopd(StopdSound("listen:\nstore:\n")) == ShowStopd(daemon::Options()));
}

TEST_CASE("an assignment sets the key of stopd that it names and no other") {
  CHECK(StopdWith("listen.port=1113").port == 1113);
  CHECK(StopdWith("listen.port=1113").recursion.ask.port == 113);
  CHECK(StopdWith(" store.folder = /srv/x ").tokens.folder == "/srv/x");
  CHECK(StopdWith("listen.addresses=::1,127.0.0.1").addresses.size() == 2);
  CHECK(StopdWith("walk.services=").host.services.empty());
}

TEST_CASE("the wait for a loop is two minutes at least") {
  CHECK(StopdWith("recursion.cycle_window=120s").recursion.cycle_window ==
        PacketDelta::FromSeconds(120));
  CHECK_THAT(StopdFault("recursion: {cycle_window: 119s}"),
             Contains("recursion.cycle_window: '119s' is less than 2min"));
}

TEST_CASE("a value of stopd that is ill-formed or out of its bounds is told with its place") {
  const auto [text, told] = GENERATE(table<std::string, std::string>({
      {"listen: {port: 0}", "test.yaml:1:16: listen.port: '0' is less than 1"},
      {"listen: {port: 65536}", "'65536' is more than 65535"},
      {"listen: {addresses: [192.0.2.0/24]}", "listen.addresses[1]: '192.0.2.0/24'"},
      {"listen: {addresses: [\"::\", host]}", "listen.addresses[2]: 'host'"},
      {"listen: {addresses: []}", "listen.addresses: is empty"},
      {"listen: {user: \"\"}", "listen.user: the text is empty"},
      {"replies: {errors: hidden}", "expected plain or unknown_error or token"},
      {"replies: {real_names: true}", "replies.real_names: expected a group of keys"},
      {"limits: {max_connections: 0}", "'0' is less than 1"},
      {"limits: {line_timeout: 30}", "'30' has no unit"},
      {"limits: {line_timeout: 10ms}", "'10ms' is less than 100ms"},
      {"recursion: {max_targets: 65}", "'65' is more than 64"},
      {"walk: {max_processes: 0}", "'0' is less than 1"},
      {"walk: {services: [dbus-daemon]}",
       "walk.services[1]: 'dbus-daemon' does not begin with '/'; expected an absolute path, for "
       "example /usr/sbin/nscd"},
      {"store: {folder: tokens}", "store.folder: 'tokens' does not begin with '/'"},
      {"store: {folder: \"/a\\nb\"}", "store.folder: the text is not printable"},
      {"store: {max_size: 1kB}", "'1kB' is less than 64KiB"},
      {"store: {min_free: -1}", "'-1' is negative"},
      {"store: {journal_size: 2GiB}", "'2GiB' is more than 1GiB"},
  }));
  CHECK_THAT(StopdFault(text), Contains(told));
}

TEST_CASE("an unknown key of stopd is told with the nearest known one") {
  CHECK(StopdFault("limits:\n  max_conections: 5\n") ==
        "test.yaml:2:3: unknown key 'limits.max_conections'; the nearest known key is "
        "limits.max_connections");
  CHECK_THAT(StopdFault("user: x"), EndsWith("the nearest known key is listen.user"));
  CHECK_THAT(StopdFault("store.folder: /x"), Contains("write it under 'store:'"));
  // A key of cairn is none of stopd.
  CHECK_THAT(StopdFault("timing: {max_pairs: 5}"), StartsWith("test.yaml:1:1: unknown key"));
}

TEST_CASE("an assignment to stopd that is refused changes nothing and says why") {
  CHECK(Refusal("store.foldr=/x") ==
        "unknown key 'store.foldr'; the nearest known key is store.folder");
  CHECK_THAT(Refusal("listen.port=x"), StartsWith("listen.port: 'x' does not begin with a number"));
  CHECK_THAT(Refusal("listen.port"), Contains("KEY=VALUE, for example listen.port=1113"));
  CHECK_THAT(Refusal("listen=1"), Contains("unknown key 'listen'"));
  CHECK_THAT(Refusal("listen.addresses=[\"::\""), Contains("not valid YAML"));
}

TEST_CASE("all problems of a file of stopd are told at once") {
  const std::string fault =
      StopdFault("limits: {max_askers: 0}\nfoo: 1\nstore: {retention: long}\n");
  CHECK_THAT(fault, StartsWith("test.yaml:1:22:") && Contains("\ntest.yaml:2:1:") &&
                        Contains("\ntest.yaml:3:20:"));
}

TEST_CASE("a configuration of stopd that cannot be read is named with the reason") {
  const absl::StatusOr<daemon::Options> missing = LoadStopdFile("/nonexistent/stopd.yaml");
  CHECK(missing.status().code() == absl::StatusCode::kNotFound);
  CHECK(std::string(missing.status().message()) ==
        "/nonexistent/stopd.yaml: cannot read the configuration: No such file or directory");
}

}  // namespace
}  // namespace cairn::config
