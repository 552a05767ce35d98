// SPDX-License-Identifier: BSD-3-Clause
#include "output/line_chart.h"

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "catch2/catch.hpp"

namespace cairn::output {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinite = std::numeric_limits<double>::infinity();

Chart LineChartChartOf(std::vector<ChartSeries> series) {
  ChartPanel panel{
      .title = "panel", .x = {}, .y = {}, .series = std::move(series), .reference = {}};
  panel.x.label = "delay, ms";
  panel.y.label = "rate";
  return {.title = "title", .panels = {std::move(panel)}};
}

size_t LineChartCount(const std::string& text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

bool LineChartHas(const std::string& text, std::string_view part) {
  return LineChartCount(text, part) > 0;
}

TEST_CASE("a chart draws each series from the lower left to the upper right of its frame") {
  const std::string svg = DrawLineChart(LineChartChartOf({{"a", {{0, 0}, {100, 1}}}}));
  CHECK(LineChartHas(svg, "<svg xmlns="));
  CHECK(svg.ends_with("</svg>\n"));
  // 300 x 230 pixels less the room for labels: the frame is 56 ... 286 and 26 ... 176.
  CHECK(LineChartHas(svg, "points=\"56.0,176.0 286.0,26.0\""));
  CHECK(LineChartHas(svg, ">delay, ms<"));
  CHECK(LineChartHas(svg, ">rate<"));
  CHECK(LineChartHas(svg, ">100</text>"));
}

TEST_CASE("text of a chart is escaped") {
  Chart chart = LineChartChartOf({{"a<b & c>d\x1b", {}}});
  chart.title = "<script>";
  const std::string svg = DrawLineChart(chart);
  CHECK(LineChartHas(svg, "a&lt;b &amp; c&gt;d?"));
  CHECK(LineChartHas(svg, "&lt;script&gt;"));
  CHECK_FALSE(LineChartHas(svg, "<script>"));
}

TEST_CASE("an empty series stands in the legend, and an empty chart is a document") {
  const std::string svg = DrawLineChart(LineChartChartOf({{"nothing", {}}}));
  CHECK(LineChartHas(svg, ">nothing</text>"));
  CHECK_FALSE(LineChartHas(svg, "<polyline"));
  CHECK(LineChartHas(svg, ">1.0</text>"));  // axes from 0 to 1
  const std::string empty = DrawLineChart({.title = "none", .panels = {}});
  CHECK(LineChartHas(empty, ">none</text>"));
  CHECK(empty.ends_with("</svg>\n"));
}

TEST_CASE("a single point is a dot in the middle") {
  const std::string svg = DrawLineChart(LineChartChartOf({{"a", {{5, 7}}}}));
  CHECK(LineChartHas(svg, "<circle cx=\"171.0\" cy=\"101.0\""));
  CHECK_FALSE(LineChartHas(svg, "<polyline"));
}

TEST_CASE("values that are not finite or too large to draw are left out") {
  const std::string svg = DrawLineChart(LineChartChartOf(
      {{"a",
        {{0, 0}, {kNan, 1}, {1, kNan}, {kInfinite, 1}, {2, -kInfinite}, {3, 1e300}, {4, 1}}}}));
  CHECK(LineChartHas(svg, "points=\"56.0,176.0 286.0,26.0\""));
  CHECK_FALSE(LineChartHas(svg, "nan"));
  CHECK_FALSE(LineChartHas(svg, "inf"));
  Chart chart = LineChartChartOf({{"a", {{0, 0}, {1, 1}}}});
  chart.panels[0].y.most = kNan;
  chart.panels[0].reference = {.name = "r", .y = kInfinite};
  const std::string odd = DrawLineChart(chart);
  CHECK(LineChartHas(odd, "points=\"56.0,176.0 286.0,26.0\""));
  CHECK_FALSE(LineChartHas(odd, "inf,"));
}

TEST_CASE("an axis with given ends shows those, and what is outside is clipped") {
  Chart chart = LineChartChartOf({{"a", {{0, 0.5}, {10, 5}}}});
  chart.panels[0].y.least = 0;
  chart.panels[0].y.most = 1;
  const std::string svg = DrawLineChart(chart);
  CHECK(LineChartHas(svg, "points=\"56.0,101.0 "));
  CHECK(LineChartHas(svg, "clip-path=\"url(#plot)\""));
  chart.panels[0].y.most = 0;  // no room between the ends: widened
  CHECK(LineChartHas(DrawLineChart(chart), "<polyline"));
}

TEST_CASE("a reference line stretches the axis and stands in the legend when it has a name") {
  Chart chart = LineChartChartOf({{"a", {{0, 0}, {1, 1}}}});
  chart.panels[0].reference = {.name = "needed", .y = 2};
  const std::string svg = DrawLineChart(chart);
  CHECK(LineChartHas(svg, ">needed</text>"));
  CHECK(LineChartHas(svg, "x1=\"56\" x2=\"286\" y1=\"34.5\" y2=\"34.5\""));
  chart.panels[0].reference->name.clear();
  CHECK(LineChartCount(DrawLineChart(chart), "stroke-dasharray=\"3 3\"") == 1);
}

TEST_CASE("series of one name share a stroke and one line of the legend in all panels") {
  Chart chart = LineChartChartOf({{"a", {{0, 0}, {1, 1}}}, {"b", {{0, 1}, {1, 0}}}});
  ChartPanel second = chart.panels[0];
  second.series.erase(second.series.begin());
  chart.panels.push_back(second);
  const std::string svg = DrawLineChart(chart);
  CHECK(LineChartCount(svg, ">b</text>") == 1);
  CHECK(LineChartCount(svg, "class=\"curve\" stroke=\"#d55e00\"") == 2);  // legend and one panel
  CHECK(LineChartCount(svg, "class=\"curve\" stroke=\"#0072b2\"") == 3);  // legend and two panels
  CHECK(LineChartHas(svg, "translate(316 "));                             // beside the first
}

TEST_CASE("tick texts are clock times on a time axis and can be given") {
  Chart chart = LineChartChartOf({{"a", {{1795226100, 0}, {1795226100 + 600, 1}}}});
  chart.panels[0].x.scale = ChartAxis::Scale::kUtcTime;
  chart.panels[0].y.text = [](double value) { return value == 0 ? "<none>" : "some"; };
  const std::string svg = DrawLineChart(chart);
  CHECK(LineChartHas(svg, ">01:55</text>"));
  CHECK(LineChartHas(svg, ">02:05</text>"));
  CHECK(LineChartHas(svg, ">&lt;none&gt;</text>"));
}

TEST_CASE("drawing the same chart twice gives the same bytes") {
  const Chart chart = LineChartChartOf({{"a", {{0.1, 0.2}, {0.3, 0.7}}}});
  CHECK(DrawLineChart(chart) == DrawLineChart(chart));
}

}  // namespace
}  // namespace cairn::output
