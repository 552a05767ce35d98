// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/reports/scan_report.h"

#include <string>

#include "catch2/catch.hpp"

#include "nlohmann/json.hpp"

namespace cairn::output {
namespace {

using surveys::ScanCounting;
using surveys::ScanReport;
using surveys::ScanRow;

// The first row of table 4 of the report, and one of an IPv6 client.
ScanReport ScanReportSample() {
  ScanRow scan{.client = *IpAddress::Parse("172.16.9.7"),
               .port = 554,
               .connections = {.rejects = 12372, .silents = 28577, .success = 38, .data = 33},
               .servers = {.rejects = 12372, .silents = 28577, .success = 38, .data = 33},
               .unique_servers = 40987,
               .unknown_failed = 40949,
               .known_failed = 0,
               .unknown_count = 40911.44,
               .not_told_apart = 0};
  ScanRow other = scan;
  other.client = *IpAddress::Parse("2001:db8::7");
  other.port = 25;
  other.connections.silents = 100000;
  other.not_told_apart = 9;
  return {.rows = {scan, other}, .more = 3};
}

TEST_CASE("The table of scans has the report's columns and the other countings") {
  CHECK(ScanTable(ScanReportSample(), {.by = ScanCounting::kConnections}, {}) ==
        " COUNT CLIENT      PORT REJECTS SILENTS SUCCESS DATA CONNECTIONS SERVERS  UNKNOWN\n"
        " 40949 172.16.9.7   554   12372   28577      38   33       40949   40949  40911.4\n"
        "112372 2001:db8::7   25   12372  100000      38   33      112372  ~40949 ~40911.4\n"
        "COUNT: connections that failed, REJECTS + SILENTS; REJECTS to DATA: connections\n"
        "~: at least this many; there was no room for all servers\n"
        "3 more; --limit N lists N\n");
  const std::string unknown = ScanTable(ScanReportSample(), {}, {});
  CHECK(unknown.find("~40911.4 2001:db8::7   25  ~12372  ~28577     ~38  ~33      112372") !=
        std::string::npos);
  CHECK(unknown.find("weight 0.1") != std::string::npos);
  CHECK(ScanTable({}, {}, {}).empty());
}

TEST_CASE("Scans as CSV and JSON have all three countings") {
  const std::string csv = ScanCsv(ScanReportSample());
  CHECK(csv.find("\r\n172.16.9.7,554,40911.4,12372,28577,38,33,40949,12372,28577,38,33,40949,40987,"
                 "40949,0,0\r\n") != std::string::npos);
  const std::string lines = ScanJson(ScanReportSample());
  const nlohmann::json json = nlohmann::json::parse(lines.substr(0, lines.find('\n')));
  CHECK(json["event"] == "scan");
  CHECK(json["client"] == "172.16.9.7");
  CHECK(json["unknown"] == 40911.4);
  CHECK(json["servers"]["count"] == 40949);
  CHECK(json["connections"]["data"] == 33);
  CHECK(ScanJson({}).empty());
}

TEST_CASE("The figure of scans names each client and port") {
  const std::string svg = ScanChart(ScanReportSample(), {});
  CHECK(svg.find(">172.16.9.7, 554</text>") != std::string::npos);
  CHECK(ScanChart({}, {}).ends_with("</svg>\n"));
}

}  // namespace
}  // namespace cairn::output
