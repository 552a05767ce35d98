// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/relays/relay_documents.h"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <utility>

#include "fmt/format.h"

#include "evaluation/text_table.h"
#include "output/line_chart.h"

namespace cairn::evaluation {
namespace {

using Points = std::vector<const RelayPoint*>;

Points Select(const std::vector<RelayPoint>& points,
              const std::function<bool(const RelayPoint&)>& wanted) {
  Points selected;
  for (const RelayPoint& point : points) {
    if (wanted(point)) selected.push_back(&point);
  }
  return selected;
}

// The different values in the order of their coming.
template <typename Value>
std::vector<Value> Distinct(const Points& points,
                            const std::function<Value(const RelayPoint&)>& value) {
  std::vector<Value> values;
  for (const RelayPoint* point : points) {
    Value next = value(*point);
    if (std::find(values.begin(), values.end(), next) == values.end()) {
      values.push_back(std::move(next));
    }
  }
  return values;
}

std::string Csv(const Points& points) {
  std::string text =
      "figure,server,method,slot_ms,terms,sums,watched_s,relays,relayed_packets,chaff,delay_ms,"
      "trials,reported,rate,low,high,paper,decided_after_s\n";
  for (const RelayPoint* point : points) {
    const RelayTraffic& traffic = point->traffic;
    const Interval interval = point->reported.Wilson();
    fmt::format_to(std::back_inserter(text),
                   "{},{},\"{}\",{},{},{},{},{},{},{},{},{},{},{:.4f},{:.4f},{:.4f},{},{:.1f}\n",
                   point->figure, ServerKindName(traffic.server), point->method.name,
                   point->method.slot_ms, point->method.terms, point->method.sums,
                   point->method.seconds, traffic.relays, traffic.relayed_packets, traffic.chaff,
                   traffic.mean_delay.ToMilliseconds(), point->reported.trials,
                   point->reported.hits, point->reported.Share(), interval.low, interval.high,
                   point->paper.has_value() ? fmt::format("{:.4f}", *point->paper) : "",
                   point->seconds);
  }
  return text;
}

// What a figure varies besides the delay, as a panel's title.
std::string PanelOf(const RelayPoint& point) {
  const std::string_view server = ServerKindName(point.traffic.server);
  if (point.figure == "fig5") return fmt::format("{}, F = {}", server, point.traffic.relays);
  if (point.figure == "fig6") {
    return fmt::format("{}, {} packets", server, point.traffic.relayed_packets);
  }
  if (point.figure == "fig7") return fmt::format("{}, chaff {}", server, point.traffic.chaff);
  return fmt::format("{}, L = {} ms", server, point.method.slot_ms);
}

std::string TitleOf(std::string_view figure) {
  if (figure == "fig3") return "Found by mean delay: A and L, web server (Figure 3)";
  if (figure == "fig4") return "Found by mean delay: A and L, mail server (Figure 4)";
  if (figure == "fig5") return "Found by mean delay: number of relays (Figure 5)";
  if (figure == "fig6") return "Found by mean delay: packets relayed (Figure 6)";
  return "Found by mean delay: chaff (Figure 7)";
}

std::string Draw(const std::string& figure, const Points& points) {
  output::Chart chart{.title = TitleOf(figure), .panels = {}, .columns = 4};
  const auto panel_of = [&](const RelayPoint& point) { return PanelOf(point); };
  for (const std::string& title : Distinct<std::string>(points, panel_of)) {
    output::ChartPanel panel;
    panel.title = title;
    panel.x.label = "mean delay, ms";
    panel.y.label = "share found";
    panel.y.least = 0;
    panel.y.most = 1;
    for (const RelayPoint* point : points) {
      // In figures that vary L, ours has but one: it is drawn beside each.
      if (PanelOf(*point) != title &&
          (point->method.published || title.find("L =") == std::string::npos))
        continue;
      std::string name = point->method.name.substr(0, point->method.name.find(" L="));
      auto series = std::find_if(panel.series.begin(), panel.series.end(),
                                 [&](const output::ChartSeries& s) { return s.name == name; });
      if (series == panel.series.end()) {
        series = panel.series.insert(series, {.name = std::move(name), .points = {}});
      }
      series->points.push_back(
          {.x = static_cast<double>(point->traffic.mean_delay.ToMilliseconds()),
           .y = point->reported.Share()});
    }
    chart.panels.push_back(std::move(panel));
  }
  return output::DrawLineChart(chart);
}

std::string Rate(const RelayPoint& point) { return fmt::format("{:.3f}", point.reported.Share()); }

TextTable FalsePositives(const std::vector<RelayPoint>& points) {
  TextTable table{.title = "False positives (Table 1 of the paper)",
                  .header = {"server", "method", "paper", "measured", "95 %", "decides after"},
                  .rows = {}};
  for (const RelayPoint& point : points) {
    if (point.figure != "table1") continue;
    const Interval interval = point.reported.Wilson();
    table.rows.push_back({std::string(ServerKindName(point.traffic.server)), point.method.name,
                          point.paper.has_value() ? fmt::format("{:.3f}", *point.paper) : "",
                          Rate(point), fmt::format("{:.3f}-{:.3f}", interval.low, interval.high),
                          fmt::format("{:.0f} s", point.seconds)});
  }
  return table;
}

// A figure at the working point: a row for each method and what the figure varies, a column for
// each delay.
TextTable TruePositives(const std::vector<RelayPoint>& points, const std::string& figure,
                        const std::string& title) {
  const Points chosen = Select(points, [&](const RelayPoint& point) {
    return point.figure == figure &&
           (!point.method.published || (point.method.terms == 1000 && point.method.slot_ms == 100));
  });
  TextTable table{.title = title, .header = {"condition", "method"}, .rows = {}};
  const auto delay_of = [](const RelayPoint& point) {
    return point.traffic.mean_delay.ToMilliseconds();
  };
  for (const int64_t delay : Distinct<int64_t>(chosen, delay_of)) {
    table.header.push_back(fmt::format("{} ms", delay));
  }
  for (const RelayPoint* point : chosen) {
    const std::string condition =
        figure == "fig3" || figure == "fig4"
            ? fmt::format("{}, one relay", ServerKindName(point->traffic.server))
            : PanelOf(*point);
    auto row = std::find_if(table.rows.begin(), table.rows.end(), [&](const auto& r) {
      return r[0] == condition && r[1] == point->method.name;
    });
    if (row == table.rows.end()) {
      row = table.rows.insert(row, std::vector<std::string>{condition, point->method.name});
    }
    row->push_back(Rate(*point));
  }
  return table;
}

}  // namespace

std::vector<RelayDocument> RelayDocuments(const std::vector<RelayPoint>& points) {
  const Points all = Select(points, [](const RelayPoint&) { return true; });
  const auto figure_of = [](const RelayPoint& point) { return point.figure; };
  std::vector<RelayDocument> documents;
  for (const std::string& figure : Distinct<std::string>(all, figure_of)) {
    const Points chosen =
        Select(points, [&](const RelayPoint& point) { return point.figure == figure; });
    documents.push_back({figure + ".csv", Csv(chosen)});
    if (figure != "table1") documents.push_back({figure + ".svg", Draw(figure, chosen)});
  }
  return documents;
}

std::string RelayTables(const std::vector<RelayPoint>& points) {
  std::string text = ToMarkdown(FalsePositives(points));
  const std::array<std::pair<std::string, std::string>, 5> figures = {
      {{"fig3", "Found, one relay, web server (Figure 3)"},
       {"fig4", "Found, one relay, mail server (Figure 4)"},
       {"fig5", "Found, by the number of relays (Figure 5)"},
       {"fig6", "Found, by the packets relayed (Figure 6)"},
       {"fig7", "Found, by chaff (Figure 7)"}}};
  for (const auto& [figure, title] : figures) {
    text += "\n" + ToMarkdown(TruePositives(points, figure, title));
  }
  return text;
}

}  // namespace cairn::evaluation
