// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/reports/cluster_report.h"

#include <string>
#include <string_view>

#include "catch2/catch.hpp"

#include "nlohmann/json.hpp"

namespace cairn::output {
namespace {

bool Has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// Ten sessions of 5 bytes, ten of 24 and one of 25, with two fingerprints.
ClusterReport Sample() {
  const IpAddress host = *IpAddress::Parse("172.16.9.7");
  surveys::ClusterSurvey survey({.host = host, .port = 554});
  for (uint32_t i = 0; i < 21; ++i) {
    SessionRecord session;
    session.client().end = {.ip = host, .port = 1234};
    session.server().end = {.ip = *IpAddress::Parse("10.10.0.1"), .port = 554};
    session.client().packets = session.server().packets = 3;
    session.server().flags = session.server().first_flags = kSyn | kAck;
    session.client().bytes = i < 10 ? 5 : (i < 20 ? 24 : 25);
    session.client().payload_bytes = session.client().bytes;
    session.client().fingerprint = i < 10 ? 507 : -2315;
    session.history = "Sh,\x1b";
    survey.Add(session);
  }
  ClusterReport report;
  report.scope = {.host = host, .port = 554};
  report.seen = 100;
  report.fields = survey.Table();
  report.relations = surveys::FindRelations(report.fields, {});
  return report;
}

TEST_CASE("The table of clusters has constant fields in a line, then values, then relations") {
  const std::string table = ClusterTable(Sample(), {});
  CHECK(Has(table, "172.16.9.7 to port 554: 21 sessions with data, of 100\n"));
  CHECK(Has(table, "The same in all: client_packets 3, server_packets 3, "));
  CHECK(Has(table, "history Sh??"));  // what would steer a terminal does not get there
  CHECK(Has(table, "In each session the same: client_payload_bytes as client_bytes\n"));
  CHECK(Has(table,
            "client_bytes: 3 values\n   5      10 ########################################\n"
            "  24      10 ########################################\n  25       1 ####\n"));
  CHECK(Has(table, "client_bytes 24 to 25 <-> client_fingerprint -2315 100 % 11 of 11   52 %"));
  CHECK(Has(table, "client_bytes 5        <-> client_fingerprint 507   100 % 10 of 10   48 %"));
}

TEST_CASE("The table of clusters is no wider than the terminal") {
  for (const int columns : {80, 100, 160}) {
    INFO(columns);
    const std::string table = ClusterTable(Sample(), {.columns = columns, .colour = false});
    for (size_t at = 0; at < table.size(); at = table.find('\n', at) + 1) {
      const std::string line = table.substr(at, table.find('\n', at) - at);
      INFO(line);
      CHECK(line.size() <= static_cast<size_t>(columns));
    }
  }
}

TEST_CASE("A table of clusters lists so many values and tells of the others") {
  ClusterReport report = Sample();
  report.most_values = 2;
  report.more_relations = 4;
  const std::string table = ClusterTable(report, {});
  CHECK(Has(table, "  1 more; --values N lists N\n"));
  CHECK(Has(table, "4 more; --limit N lists N\n"));
  report.relations.clear();
  CHECK(Has(ClusterTable(report, {}), "No relation between fields was found.\n"));
}

TEST_CASE("Shares are full only where nothing is missing") {
  ClusterReport report = Sample();
  report.relations.resize(1);
  report.relations[0].sessions = 1000;
  report.relations[0].hits = 999;
  CHECK(Has(ClusterTable(report, {}), " 99 % 999 of 1000"));
}

TEST_CASE("Clusters as CSV and JSON have every value and relation") {
  const std::string csv = ClusterCsv(Sample());
  CHECK(Has(csv, "\r\nvalue,client_bytes,24,24,10,,,,,,,,\r\n"));
  CHECK(Has(csv,
            "\r\nrelation,client_bytes,24,25,11,client_fingerprint,-2315,-2315,11,1.0000,"
            "0.5238,true,7.11\r\n"));
  const std::string lines = ClusterJson(Sample());
  bool found = false;
  for (size_t at = 0; at < lines.size(); at = lines.find('\n', at) + 1) {
    const nlohmann::json json = nlohmann::json::parse(lines.substr(at, lines.find('\n', at) - at));
    CHECK(json["schema"] == "cairn-survey/1");
    if (json["event"] != "cluster_relation") continue;
    found = true;
    CHECK(json["if"]["field"] == "client_bytes");
    CHECK(json["both_ways"] == true);
  }
  CHECK(found);
  CHECK(Has(lines,
            "\"field\":\"server_fingerprint\",\"distinct\":1,\"same_as\":null,"
            "\"values\":[{\"value\":null,\"sessions\":21}]"));
}

TEST_CASE("The figure of clusters has a panel for each field that varies") {
  const std::string svg = ClusterChart(Sample());
  CHECK(Has(svg, ">client_bytes</text>"));
  CHECK(Has(svg, ">client_fingerprint</text>"));
  CHECK(Has(svg, ">3 values, a column each</text>"));
  CHECK_FALSE(Has(svg, ">client_payload_bytes</text>"));
}

TEST_CASE("Where there are no sessions there is nothing to tell") {
  const ClusterReport report{.scope = {.host = {}, .port = 80}};
  CHECK(ClusterTable(report, {}).empty());
  CHECK(ClusterJson(report).empty());
  CHECK(ClusterChart(report).ends_with("</svg>\n"));
}

}  // namespace
}  // namespace cairn::output
