// SPDX-License-Identifier: BSD-3-Clause
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "commands/lab/lab_commands.h"
#include "commands/lab/scoring.h"
#include "nlohmann/json.hpp"
#include "tests/commands/run_in_process.h"

namespace cairn::lab {
namespace {

const std::string kTraces = std::string(CAIRN_SOURCE_DIR) + "/traces/";
const std::string kDemo = kTraces + "demo.pcap.gz";

commands::Outcome Score(const std::vector<std::string>& arguments) {
  return commands::RunInProcess(AddScore, "score", arguments);
}

TEST_CASE("score scores the bundled capture against the truth beside it") {
  const commands::Outcome outcome = Score({kDemo, "--format", "json"});
  CHECK(outcome.exit_code == commands::kDone);
  const nlohmann::json json = nlohmann::json::parse(outcome.output);
  CHECK(json["required"] == 4);
  CHECK(json["tp"] == 4);
  CHECK(json["fp"] == 0);
}

TEST_CASE("protected networks default to the truth's and can be given") {
  const commands::Outcome elsewhere =
      Score({kDemo, "--format", "json", "--protect", "192.0.2.0/24"});
  CHECK(nlohmann::json::parse(elsewhere.output)["alerted"] == 0);
}

TEST_CASE("a minimum of work leaves the shorter pairs out") {
  const commands::Outcome outcome = Score({kDemo, "--format", "json", "--min-work", "1000"});
  const nlohmann::json json = nlohmann::json::parse(outcome.output);
  CHECK(json["required"] == 0);
  CHECK(json["optional"] == 4);
}

TEST_CASE("several captures are scored with the truths in the order given") {
  const std::string other = kTraces + "keepalive";
  const commands::Outcome outcome =
      Score({kDemo, other + ".pcap.gz", "--truth", kTraces + "demo.truth.json.gz", "--truth",
             other + ".truth.json.gz", "--format", "csv"});
  CHECK(outcome.exit_code == commands::kDone);
  CHECK(outcome.output.find("demo,all,all,4,4,0,0") != std::string::npos);
  CHECK(outcome.output.find("keepalive,all,all,0,0,0,") != std::string::npos);
}

TEST_CASE("a sweep prints a cell per combination, the same with any number of threads") {
  const std::vector<std::string> arguments{kDemo,
                                           "--sweep",
                                           "coincidence_window=1ms,80ms",
                                           "--sweep",
                                           "min_coincidences=2,6,100",
                                           "--format",
                                           "csv",
                                           "--set",
                                           "timing.rule=thresholds"};
  const commands::Outcome one = Score(arguments);
  CHECK(one.exit_code == commands::kDone);
  CHECK(std::count(one.output.begin(), one.output.end(), '\n') == 7);
  CHECK(one.output.find("80ms,100,0,4,0\n") != std::string::npos);
  std::vector<std::string> threaded = arguments;
  threaded.insert(threaded.end(), {"--threads", "3"});
  CHECK(Score(threaded).output == one.output);
}

TEST_CASE("wrong usage of score ends with 2 and prints no score") {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {},
           {kDemo, "--sweep", "coincidence_window"},
           {kDemo, "--sweep", "coincidence_window=20ms,,40ms"},
           {kDemo, "--sweep", "no_such_key=1,2"},
           {kDemo, "--sweep", "coincidence_window=20ms,soon"},
           {kDemo, "--sweep", "capture.reorder_window=1ms,2ms"},
           {kDemo, "--set", "no_such_key=1"},
           {kDemo, "--protect", "10.0.0.0/99"},
           {kDemo, kDemo, "--truth", kTraces + "demo.truth.json.gz"},
           {kDemo, "--format", "xml"},
           {kDemo, "--threads", "0"},
           {kDemo, "--min-work", "-1"}}) {
    const commands::Outcome outcome = Score(arguments);
    CHECK(outcome.exit_code == commands::kUsage);
    CHECK(outcome.output.empty());
  }
}

TEST_CASE("an input that cannot be read ends score with 1 and prints no score") {
  const std::string truth = kTraces + "demo.truth.json.gz";
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"/nonexistent.pcap"},
                                             {"/nonexistent.pcap", "--truth", truth},
                                             {kDemo, "--truth", "/nonexistent.json"},
                                             {kDemo, "--truth", kDemo},
                                             {truth, "--truth", truth}}) {
    const commands::Outcome outcome = Score(arguments);
    CHECK(outcome.exit_code == commands::kFailed);
    CHECK(outcome.output.empty());
  }
}

TEST_CASE("a capture that does not fit into memory is read again and gives the same pairs") {
  const absl::StatusOr<ReplayableCapture> held = ReplayableCapture::Load(kDemo, {}, 1);
  const absl::StatusOr<ReplayableCapture> reread = ReplayableCapture::Load(kDemo, {}, 1, 1);
  REQUIRE(held.ok());
  REQUIRE(reread.ok());
  CHECK(held->in_memory());
  CHECK_FALSE(reread->in_memory());
  DetectorOptions options;
  options.protected_networks.Add(*Prefix::Parse("10.10.0.0/16"));
  for (int run = 0; run < 2; ++run) {
    const auto from_memory = Detect(*held, options);
    const auto from_file = Detect(*reread, options);
    REQUIRE(from_memory.ok());
    REQUIRE(from_file.ok());
    REQUIRE(from_memory->size() == 4);
    REQUIRE(from_file->size() == 4);
    for (size_t i = 0; i < 4; ++i) {
      CHECK((*from_memory)[i].upstream == (*from_file)[i].upstream);
      CHECK((*from_memory)[i].downstream == (*from_file)[i].downstream);
    }
  }
}

TEST_CASE("pairs that policy allows are not scored") {
  const std::string config = (std::filesystem::temp_directory_path() /
                              ("cairn_policy_" + std::to_string(getpid()) + ".yaml"))
                                 .string();
  std::ofstream(config)
      << "policy:\n  allow:\n    - name: all\n      upstream_hosts: [10.0.0.0/8, 172.16.0.0/12]\n";
  const commands::Outcome outcome = Score({kDemo, "--format", "json", "--config", config});
  std::filesystem::remove(config);
  CHECK(outcome.exit_code == commands::kDone);
  CHECK(nlohmann::json::parse(outcome.output)["alerted"] == 0);
}

TEST_CASE("combinations come with the last axis fastest") {
  CHECK(Combinations({{"a", {"1", "2"}}, {"b", {"x", "y"}}}) ==
        std::vector<std::vector<std::string>>{{"1", "x"}, {"1", "y"}, {"2", "x"}, {"2", "y"}});
  CHECK(Combinations({}).size() == 1);
}

TEST_CASE("the truth beside a capture is found whatever the capture's ending") {
  CHECK(*FindTruthFile(kDemo) == kTraces + "demo.truth.json.gz");
  CHECK(*FindTruthFile(kTraces + "demo.pcapng") == kTraces + "demo.truth.json.gz");
  CHECK(absl::IsNotFound(FindTruthFile("/nonexistent/a.pcap").status()));
}

}  // namespace
}  // namespace cairn::lab
