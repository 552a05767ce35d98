// SPDX-License-Identifier: BSD-3-Clause
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "commands/lab/lab_commands.h"
#include "tests/commands/run_in_process.h"

namespace cairn::lab {
namespace {

commands::Outcome Calibration(const std::vector<std::string>& arguments) {
  return commands::RunInProcess(AddCalibration, "calibration", arguments);
}

TEST_CASE("calibration prints a row for each rate") {
  const commands::Outcome outcome =
      Calibration({"--days", "0.01", "--sites", "1", "--people", "4", "--hosts", "3", "--rate",
                   "0.5", "--rate", "2", "--set", "slots.enabled=false"});
  CHECK(outcome.exit_code == commands::kDone);
  CHECK(outcome.output.find("0.5 ") != std::string::npos);
  CHECK(outcome.output.find("by slots") != std::string::npos);
}

TEST_CASE("wrong usage of calibration ends with 2 and prints no report") {
  const std::vector<std::vector<std::string>> wrong = {
      {"--days", "0"},      {"--rate", "0"},
      {"--people", "1"},    {"--set", "timing.no_such_key=1"},
      {"--format", "json"}, {"--config", "/nonexistent.yaml"}};
  for (const std::vector<std::string>& arguments : wrong) {
    INFO(arguments.front());
    const commands::Outcome outcome = Calibration(arguments);
    CHECK(outcome.exit_code == commands::kUsage);
    CHECK(outcome.output.empty());
  }
}

}  // namespace
}  // namespace cairn::lab
