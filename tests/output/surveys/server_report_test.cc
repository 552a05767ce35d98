// SPDX-License-Identifier: BSD-3-Clause
#include "output/surveys/server_report.h"

#include <string>

#include "catch2/catch.hpp"

#include "nlohmann/json.hpp"

namespace cairn::output {
namespace {

PacketTime At(int64_t seconds) {
  return PacketTime::FromNanoseconds((1'795'255'200 + seconds) * 1'000'000'000);
}

surveys::ServerReport Sample() {
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

TEST_CASE("The table of servers has as many frequent clients as there is room for") {
  CHECK(ServerTable(Sample(), {.columns = 80, .colour = false}) ==
        "SERVER          ACCEPTED FAILED CLIENTS FIRST (UTC) LAST        RECEIVED SENT MOST "
        "FREQUENT\n"
        "10.10.0.15:22 t     1203      4      17 11-21 10:00 11-21 16:20     1.2M  34M 172.16.4.2 "
        "(812)\n"
        "t: most of its sessions were of a server for one session\n"
        "2 more; --limit N lists N\n");
  const std::string wide = ServerTable(Sample(), {.columns = 160, .colour = false});
  CHECK(wide.find("172.16.4.2 (812), 172.16.4.3 (100)\n") != std::string::npos);
  CHECK(ServerTable({}, {}).empty());
}

TEST_CASE("Servers as CSV and JSON say who, when and how much") {
  CHECK(ServerCsv(Sample()).find(
            "\r\n10.10.0.15,22,1203,4,17,2026-11-21T10:00:00.000000000Z,"
            "2026-11-21T16:20:00.000000000Z,1234567,34000000,0.500,172.16.4.2 812;172.16.4.3 100,"
            "0\r\n") != std::string::npos);
  const nlohmann::json json = nlohmann::json::parse(ServerJson(Sample()));
  CHECK(json["event"] == "server");
  CHECK(json["ip"] == "10.10.0.15");
  CHECK(json["transient_share"] == 0.5);
  CHECK(json["frequent_clients"][1]["sessions"] == 100);
}

TEST_CASE("The figure of servers names each") {
  CHECK(ServerChart(Sample()).find(">10.10.0.15:22</text>") != std::string::npos);
}

}  // namespace
}  // namespace cairn::output
