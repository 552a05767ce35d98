// SPDX-License-Identifier: BSD-3-Clause
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "commands/lab/lab_commands.h"
#include "nlohmann/json.hpp"
#include "tests/commands/run_in_process.h"

namespace cairn::lab {
namespace {

commands::Outcome Protocol(const std::vector<std::string>& arguments) {
  return commands::RunInProcess(AddProtocol, "protocol", arguments);
}

TEST_CASE("protocol runs the conditions and durations that were asked for") {
  const commands::Outcome outcome =
      Protocol({"--sessions", "10", "--duration", "30", "--duration", "45.5", "--condition",
                "clean", "--condition", "delay-1s+chaff-1x", "--format", "json"});
  CHECK(outcome.exit_code == commands::kDone);
  const nlohmann::json json = nlohmann::json::parse(outcome.output);
  CHECK(json["sessions"] == 10);
  REQUIRE(json["results"].size() == 4);
  CHECK(json["results"][1]["condition"] == "delay-1s+chaff-1x");
  CHECK(json["results"][3]["duration_s"] == 45.5);
}

TEST_CASE("protocol prints the same with any number of threads") {
  const std::vector<std::string> arguments = {"--sessions",  "12",        "--duration", "30",
                                              "--condition", "typing-1x", "--format",   "markdown"};
  std::vector<std::string> threaded = arguments;
  threaded.insert(threaded.end(), {"--threads", "3"});
  const commands::Outcome one = Protocol(arguments);
  CHECK(one.output.find("| typing-1x |") != std::string::npos);
  CHECK(Protocol(threaded).output == one.output);
}

TEST_CASE("a figure for each group of conditions is written into a folder that --roc makes") {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("cairn_roc_" + std::to_string(getpid())) / "new";
  const commands::Outcome outcome = Protocol({"--sessions", "5", "--duration", "30", "--condition",
                                              "clean", "--condition", "split", "--roc", folder});
  CHECK(outcome.exit_code == commands::kDone);
  CHECK(std::filesystem::file_size(folder / "roc-plain-30s.svg") > 1000);
  CHECK(std::filesystem::file_size(folder / "roc-network-30s.svg") > 1000);
  std::filesystem::remove_all(folder.parent_path());
}

TEST_CASE("a folder for figures that cannot be made ends protocol with 1") {
  const commands::Outcome outcome = Protocol({"--sessions", "2", "--duration", "30", "--condition",
                                              "clean", "--roc", "/dev/null/figures"});
  CHECK(outcome.exit_code == commands::kFailed);
  CHECK(outcome.output.empty());
}

TEST_CASE("wrong usage of protocol ends with 2 and prints no report") {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--condition", "dealy-1s"},
                                             {"--sessions", "1"},
                                             {"--sessions", "2001"},
                                             {"--duration", "0"},
                                             {"--duration", "soon"},
                                             {"--needed-nats", "-1"},
                                             {"--format", "csv"},
                                             {"--threads", "0"},
                                             {"capture.pcap"}}) {
    const commands::Outcome outcome = Protocol(arguments);
    CHECK(outcome.exit_code == commands::kUsage);
    CHECK(outcome.output.empty());
  }
}

}  // namespace
}  // namespace cairn::lab
