// SPDX-License-Identifier: BSD-3-Clause
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "commands/lab/lab_commands.h"
#include "tests/commands/run_in_process.h"

namespace cairn::lab {
namespace {

commands::Outcome Relays(const std::vector<std::string>& arguments) {
  return commands::RunInProcess(AddRelays, "relays", arguments);
}

TEST_CASE("a folder for results that cannot be made ends relays with 1, before the work") {
  const commands::Outcome outcome = Relays({"--trials", "100000", "--out", "/dev/null/results"});
  CHECK(outcome.exit_code == commands::kFailed);
  CHECK(outcome.output.empty());
}

TEST_CASE("wrong usage of relays ends with 2 and prints no report") {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--trials", "0"},
                                             {"--trials", "100001"},
                                             {"--trials", "many"},
                                             {"--seed", "another"},
                                             {"--threads", "0"},
                                             {"--format", "json"},
                                             {"capture.pcap"}}) {
    const commands::Outcome outcome = Relays(arguments);
    CHECK(outcome.exit_code == commands::kUsage);
    CHECK(outcome.output.empty());
  }
}

}  // namespace
}  // namespace cairn::lab
