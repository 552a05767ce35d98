// SPDX-License-Identifier: BSD-3-Clause
#include "output/border_report.h"

#include "catch2/catch.hpp"

namespace cairn::output {
namespace {

using Catch::Matchers::Contains;

// A border as it should be.
BorderReport Sound() {
  BorderReport report;
  report.has_networks = true;
  report.counters.inbound = 400;
  report.counters.outbound = 500;
  report.counters.inside = 60;
  report.counters.outside = 40;
  report.counters.data_both_ways = 700;
  report.counters.data_in_only = 20;
  report.counters.data_out_only = 10;
  report.counters.captured_one_way = 5;
  report.seen = {{.network = "10.10.0.0/16", .connections = 80},
                 {.network = "192.0.2.0/24", .connections = 25}};
  report.tallied = 100;
  return report;
}

std::string Only(const BorderReport& report) {
  const std::vector<std::string> advice = BorderAdvice(report);
  REQUIRE(advice.size() == 1);
  return advice[0];
}

TEST_CASE("where all is well there is no advice") {
  CHECK(BorderAdvice(Sound()).empty());
  CHECK(BorderAdvice(BorderReport()).empty());  // no connections at all
}

TEST_CASE("without networks the likely ones are suggested") {
  BorderReport report = Sound();
  report.has_networks = false;
  report.counters = {};
  report.counters.unplaced = 100;
  CHECK_THAT(Only(report), Contains("no networks of the site are named") && Contains("--protect") &&
                               Contains("10.10.0.0/16 (in 80%), 192.0.2.0/24 (in 25%)"));
  report.seen.clear();
  CHECK_THAT(Only(report), !Contains("Networks seen"));
}

TEST_CASE("networks that no connection crosses are called into question") {
  BorderReport report = Sound();
  report.counters = {};
  report.counters.inside = 3;
  report.counters.outside = 1200;
  CHECK_THAT(Only(report), Contains("none of 1,203 connections crosses the border") &&
                               Contains("3 inside, 1,200 outside") && Contains("10.10.0.0/16"));
}

TEST_CASE("networks are too wide when most connections stay inside, and too few when outside") {
  BorderReport report = Sound();
  report.counters.inside = 940;  // of 1880: half
  CHECK(BorderAdvice(report).empty());
  report.counters.inside = 941;
  CHECK_THAT(Only(report), Contains("941 of 1,881 connections have both ends inside"));
  report = Sound();
  report.counters.outside = 961;  // of 1921
  CHECK_THAT(Only(report), Contains("961 of 1,921 connections have no end inside"));
  report.counters.outside = 960;
  CHECK(BorderAdvice(report).empty());
}

TEST_CASE("a tap of one direction is told, and which") {
  BorderReport report = Sound();
  report.counters.data_both_ways = 0;
  report.counters.data_out_only = 0;
  report.counters.data_in_only = 6;
  report.counters.captured_one_way = 6;
  CHECK_THAT(Only(report),
             Contains("all data that cross the border run into the site (6 connections"));
  std::swap(report.counters.data_in_only, report.counters.data_out_only);
  CHECK_THAT(Only(report), Contains("run out of the site"));
  // Acknowledgements came back: whoever sends one way has a reason, and the tap has both.
  report.counters.captured_one_way = 3;
  CHECK(BorderAdvice(report).empty());
}

TEST_CASE("connections captured by half are told when they are most") {
  BorderReport report = Sound();
  report.counters.data_in_only = 400;
  report.counters.data_out_only = 400;
  report.counters.captured_one_way = 750;  // of 1500
  CHECK(BorderAdvice(report).empty());
  report.counters.captured_one_way = 751;
  CHECK_THAT(Only(report), Contains("751 of 1,500 connections with data were captured in one"));
}

TEST_CASE("wrong networks and half a capture are two faults") {
  BorderReport report = Sound();
  report.has_networks = false;
  report.counters = {};
  report.counters.unplaced = 10;
  report.counters.data_one_way = 10;
  report.counters.captured_one_way = 10;
  CHECK(BorderAdvice(report).size() == 2);
}

}  // namespace
}  // namespace cairn::output
