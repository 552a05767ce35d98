// SPDX-License-Identifier: BSD-3-Clause
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/commands/run_in_process.h"

namespace cairn::commands {
namespace {

Outcome EvaluateRelays(const std::vector<std::string>& arguments) {
  return RunInProcess(AddEvaluateRelays, "evaluate-relays", arguments);
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
                                             {"--seed", "another"},
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
