// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/reports/timeline_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <string_view>
#include <utility>

#include "fmt/format.h"

#include "base/time_text.h"
#include "json/line.h"
#include "output/line_chart.h"
#include "output/text_columns.h"
#include "surveys/reports/survey_schema.h"

namespace cairn::output {
namespace {

using surveys::TimelineEntry;
using Json = json::Ordered;

constexpr std::array<TextColumn, 11> kTimelineColumns = {{{"TIME", true},
                                                          {"", false},
                                                          {"DIR", false},
                                                          {"PEER", false},
                                                          {"PORT", true},
                                                          {"STATE", false},
                                                          {"LENGTH", true},
                                                          {"SENT", true},
                                                          {"RECEIVED", true},
                                                          {"ONSETS", true},
                                                          {"OFF", true}}};

constexpr std::array<TextColumn, 10> kChainColumns = {{{"TIME", true},
                                                       {"CLIENT", false},
                                                       {"SERVER", false},
                                                       {"PORT", true},
                                                       {"STATE", false},
                                                       {"LENGTH", true},
                                                       {"SENT", true},
                                                       {"RECEIVED", true},
                                                       {"ONSETS", true},
                                                       {"OFF", true}}};

constexpr double kShortestLine = 0.004;  // of the width

double Seconds(PacketTime time) { return static_cast<double>(time.ToNanoseconds()) / 1e9; }

// Microseconds: as captures have them.
double Seconds(PacketDelta length) {
  return std::round(static_cast<double>(length.ToNanoseconds()) / 1e3) / 1e6;
}

std::string_view DirectionOf(const TimelineEntry& entry) { return entry.outgoing ? "out" : "in"; }

std::string_view SeriesOf(const TimelineEntry& entry) {
  if (entry.of_alert) return "named by the alert";
  return entry.outgoing ? "opened by the host" : "opened by others";
}

}  // namespace

std::string RelativeTime(PacketDelta length) {
  const int64_t seconds = length.ToSeconds();  // towards zero
  const bool before = length < PacketDelta::Zero();
  const uint64_t size =
      before ? 0 - static_cast<uint64_t>(seconds) : static_cast<uint64_t>(seconds);
  return fmt::format("{}{:02}:{:02}:{:02}", before ? '-' : '+', size / 3600, size / 60 % 60,
                     size % 60);
}

std::string TimelineTable(const TimelineReport& report, TerminalStyle style) {
  if (report.entries.empty()) return {};
  std::vector<std::vector<std::string>> rows;
  for (const TimelineEntry& entry : report.entries) {
    const SessionRecord& session = entry.session;
    std::vector<std::string>& row = rows.emplace_back();
    row.push_back(RelativeTime(session.first_time - report.zero));
    if (report.host.has_value()) {
      row.emplace_back(entry.of_alert ? "*" : "");
      row.emplace_back(DirectionOf(entry));
    } else {
      row.push_back(entry.host().end.ip.ToString());
    }
    row.push_back(entry.peer().end.ip.ToString());
    row.push_back(fmt::format("{}", session.server().end.port));
    row.emplace_back(ConnStateName(session.state));
    row.push_back(DurationText(session.duration()));
    row.push_back(ShortBytes(entry.host().bytes));
    row.push_back(ShortBytes(entry.peer().bytes));
    row.push_back(fmt::format("{}", session.client().onsets));
    row.push_back(fmt::format("{:.0f}%", session.client().off_share * 100));
  }
  const std::string zero = DateText(report.zero) + ' ' + ClockText(report.zero);
  const std::string what = report.alert.starts_with("c-") ? "chain" : "alert";
  std::string text;
  if (!report.host.has_value()) {
    text = fmt::format("{} {}, which began at +00:00:00, {} UTC\n", what, report.alert, zero) +
           AlignedText(kChainColumns, rows, style);
  } else if (report.alert.empty()) {
    text = fmt::format("{}, +00:00:00 is {} UTC\n", report.host->ToString(), zero);
  } else {
    text = fmt::format("{} around {} {}, which began at +00:00:00, {} UTC\n",
                       report.host->ToString(), what, report.alert, zero);
  }
  if (report.host.has_value()) text += AlignedText(kTimelineColumns, rows, style);
  std::string notes;
  if (report.host.has_value() && !report.alert.empty()) notes += "*: named by the alert\n";
  if (report.more > 0) notes += fmt::format("{} more; --limit N lists N\n", report.more);
  return text + (notes.empty() ? "" : Coloured(style, kDim, notes));
}

std::string TimelineCsv(const TimelineReport& report) {
  std::string text =
      "time,relative_s,of_alert,direction,peer,peer_port,host_port,state,end,duration_s,sent_bytes,"
      "received_bytes,client_onsets,client_off_share,server_onsets,server_off_share,id,host\r\n";
  for (const TimelineEntry& entry : report.entries) {
    const SessionRecord& s = entry.session;
    fmt::format_to(std::back_inserter(text),
                   "{},{:.6f},{},{},{},{},{},{},{},{:.6f},{},{},{},{:.3f},{},{:.3f},{},{}\r\n",
                   Rfc3339(s.first_time), Seconds(s.first_time - report.zero), entry.of_alert,
                   DirectionOf(entry), entry.peer().end.ip.ToString(), entry.peer().end.port,
                   entry.host().end.port, ConnStateName(s.state), SessionEndName(s.end),
                   Seconds(s.duration()), entry.host().bytes, entry.peer().bytes, s.client().onsets,
                   s.client().off_share, s.server().onsets, s.server().off_share, s.id,
                   entry.host().end.ip.ToString());
  }
  return text;
}

std::string TimelineJson(const TimelineReport& report) {
  const auto share = [](double value) { return std::round(value * 1000) / 1000; };
  std::string text;
  for (const TimelineEntry& entry : report.entries) {
    const SessionRecord& s = entry.session;
    const Json json = {{"schema", kSurveySchema},
                       {"event", "host_session"},
                       {"time", Rfc3339(s.first_time)},
                       {"relative_s", Seconds(s.first_time - report.zero)},
                       {"host", entry.host().end.ip.ToString()},
                       {"of_alert", entry.of_alert},
                       {"direction", DirectionOf(entry)},
                       {"peer", entry.peer().end.ip.ToString()},
                       {"peer_port", entry.peer().end.port},
                       {"host_port", entry.host().end.port},
                       {"state", ConnStateName(s.state)},
                       {"end", SessionEndName(s.end)},
                       {"duration_s", Seconds(s.duration())},
                       {"sent_bytes", entry.host().bytes},
                       {"received_bytes", entry.peer().bytes},
                       {"client_onsets", s.client().onsets},
                       {"client_off_share", share(s.client().off_share)},
                       {"server_onsets", s.server().onsets},
                       {"server_off_share", share(s.server().off_share)},
                       {"id", s.id},
                       {"alerts", s.alerts}};
    text += json::Line(json);
  }
  return text;
}

std::string TimelineChart(const TimelineReport& report) {
  ChartPanel panel;
  panel.x = {
      .label = "UTC", .scale = ChartAxis::Scale::kUtcTime, .least = {}, .most = {}, .text = {}};
  panel.y.label = "sessions, in the order of time";
  panel.y.least = 0;
  panel.y.most = static_cast<double>(report.entries.size() + 1);
  panel.y.text = [](double) { return std::string(); };
  double least = std::numeric_limits<double>::infinity();
  double most = -least;
  for (const TimelineEntry& entry : report.entries) {
    least = std::min(least, Seconds(entry.session.first_time));
    most = std::max(most, Seconds(entry.session.last_time));
  }
  double place = 0;
  for (const TimelineEntry& entry : report.entries) {
    const double begin = Seconds(entry.session.first_time);
    const double end = Seconds(entry.session.last_time);
    ChartSeries series;
    series.name = SeriesOf(entry);
    series.points.push_back({.x = begin, .y = ++place});
    // One that is too short to be seen as a line is a dot.
    if (end - begin > (most - least) * kShortestLine)
      series.points.push_back({.x = end, .y = place});
    panel.series.push_back(std::move(series));
  }
  return DrawLineChart(
      {.title = "Sessions of " +
                (report.host.has_value() ? report.host->ToString() : "chain " + report.alert),
       .panels = {std::move(panel)},
       .columns = 1,
       .panel_width = 860,
       .panel_height = 420});
}

}  // namespace cairn::output
