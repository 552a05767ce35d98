// SPDX-License-Identifier: BSD-3-Clause
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/commands/run_in_process.h"

namespace cairn::commands {
namespace {

Outcome EvaluateRelays(const std::vector<std::string>& arguments) {
  return RunInProcess(AddEvaluateRelays, "evaluate-relays", arguments);
}

TEST_CASE(
    "evaluate-relays prints its tables and writes points and curves, by any number of threads") {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("cairn_relays_" + std::to_string(getpid())) / "new";
  const Outcome one = EvaluateRelays({"--trials", "1", "--out", folder});
  REQUIRE(one.exit_code == kDone);
  CHECK(one.output.find("| web | published A=500 L=100 |") != std::string::npos);
  CHECK(one.output.find("Figure 7") != std::string::npos);
  CHECK(std::filesystem::file_size(folder / "table1.csv") > 1000);
  for (const std::string figure : {"fig3", "fig4", "fig5", "fig6", "fig7"}) {
    CHECK(std::filesystem::file_size(folder / (figure + ".csv")) > 1000);
    CHECK(std::filesystem::file_size(folder / (figure + ".svg")) > 1000);
  }
  std::filesystem::remove_all(folder.parent_path());
  CHECK(EvaluateRelays({"--trials", "1", "--threads", "3"}).output == one.output);
}

TEST_CASE("a folder for results that cannot be made ends evaluate-relays with 1, before the work") {
  const Outcome outcome = EvaluateRelays({"--trials", "100000", "--out", "/dev/null/results"});
  CHECK(outcome.exit_code == kFailed);
  CHECK(outcome.output.empty());
}

TEST_CASE("wrong usage of evaluate-relays ends with 2 and prints no report") {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--trials", "0"},
                                             {"--trials", "100001"},
                                             {"--trials", "many"},
                                             {"--seed", "-1"},
                                             {"--threads", "0"},
                                             {"--format", "json"},
                                             {"capture.pcap"}}) {
    const Outcome outcome = EvaluateRelays(arguments);
    CHECK(outcome.exit_code == kUsage);
    CHECK(outcome.output.empty());
  }
}

}  // namespace
}  // namespace cairn::commands
