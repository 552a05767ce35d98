// SPDX-License-Identifier: BSD-3-Clause
#include "output/summary.h"

#include "catch2/catch.hpp"

#include "nlohmann/json.hpp"

namespace cairn::output {
namespace {

RunSummary Sample() {
  RunSummary summary{.command = "replay", .end = "complete", .capture = {}, .detector = {}};
  summary.capture.packets = 1234567;
  summary.capture.segments = 1000000;
  summary.capture.dropped[static_cast<size_t>(DropReason::kNotTcp)] = 234567;
  summary.detector.connections = 4321;
  summary.detector.stepping_stones = 5;
  summary.detector.pairs_evicted = 17;
  summary.detector.alerts_suppressed = 2;
  summary.wall_seconds = 2;
  summary.cpu_seconds = 0.5;
  summary.peak_memory_bytes = 64ULL << 20;
  return summary;
}

TEST_CASE("the summary tells counts, costs and what was dropped") {
  const std::string text = SummaryText(Sample());
  CHECK_THAT(text, Catch::StartsWith("replay complete: 2.00 s, 0.50 CPU s, 617284 packets/s, "
                                     "2469134 packets per CPU s, 64 MiB\n"));
  CHECK_THAT(text, Catch::Contains("1,234,567"));
  CHECK_THAT(text, Catch::Contains("not TCP"));
  CHECK_THAT(text, Catch::Contains("pairs evicted"));
  CHECK_THAT(text, Catch::Contains("alerts suppressed"));
}

TEST_CASE("the summary leaves out what did not happen") {
  const std::string text = SummaryText(Sample());
  CHECK_THAT(text, !Catch::Contains("lost by the kernel"));
  CHECK_THAT(text, !Catch::Contains("lost or late packets"));
  CHECK_THAT(text, !Catch::Contains("not IP"));
}

TEST_CASE("relay nodes are told when there are any, in JSON always") {
  RunSummary summary = Sample();
  CHECK_THAT(SummaryText(summary), !Catch::Contains("relay nodes"));
  summary.detector.relay_nodes = 3;
  summary.detector.relay_hosts_left_out = 4;
  CHECK_THAT(SummaryText(summary),
             Catch::Contains("relay nodes") && Catch::Contains("relay hosts left out"));
  const nlohmann::json json = nlohmann::json::parse(SummaryJson(summary));
  CHECK(json["detector"]["relay_nodes"] == 3);
  CHECK(json["detector"]["relay_hosts_left_out"] == 4);
}

TEST_CASE("set clocks, damaged stamps and want of room to wait are told, in JSON always") {
  RunSummary summary = Sample();
  summary.capture.clock_steps = 2;
  summary.capture.wild_stamps = 3;
  summary.capture.left_early = 4;
  CHECK_THAT(SummaryText(summary), Catch::Contains("the clock was set") &&
                                       Catch::Contains("damaged time stamps") &&
                                       Catch::Contains("not waited for late ones"));
  const nlohmann::json json = nlohmann::json::parse(SummaryJson(summary));
  CHECK(json["capture"]["clock_steps"] == 2);
  CHECK(json["capture"]["wild_stamps"] == 3);
  CHECK(json["capture"]["left_early"] == 4);
}

TEST_CASE("a run that took no time has no rate") {
  RunSummary summary = Sample();
  summary.wall_seconds = 0;
  summary.cpu_seconds = 0;
  CHECK_THAT(SummaryText(summary), Catch::Contains(" 0 packets/s"));
}

TEST_CASE("the JSON summary is one line with every counter, also the zeros") {
  const std::string line = SummaryJson(Sample());
  CHECK(line.find('\n') == line.size() - 1);
  const nlohmann::json json = nlohmann::json::parse(line);
  CHECK(json["event"] == "summary");
  CHECK(json["command"] == "replay");
  CHECK(json["end"] == "complete");
  CHECK(json["capture"]["packets"] == 1234567);
  CHECK(json["capture"]["dropped"]["not_tcp"] == 234567);
  CHECK(json["capture"]["dropped"].size() == kDropReasonCount - 1);
  CHECK(json["capture"]["kernel_dropped"] == 0);
  CHECK(json["detector"]["pairs_evicted"] == 17);
  CHECK(json["detector"].size() == sizeof(DetectorCounters) / sizeof(uint64_t));
  CHECK(json["cpu_s"] == 0.5);
}

}  // namespace
}  // namespace cairn::output
