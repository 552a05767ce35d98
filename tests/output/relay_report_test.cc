// SPDX-License-Identifier: BSD-3-Clause
#include "output/relay_report.h"

#include <string>
#include <string_view>

#include "catch2/catch.hpp"

#include "nlohmann/json.hpp"
#include "output/json_lines.h"
#include "output/relay_table.h"
#include "tests/output/sample_events.h"

namespace cairn::output {
namespace {

// The sample host, which was reported at its best moment, and another one that shows nothing.
ScoreHistory TwoHosts() {
  ScoreHistory history;
  HostScore score = samples::Score();
  history.Add(score);
  score.time = samples::Moment(-3600);
  score.nats = 1;
  score.reported = false;
  history.Add(score);
  score.host = *IpAddress::Parse("2001:db8::15");
  score.nats = 0;
  history.Add(score);
  return history;
}

bool RelayReportHas(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("CSV has a row a host and moment, ended as RFC 4180 has it") {
  const ScoreHistory history = TwoHosts();
  CHECK(RelayCsv(history.Ranked()) ==
        "host,time,nats,score,freedom,window_s,reach_ms,activities,reported\r\n"
        "10.10.0.15,2026-11-21T09:15:02.123456789Z,1.00,2.346,31.5,300,500,1234,false\r\n"
        "10.10.0.15,2026-11-21T10:15:02.123456789Z,8.25,2.346,31.5,300,500,1234,true\r\n"
        "2001:db8::15,2026-11-21T09:15:02.123456789Z,0.00,2.346,31.5,300,500,1234,false\r\n");
  CHECK(RelayCsv({}) == "host,time,nats,score,freedom,window_s,reach_ms,activities,reported\r\n");
}

TEST_CASE("JSON has the best moment and the history of a host in one line") {
  const ScoreHistory history = TwoHosts();
  const std::string line = ToJsonLine(*history.Ranked()[0]);
  CHECK(line.find('\n') == line.size() - 1);
  const nlohmann::json json = nlohmann::json::parse(line);
  CHECK(json["event"] == "relay_history");
  CHECK(json["host"] == "10.10.0.15");
  CHECK(json["reported"] == true);
  CHECK(json["best"]["nats"] == 8.25);
  REQUIRE(json["history"].size() == 2);
  CHECK(json["history"][0]["time"] == "2026-11-21T09:15:02.123456789Z");
  CHECK(json["history"][1] == json["best"]);
}

TEST_CASE("the chart names each host, draws what is needed and is a document without hosts too") {
  const ScoreHistory history = TwoHosts();
  const std::string svg = RelayChart(history.Ranked(), 9.21);
  CHECK(RelayReportHas(svg, ">10.10.0.15, reported</text>"));
  CHECK(RelayReportHas(svg, ">2001:db8::15</text>"));
  CHECK(RelayReportHas(svg, "reported from here on"));
  CHECK(RelayReportHas(svg, ">10:00</text>"));
  CHECK_FALSE(RelayReportHas(RelayChart(history.Ranked(), {}), "from here on"));
  CHECK(RelayChart({}, {}).ends_with("</svg>\n"));
}

TEST_CASE("the chance of an innocent host is in words that people read") {
  CHECK(ChanceText(0) == "none");
  CHECK(ChanceText(-1) == "none");
  CHECK(ChanceText(0.1) == "1 in 1.1");
  CHECK(ChanceText(2.3) == "1 in 10");
  CHECK(ChanceText(3.06) == "1 in 20");
  CHECK(ChanceText(6.9) == "1 in 1,000");
  CHECK(ChanceText(14.9) == "1 in 3,000,000");
  CHECK(ChanceText(20) == "1 in 500,000,000");
  CHECK(ChanceText(20.72) == "1 in 1,000,000,000");
  CHECK(ChanceText(20.73) == "< 1 in a billion");
  CHECK(ChanceText(1e6) == "< 1 in a billion");
}

TEST_CASE("the table has a line a host with its best moment and a history on common axes") {
  const ScoreHistory history = TwoHosts();
  const std::string table = RelayTable(history.Ranked(), 3, {.columns = 80, .colour = false});
  CHECK(table ==
        "HOST              BY CHANCE          SCORE WINDOW   REACH  WHEN (UTC)   HISTORY\n"
        "10.10.0.15      * 1 in 4,000          2.35  300 s  500 ms  11-21 10:15  :      @\n"
        "2001:db8::15      none                2.35  300 s  500 ms  11-21 09:15  .\n"
        "HISTORY: 11-21 09:15 to 11-21 10:15, '.' no evidence, '@' 1 in 4,000\n"
        "BY CHANCE: that an innocent host shows as much in an hour\n"
        "*: reported as a relay node\n"
        "3 more; --limit N lists N hosts\n");
  CHECK(RelayTable({}, 0, {}).empty());
}

TEST_CASE("the table has colour only where it is wanted and is plain ASCII") {
  const ScoreHistory history = TwoHosts();
  CHECK(RelayReportHas(RelayTable(history.Ranked(), 0, {.columns = 90, .colour = true}),
                       "\x1b[1m10.10.0.15"));
  for (const char c : RelayTable(history.Ranked(), 0, {.columns = 90, .colour = false})) {
    CHECK((c == '\n' || (c >= ' ' && c <= '~')));
  }
}

}  // namespace
}  // namespace cairn::output
