// SPDX-License-Identifier: BSD-3-Clause
// The files in the tree that are made from the table of keys, or must fit it.
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "fmt/format.h"

#include "tests/config/load.h"

namespace cairn::config {
namespace {

std::string Read(const std::string& path) {
  std::ifstream file(std::string(CAIRN_SOURCE_DIR "/") + path, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST_CASE("config/cairn.yaml is what 'cairn config default' prints") {
  INFO("To bring it up to date: cairn config default > config/cairn.yaml");
  CHECK(Read("config/cairn.yaml") == DefaultYaml());
}

TEST_CASE("docs/configuration.md is what 'cairn config reference' prints") {
  INFO("To bring it up to date: cairn config reference > docs/configuration.md");
  CHECK(Read("docs/configuration.md") == ReferenceMarkdown());
}

TEST_CASE("docs/cairn.yaml.5 is what 'cairn config manual' prints") {
  INFO("To bring it up to date: cairn config manual > docs/cairn.yaml.5");
  CHECK(Read("docs/cairn.yaml.5") == ManualPage());
}

TEST_CASE("no line of the manual page is taken for a request, and every key is there") {
  const std::string page = ManualPage();
  for (const char* key : {"protected_networks", "timing.direct.idle_threshold", "policy.timezone",
                          "expires", "traceback.enabled"}) {
    CHECK(page.find(fmt::format("\n.TP\n\\fB{}\\fR", key)) != std::string::npos);
  }
  std::istringstream lines(page);
  const std::set<std::string> requests = {".\\\"", ".TH", ".SH", ".SS", ".TP", ".PP",
                                          ".br",   ".B",  ".BR", ".RB", ".I"};
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    CHECK_FALSE(line.starts_with('\''));
    if (line.starts_with('.')) CHECK(requests.contains(line.substr(0, line.find(' '))));
  }
}

TEST_CASE("the default file loads to the defaults") {
  CHECK(Show(Sound(Read("config/cairn.yaml"))) == Show(Settings()));
}

TEST_CASE("the example file loads, and shows a site with its networks and rules") {
  const absl::StatusOr<Settings> settings = LoadFile(CAIRN_SOURCE_DIR "/config/example-site.yaml");
  INFO(settings.status().ToString());
  REQUIRE(settings.ok());
  CHECK_FALSE(settings->detector.protected_networks.empty());
  CHECK(settings->detector.policy.allow.size() >= 3);
}

TEST_CASE("the rule as published is there to compare with") {
  const absl::StatusOr<Settings> settings =
      LoadFile(CAIRN_SOURCE_DIR "/config/zhang-paxson-2000.yaml");
  INFO(settings.status().ToString());
  REQUIRE(settings.ok());
  const timing::Options& timing = settings->detector.timing;
  CHECK(timing.rule == timing::Rule::kThresholds);
  CHECK(timing.direct.coincidence_window == PacketDelta::FromMilliseconds(80));
  CHECK(timing.direct.min_consecutive == 2);
  CHECK(timing.indirect.min_consecutive == 4);
  CHECK_FALSE(timing.indirect.both_directions);
  CHECK(timing.direct.from_first_coincidence);
  CHECK(timing.indirect.from_first_coincidence);
}

}  // namespace
}  // namespace cairn::config
