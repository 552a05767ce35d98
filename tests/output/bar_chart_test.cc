// SPDX-License-Identifier: BSD-3-Clause
#include "output/bar_chart.h"

#include <string>
#include <string_view>
#include <vector>

#include "catch2/catch.hpp"
#include "fmt/format.h"

namespace cairn::output {
namespace {

BarChart ChartOf(std::vector<Bar> bars) {
  BarPanel panel;
  panel.title = "client_bytes";
  panel.x_label = "values";
  panel.y_label = "sessions";
  panel.bars = std::move(bars);
  return {.title = "title", .panels = {std::move(panel)}};
}

size_t Count(const std::string& text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

bool Has(const std::string& text, std::string_view part) { return Count(text, part) > 0; }

constexpr std::string_view kBar = "<rect fill=";

TEST_CASE("A bar chart has a column for each value, as high as its count") {
  const std::string svg = DrawBarChart(ChartOf({{"5", 12}, {"24", 24}}));
  CHECK(Has(svg, "<svg xmlns="));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(Count(svg, kBar) == 2);
  // The plot is 194 pixels high and ends at 1.18 times the highest.
  CHECK(Has(svg, fmt::format("height=\"{:.1f}\"><title>24: 24</title>", 194 / 1.18)));
  CHECK(Has(svg, fmt::format("height=\"{:.1f}\"><title>5: 12</title>", 194 / 1.18 / 2)));
  CHECK(Has(svg, ">sessions</text>"));
  CHECK(Has(svg, ">values</text>"));
}

TEST_CASE("The highest bars of a chart are named, others are not") {
  std::vector<Bar> bars;
  for (uint64_t i = 1; i <= 30; ++i) bars.push_back({fmt::format("v{}", i), i});
  BarChart chart = ChartOf(bars);
  chart.panels[0].named = 2;
  const std::string svg = DrawBarChart(chart);
  CHECK(Has(svg, ">v30</text>"));
  CHECK(Has(svg, ">v29</text>"));
  CHECK_FALSE(Has(svg, ">v28</text>"));
  chart.panels[0].name_all_below = true;
  CHECK(Count(DrawBarChart(chart), "rotate(-40") == 30);
}

TEST_CASE("A name that would stand in another one's place goes higher") {
  BarChart chart = ChartOf({{"wide name one", 10}, {"wide name two", 10}, {"x", 1}});
  chart.panel_width = 200;
  const std::string svg = DrawBarChart(chart);
  const auto height_of = [&svg](std::string_view name) {
    const size_t text = svg.find(fmt::format(">{}</text>", name));
    const size_t y = svg.rfind("y=\"", text) + 3;
    return std::stod(svg.substr(y, svg.find('"', y) - y));
  };
  CHECK(height_of("wide name one") - height_of("wide name two") >= 13);
}

TEST_CASE("Of too many bars the highest are drawn, and the chart says so") {
  std::vector<Bar> bars;
  for (uint64_t i = 0; i < 1500; ++i) bars.push_back({fmt::format("v{}", i), 1 + i % 3});
  const std::string svg = DrawBarChart(ChartOf(bars));
  CHECK(Count(svg, kBar) == 1000);
  CHECK(Has(svg, "values (the 1000 most of 1500)"));
  CHECK_FALSE(Has(svg, "<title>v0: 1</title>"));
}

TEST_CASE("Text of bars is escaped; panels without bars and charts without panels are documents") {
  const std::string svg = DrawBarChart(ChartOf({{"<b>&\x1b", 1}}));
  CHECK(Has(svg, "&lt;b&gt;&amp;?"));
  CHECK_FALSE(Has(svg, "<b>"));
  CHECK(Has(DrawBarChart(ChartOf({})), "class=\"frame\""));
  CHECK(DrawBarChart({.title = "none", .panels = {}}).ends_with("</svg>\n"));
  CHECK(Has(DrawBarChart(ChartOf({{"zero", 0}})), "height=\"0.0\""));
}

}  // namespace
}  // namespace cairn::output
