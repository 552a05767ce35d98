// SPDX-License-Identifier: BSD-3-Clause
// The configuration of stopd as text: shown, documented, shipped.
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "fmt/format.h"

#include "config/stopd/stopd_schema.h"
#include "tests/config/stopd/stopd_load.h"

namespace cairn::config {
namespace {

using StopdKey = Key<daemon::Options>;

std::string Read(const std::string& path) {
  std::ifstream file(std::string(CAIRN_SOURCE_DIR "/") + path, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// A value unlike the default for a key, by what the key expects.
std::string OtherValue(const StopdKey& key) {
  static const std::map<std::string, std::string> kSpecial = {
      {"listen.addresses", "[192.0.2.1, \"2001:db8::1\"]"},
      {"listen.user", "\"a: b\""},
      {"askers.trusted", "[192.0.2.0/24, \"2001:db8::/32\"]"},
      {"replies.errors", "token"},
      {"replies.real_names.hosts", "[\"::/0\", 192.0.2.1]"},
      {"recursion.cycle_window", "3h"},
      {"recursion.networks", "[]"},
      {"recursion.cycle_rule", "session"},
      {"walk.max_memory", "128MiB"},
      {"walk.services", "[\"/opt/a, b\", \"/c: #d\"]"},
      {"store.folder", "/srv/\"x\" # y"},
      {"metrics.file", "/srv/\"x\" # y.prom"},
      {"tracing.networks", "[]"},
      {"tracing.translated", "[192.0.2.0/24, \"2001:db8::/32\"]"},
      {"tracing.peers", "[192.0.2.1, \"2001:db8::1\"]"},
      {"tracing.work_ports", "2000-2063"},
      {"tracing.port_hopping", "timed"},
      {"tracing.hop_period", "1h"},
      {"tracing.rules",
       "[{name: \"a: b\", when: {event: looked, users: [root, \"#x\"], doing: \"/opt/*\"}, "
       "then: [ask, alert]}, {name: c, when: {message: invalid, hosts: 192.0.2.0/24}, then: "
       "deny}]"},
      {"tracing.stale_list.warn_after", "3h"},
      {"tracing.stale_list.refuse_after", "300d"},
      {"tracing.listen.addresses", "[]"},
      {"tracing.listen.port", "5113"},
      {"tracing.limits.remember", "3h"},
      {"tracing.knowledge.max_age", "3h"},
  };
  const auto special = kSpecial.find(key.path);
  if (special != kSpecial.end()) return special->second;
  const std::string value = key.write(daemon::Options());
  if (key.form == "true or false") return value == "true" ? "false" : "true";
  if (key.form == "an absolute path") return "/srv/\"x\" # z";
  if (key.form.starts_with("a duration")) return "1234567us";
  if (key.form.starts_with("a size")) return "2MB";
  return "27";
}

TEST_CASE("each key of stopd that is set is shown, and reads back to the same options") {
  for (const StopdKey& key : StopdSchema().keys()) {
    INFO(key.path);
    daemon::Options options;
    REQUIRE(ApplyStopd(options, key.path + "=" + OtherValue(key)).ok());
    const std::string shown = ShowStopd(options);
    CHECK(shown != ShowStopd(daemon::Options()));
    if (!CheckStopd(options).ok()) continue;
    CHECK(ShowStopd(StopdSound(shown)) == shown);
  }
}

TEST_CASE("every key of stopd says what it is, what it expects and gives an example") {
  for (const StopdKey& key : StopdSchema().keys()) {
    INFO(key.path);
    CHECK(key.documentation.ends_with('.'));
    CHECK_FALSE(key.form.empty());
    StopdWith(key.path + "=" + key.example);
  }
}

TEST_CASE("config/stopd.yaml is what 'stopd config default' prints") {
  INFO("To bring it up to date: stopd config default > config/stopd.yaml");
  CHECK(Read("config/stopd.yaml") == StopdDefaultYaml());
}

TEST_CASE("docs/stopd-configuration.md is what 'stopd config reference' prints") {
  INFO("To bring it up to date: stopd config reference > docs/stopd-configuration.md");
  CHECK(Read("docs/stopd-configuration.md") == StopdReferenceMarkdown());
}

TEST_CASE("docs/stopd.yaml.5 is what 'stopd config manual' prints") {
  INFO("To bring it up to date: stopd config manual > docs/stopd.yaml.5");
  CHECK(Read("docs/stopd.yaml.5") == StopdManualPage());
}

TEST_CASE("the default file of stopd loads to the defaults") {
  CHECK(ShowStopd(StopdSound(Read("config/stopd.yaml"))) == ShowStopd(daemon::Options()));
}

TEST_CASE("the reference of stopd names every key and what is refused together") {
  const std::string reference = StopdReferenceMarkdown();
  for (const StopdKey& key : StopdSchema().keys()) {
    const std::string name = key.path.substr(key.path.rfind('.') + 1);
    CHECK(reference.find(fmt::format("| `{}` |", name)) != std::string::npos);
  }
  CHECK(reference.find("## What is refused together") != std::string::npos);
}

}  // namespace
}  // namespace cairn::config
