// SPDX-License-Identifier: BSD-3-Clause
#include "traces/scoring/score_report.h"

#include "catch2/catch.hpp"

#include "nlohmann/json.hpp"
#include "tests/traces/sample_truth.h"

namespace cairn::traces {
namespace {

std::vector<CaptureScore> SampleScores(const Truth& truth) {
  const std::vector<AlertedPair> alerts{
      {kChainIn, kChainOut}, {kWallIn, kWallOut}, {kChatIn, kWeb}};
  return {{.name = truth.name,
           .seed = truth.seed,
           .connections = truth.connections.size(),
           .score = Scorer(truth, PacketDelta::Zero()).Rate(alerts)}};
}

bool Holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("the table shows the totals, the kinds, the false alarms and what was missed") {
  const Truth truth = SampleTruth();
  const std::string text =
      FormatScores(SampleScores(truth), ReportFormat::kTable, ReportDetail::kSummary);
  CHECK(Holds(text, "TP 1  FN 1  FP 2 (broadcast 1, benign correlated 0, unknown connection 0)"));
  CHECK(Holds(text, "direct in-out"));
  CHECK(Holds(text, "1  bg_interactive x bg_wall (broadcast)"));
  CHECK(Holds(text, "missed (found/pairs): direct_mix/ssh-ssh 0/1"));
  CHECK_FALSE(Holds(text, "MISS"));
}

TEST_CASE("the detailed table lists every required pair and every false alarm") {
  const Truth truth = SampleTruth();
  const std::string text =
      FormatScores(SampleScores(truth), ReportFormat::kTable, ReportDetail::kEveryPair);
  CHECK(Holds(text, "HIT  direct_mix telnet-ssh direct in-out 172.16.1.2:40000>10.10.0.1:23"));
  CHECK(Holds(text, "MISS direct_mix ssh-ssh"));
  CHECK(Holds(text, "FP   bg_irc x bg_web 172.16.3.2:40005>10.10.0.4:6667"));
}

TEST_CASE("JSON scores are one readable object a line") {
  const Truth truth = SampleTruth();
  const std::string text =
      FormatScores(SampleScores(truth), ReportFormat::kJson, ReportDetail::kEveryPair);
  REQUIRE(std::count(text.begin(), text.end(), '\n') == 1);
  const nlohmann::json json = nlohmann::json::parse(text);
  CHECK(json["tp"] == 1);
  CHECK(json["fn"] == 1);
  CHECK(json["fp"] == 2);
  CHECK(json["fp_broadcast"] == 1);
  CHECK(json["pairs"].size() == 2);
  CHECK(json["false_alarms"][0]["upstream"]["src_ip"] == "172.16.3.2");
}

TEST_CASE("CSV scores have a row per kind and one for all") {
  const Truth truth = SampleTruth();
  CHECK(FormatScores(SampleScores(truth), ReportFormat::kCsv, ReportDetail::kSummary) ==
        "capture,scenario,kind,pairs,tp,fn,fp\n"
        "sample,direct_mix,direct in-out,1,1,0,\n"
        "sample,direct_mix,direct out-in,1,0,1,\n"
        "sample,all,all,2,1,1,2\n");
}

TEST_CASE("two swept keys give a grid of FP/FN, the first key's values as rows") {
  const Sweep sweep{.keys = {"coincidence_window", "min_consecutive"},
                    .points = {{{"20ms", "1"}, 9, 1, 30},
                               {{"20ms", "2"}, 8, 2, 4},
                               {{"80ms", "1"}, 10, 0, 134},
                               {{"80ms", "2"}, 10, 0, 0}}};
  CHECK(FormatSweep(sweep, ReportFormat::kTable) ==
        "FP/FN, rows: coincidence_window, columns: min_consecutive\n"
        "                       1           2\n"
        "        20ms        30/1         4/2\n"
        "        80ms       134/0         0/0\n");
  CHECK(FormatSweep(sweep, ReportFormat::kCsv) ==
        "coincidence_window,min_consecutive,tp,fn,fp\n"
        "20ms,1,9,1,30\n20ms,2,8,2,4\n80ms,1,10,0,134\n80ms,2,10,0,0\n");
}

TEST_CASE("one or three swept keys give a row per setting") {
  const Sweep one{.keys = {"min_ratio"}, .points = {{{"0.3"}, 9, 1, 30}, {{"0.45"}, 8, 2, 4}}};
  CHECK(FormatSweep(one, ReportFormat::kTable) ==
        "min_ratio  FP/FN\n"
        "0.3        30/1\n"
        "0.45       4/2\n");
  CHECK(FormatSweep(one, ReportFormat::kJson) ==
        "{\"schema\":\"cairn-evaluation/"
        "1\",\"settings\":{\"min_ratio\":\"0.3\"},\"tp\":9,\"fn\":1,\"fp\":30}\n"
        "{\"schema\":\"cairn-evaluation/"
        "1\",\"settings\":{\"min_ratio\":\"0.45\"},\"tp\":8,\"fn\":2,\"fp\":4}\n");
}

}  // namespace
}  // namespace cairn::traces
