// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/reports/server_report.h"

#include <algorithm>
#include <string>

#include "catch2/catch.hpp"

#include "nlohmann/json.hpp"

namespace cairn::output {
namespace {

PacketTime At(int64_t seconds) {
  return PacketTime::FromNanoseconds((1'795'255'200 + seconds) * 1'000'000'000);
}

surveys::ServerReport ServerReportSample() {
  surveys::ServerRow row;
  row.server = {.ip = *IpAddress::Parse("10.10.0.15"), .port = 22};
  row.accepted = 1203;
  row.failed = 4;
  row.transient = 602;
  row.clients = 17;
  row.first = At(0);
  row.last = At(22800);
  row.client_bytes = 1'234'567;
  row.server_bytes = 34'000'000;
  row.frequent = {{.client = *IpAddress::Parse("172.16.4.2"), .sessions = 812},
                  {.client = *IpAddress::Parse("172.16.4.3"), .sessions = 100}};
  return {.rows = {row}, .more = 2};
}

size_t LongestLine(const std::string& text) {
  size_t longest = 0;
  for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    longest = std::max(longest, text.find('\n', at) - at);
  }
  return longest;
}

TEST_CASE("The table of servers has as many frequent clients as there is room for") {
  const std::string wide = ServerTable(ServerReportSample(), {.columns = 160, .colour = false});
  CHECK(wide ==
        "SERVER          ACCEPTED FAILED CLIENTS FIRST (UTC) LAST        RECEIVED SENT MOST "
        "FREQUENT\n"
        "10.10.0.15:22 t     1203      4      17 11-21 10:00 11-21 16:20     1.2M  34M 172.16.4.2 "
        "(812), 172.16.4.3 (100)\n"
        "t: most of its sessions were of a server for one session\n"
        "2 more; --limit N lists N\n");
  CHECK(ServerTable({}, {}).empty());
}

TEST_CASE("The table of servers is no wider than the terminal, and says what it leaves out") {
  CHECK(ServerTable(ServerReportSample(), {.columns = 90, .colour = false}) ==
        "SERVER          ACCEPTED FAILED CLIENTS LAST        RECEIVED SENT MOST FREQUENT\n"
        "10.10.0.15:22 t     1203      4      17 11-21 16:20     1.2M  34M 172.16.4.2 (812)\n"
        "Too narrow to show: FIRST (UTC)\n"
        "t: most of its sessions were of a server for one session\n"
        "2 more; --limit N lists N\n");
  surveys::ServerReport report = ServerReportSample();
  report.rows[0].server.ip = *IpAddress::Parse("2001:db8:1234:5678:9abc:def0:1234:5678");
  report.rows[0].frequent[0].client = *IpAddress::Parse("2001:db8:8765:4321:cba9:fed0:4321:8765");
  for (const int columns : {80, 100, 120, 160}) {
    INFO(columns);
    CHECK(LongestLine(ServerTable(ServerReportSample(), {.columns = columns, .colour = false})) <=
          static_cast<size_t>(columns));
    CHECK(LongestLine(ServerTable(report, {.columns = columns, .colour = false})) <=
          static_cast<size_t>(columns));
  }
}

TEST_CASE("Servers as CSV and JSON say who, when and how much") {
  CHECK(
      ServerCsv(ServerReportSample())
          .find(
              "\r\n10.10.0.15,22,1203,4,17,2026-11-21T10:00:00.000000000Z,"
              "2026-11-21T16:20:00.000000000Z,1234567,34000000,0.500,172.16.4.2 812;172.16.4.3 100,"
              "0\r\n") != std::string::npos);
  const nlohmann::json json = nlohmann::json::parse(ServerJson(ServerReportSample()));
  CHECK(json["schema"] == "cairn-survey/1");
  CHECK(json["event"] == "server");
  CHECK(json["ip"] == "10.10.0.15");
  CHECK(json["transient_share"] == 0.5);
  CHECK(json["frequent_clients"][1]["sessions"] == 100);
}

TEST_CASE("The figure of servers names each") {
  CHECK(ServerChart(ServerReportSample()).find(">10.10.0.15:22</text>") != std::string::npos);
}

}  // namespace
}  // namespace cairn::output
