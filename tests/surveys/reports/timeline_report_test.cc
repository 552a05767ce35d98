// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/reports/timeline_report.h"

#include <string>
#include <string_view>

#include "catch2/catch.hpp"

#include "nlohmann/json.hpp"

namespace cairn::output {
namespace {

constexpr char kAlert[] = "0123456789abcdef";

bool TimelineReportHas(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

PacketTime TimelineReportAt(int64_t seconds) {
  return PacketTime::FromNanoseconds((1'795'255'200 + seconds) * 1'000'000'000);
}

surveys::TimelineEntry Entry(bool outgoing, int64_t begin, int64_t length) {
  surveys::TimelineEntry entry;
  SessionRecord& s = entry.session;
  const Endpoint stone{.ip = *IpAddress::Parse("10.10.0.15"), .port = 22};
  const Endpoint other{.ip = *IpAddress::Parse("172.16.4.2"), .port = 22};
  s.client().end = outgoing ? stone : other;
  s.server().end = outgoing ? other : stone;
  s.client().bytes = 1234;
  s.client().onsets = 18;
  s.client().off_share = 0.874;
  s.server().bytes = 56;
  s.first_time = TimelineReportAt(begin);
  s.last_time = TimelineReportAt(begin + length);
  s.state = ConnState::kSf;
  entry.outgoing = outgoing;
  return entry;
}

TimelineReport TimelineReportSample() {
  TimelineReport report;
  report.host = *IpAddress::Parse("10.10.0.15");
  report.alert = kAlert;
  report.zero = TimelineReportAt(0);
  report.entries = {Entry(false, -31, 120), Entry(true, 62, 60)};
  report.entries[1].of_alert = true;
  report.entries[1].session.alerts = {kAlert};
  report.more = 5;
  return report;
}

TEST_CASE("The time line marks the alert's sessions and tells times from its beginning") {
  CHECK(TimelineTable(TimelineReportSample(), {}) ==
        "10.10.0.15 around alert 0123456789abcdef, which began at +00:00:00, 2026-11-21 10:00:00 "
        "UTC\n"
        "     TIME   DIR PEER       PORT STATE    LENGTH SENT RECEIVED ONSETS OFF\n"
        "-00:00:31   in  172.16.4.2   22 SF    2 min 0 s   56     1.2k     18 87%\n"
        "+00:01:02 * out 172.16.4.2   22 SF    1 min 0 s 1.2k       56     18 87%\n"
        "*: named by the alert\n"
        "5 more; --limit N lists N\n");
  TimelineReport report = TimelineReportSample();
  report.alert.clear();
  CHECK(
      TimelineTable(report, {}).starts_with("10.10.0.15, +00:00:00 is 2026-11-21 10:00:00 UTC\n"));
  report.entries.clear();
  CHECK(TimelineTable(report, {}).empty());
}

TEST_CASE("The sessions of a chain tell both hosts of each") {
  TimelineReport report = TimelineReportSample();
  report.host.reset();
  report.alert = "c-0123456789abcdef";
  report.entries = {Entry(true, 0, 120)};
  report.more = 0;
  CHECK(TimelineTable(report, {}) ==
        "chain c-0123456789abcdef, which began at +00:00:00, 2026-11-21 10:00:00 UTC\n"
        "     TIME CLIENT     SERVER     PORT STATE    LENGTH SENT RECEIVED ONSETS OFF\n"
        "+00:00:00 10.10.0.15 172.16.4.2   22 SF    2 min 0 s 1.2k       56     18 87%\n");
  CHECK(TimelineReportHas(TimelineJson(report), R"("host":"10.10.0.15")"));
  CHECK(TimelineReportHas(TimelineChart(report), "Sessions of chain c-0123456789abcdef"));
}

TEST_CASE("Relative times have hours, minutes and seconds, and a sign") {
  CHECK(RelativeTime(PacketDelta::Zero()) == "+00:00:00");
  CHECK(RelativeTime(PacketDelta::FromSeconds(26 * 3600 + 61)) == "+26:01:01");
  CHECK(RelativeTime(PacketDelta::FromMilliseconds(-900)) == "-00:00:00");
  CHECK(RelativeTime(PacketDelta::FromNanoseconds(INT64_MIN)) == "-2562047:47:16");
}

TEST_CASE("The time line as CSV and JSON has both sides of each session") {
  CHECK(
      TimelineReportHas(TimelineCsv(TimelineReportSample()),
                        "\r\n2026-11-21T10:01:02.000000000Z,62.000000,true,out,172.16.4.2,22,22,SF,"
                        "end_of_capture,60.000000,1234,56,18,0.874,0,0.000,0,10.10.0.15\r\n"));
  const std::string lines = TimelineJson(TimelineReportSample());
  const nlohmann::json json = nlohmann::json::parse(lines.substr(lines.find('\n') + 1));
  CHECK(json["event"] == "host_session");
  CHECK(json["relative_s"] == 62);
  CHECK(json["of_alert"] == true);
  CHECK(json["direction"] == "out");
  CHECK(json["sent_bytes"] == 1234);
  CHECK(json["alerts"][0] == kAlert);
}

TEST_CASE("The figure of a time line tells the alert's sessions from the others") {
  const std::string svg = TimelineChart(TimelineReportSample());
  CHECK(TimelineReportHas(svg, ">named by the alert</text>"));
  CHECK(TimelineReportHas(svg, ">opened by others</text>"));
  CHECK(TimelineChart({.host = {}, .zero = {}}).ends_with("</svg>\n"));
}

}  // namespace
}  // namespace cairn::output
