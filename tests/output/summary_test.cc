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
  CHECK_THAT(text, Catch::Contains("  evicted"));
  CHECK_THAT(text, Catch::Contains("alerts suppressed"));
}

TEST_CASE("evicted pairs are no alarm unless they had gathered evidence") {
  RunSummary summary = Sample();
  summary.detector.pairs_evicted_by_connection = 17;
  const std::string calm = SummaryText(summary);
  CHECK_THAT(calm, Catch::Contains("  evicted") &&
                       Catch::Contains("timing.max_pairs_per_connection; none had half"));
  CHECK_THAT(calm, !Catch::Contains("dropped at a limit"));
  summary.detector.pairs_evicted_by_connection = 10;
  summary.detector.pairs_evicted_by_table = 7;
  summary.detector.pairs_evicted_promising = 3;
  const std::string alarm = SummaryText(summary);
  CHECK_THAT(alarm, !Catch::Contains("none had half"));
  const size_t dropped = alarm.find("dropped at a limit");
  REQUIRE(dropped != std::string::npos);
  CHECK_THAT(alarm.substr(dropped),
             Catch::Contains("promising pairs evicted") &&
                 Catch::Contains("timing.max_pairs, timing.max_pairs_per_connection"));
}

TEST_CASE("each allow rule has its count, or why there is none") {
  constexpr PacketTime kNow = PacketTime::FromNanoseconds(1'800'000'000'000'000'000);
  RunSummary summary = Sample();
  summary.newest = kNow;
  summary.rules = {
      {.rule = "bastion", .action = policy::Action::kSuppress, .expires = {}, .allowed = 1234},
      {.rule = "review", .action = policy::Action::kMark, .expires = {}, .allowed = 2},
      {.rule = "idle", .action = policy::Action::kSuppress, .expires = {}},
      {.rule = "over",
       .action = policy::Action::kSuppress,
       .expires = kNow - PacketDelta::FromSeconds(60),
       .allowed = 5,
       .expired = 3},
      {.rule = "forgotten", .action = policy::Action::kSuppress, .expires = kNow}};
  const std::string text = SummaryText(summary);
  CHECK_THAT(text, Catch::Matches("(.|\n)*rule bastion +1,234  suppressed\n(.|\n)*"));
  CHECK_THAT(text, Catch::Matches("(.|\n)*rule review +2  marked\n(.|\n)*"));
  CHECK_THAT(text, Catch::Matches("(.|\n)*rule idle +0  never matched\n(.|\n)*"));
  CHECK_THAT(text, Catch::Contains("suppressed; expired 2027-01-15 07:59:00 UTC; 3 more would"));
  CHECK_THAT(text, Catch::Matches("(.|\n)*rule forgotten +0  expired 2027-01-15 (.|\n)*"));
  const nlohmann::json rules = nlohmann::json::parse(SummaryJson(summary))["rules"];
  REQUIRE(rules.size() == 5);
  CHECK(rules[0]["rule"] == "bastion");
  CHECK(rules[0]["allowed"] == 1234);
  CHECK(rules[0]["expires"].is_null());
  CHECK(rules[1]["action"] == "mark");
  CHECK(rules[3]["has_expired"] == true);
  CHECK(rules[3]["would_match"] == 3);
  CHECK(rules[3]["expires"] == "2027-01-15T07:59:00.000000000Z");
}

TEST_CASE("how connections lie to the border is told, with what is wrong about it") {
  RunSummary summary = Sample();
  summary.border.has_networks = true;
  summary.border.counters.inbound = 1000;
  summary.border.counters.outbound = 200;
  summary.border.counters.inside = 30;
  summary.border.counters.data_both_ways = 900;
  summary.border.counters.data_in_only = 7;
  CHECK_THAT(SummaryText(summary),
             Catch::Contains("crossing the border") &&
                 Catch::Contains("1,000 opened from outside, 200 from inside") &&
                 Catch::Contains("30 inside, 0 outside") &&
                 Catch::Contains("7 into the site only, 0 out of it only"));
  nlohmann::json json = nlohmann::json::parse(SummaryJson(summary));
  CHECK(json["border"]["inbound"] == 1000);
  CHECK(json["border"]["data_in_only"] == 7);
  CHECK(json["warnings"].empty());
  summary.border.has_networks = false;
  summary.border.seen = {{.network = "10.10.0.0/16", .connections = 5}};
  CHECK_THAT(SummaryText(summary), !Catch::Contains("crossing the border"));
  json = nlohmann::json::parse(SummaryJson(summary));
  CHECK(json["border"]["networks_seen"][0]["network"] == "10.10.0.0/16");
  CHECK(json["warnings"].size() == 1);
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

TEST_CASE("set clocks, damaged stamps and segments released early are reported, in JSON always") {
  RunSummary summary = Sample();
  summary.capture.clock_steps = 2;
  summary.capture.wild_stamps = 3;
  summary.capture.left_early = 4;
  CHECK_THAT(SummaryText(summary), Catch::Contains("the clock was set") &&
                                       Catch::Contains("damaged time stamps") &&
                                       Catch::Contains("released early"));
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
