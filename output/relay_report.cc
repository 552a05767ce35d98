// SPDX-License-Identifier: BSD-3-Clause
#include "output/relay_report.h"

#include <iterator>
#include <utility>

#include "fmt/format.h"

#include "base/time_text.h"
#include "output/line_chart.h"

namespace cairn::output {
namespace {

// Pixels.
constexpr int kChartWidth = 860;
constexpr int kChartHeight = 340;

double Seconds(PacketTime time) { return static_cast<double>(time.ToNanoseconds()) / 1e9; }
double Seconds(PacketDelta length) { return static_cast<double>(length.ToNanoseconds()) / 1e9; }

}  // namespace

std::string RelayCsv(std::span<const HostHistory* const> hosts) {
  std::string text = "host,time,nats,score,freedom,window_s,reach_ms,activities,reported\r\n";
  for (const HostHistory* host : hosts) {
    for (const HostScore& score : host->scores) {
      fmt::format_to(std::back_inserter(text), "{},{},{:.2f},{:.3f},{:.1f},{:g},{},{},{}\r\n",
                     score.host.ToString(), Rfc3339(score.time), score.nats, score.score,
                     score.freedom, Seconds(score.window), score.reach.ToMilliseconds(),
                     score.activities, score.reported);
    }
  }
  return text;
}

std::string RelayChart(std::span<const HostHistory* const> hosts, std::optional<double> needed) {
  ChartPanel panel;
  panel.x = {
      .label = "UTC", .scale = ChartAxis::Scale::kUtcTime, .least = {}, .most = {}, .text = {}};
  panel.y.label = "nats: e^-nats by chance in an hour";
  panel.y.least = 0;
  if (needed.has_value()) panel.reference = {.name = "reported from here on", .y = *needed};
  for (const HostHistory* host : hosts) {
    ChartSeries series;
    series.name = host->best.host.ToString() + (host->reported ? ", reported" : "");
    for (const HostScore& score : host->scores) {
      series.points.push_back({.x = Seconds(score.time), .y = score.nats});
    }
    panel.series.push_back(std::move(series));
  }
  std::string title = "What hosts pass on";
  if (!hosts.empty()) title += ", " + DateText(hosts.front()->best.time);
  return DrawLineChart({.title = std::move(title),
                        .panels = {std::move(panel)},
                        .columns = 1,
                        .panel_width = kChartWidth,
                        .panel_height = kChartHeight});
}

}  // namespace cairn::output
