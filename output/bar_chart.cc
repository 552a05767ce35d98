// SPDX-License-Identifier: BSD-3-Clause
#include "output/bar_chart.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <numeric>

#include "fmt/format.h"

#include "base/svg_parts.h"
#include "output/axis_ticks.h"

namespace cairn::output {
namespace {

// Pixels.
constexpr int kLeft = 64;  // of the plot in its panel
constexpr int kTop = 26;
constexpr int kRight = 14;
constexpr int kBottom = 40;
constexpr int kBottomWithNames = 130;
constexpr int kMargin = 16;
constexpr int kTitleHeight = 34;
constexpr int kPixelsPerTick = 30;
constexpr int kNarrowestDocument = 420;  // so that the title has room
constexpr double kPixelsPerLetter = 6.6;
constexpr double kLineHeight = 13;
constexpr double kWidestBar = 48;

constexpr double kShareOfColumn = 0.8;  // the rest is the gap to the next
constexpr double kHeadroom = 1.18;      // for the names above the highest
constexpr size_t kMostBars = 1000;

auto To(std::string& out) { return std::back_inserter(out); }

// The places of the `count` highest bars, the highest first.
std::vector<size_t> Highest(const std::vector<Bar>& bars, size_t count) {
  std::vector<size_t> places(bars.size());
  std::iota(places.begin(), places.end(), size_t{0});
  const size_t some = std::min(count, places.size());
  std::partial_sort(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(some),
                    places.end(), [&bars](size_t a, size_t b) {
                      if (bars[a].height != bars[b].height) return bars[a].height > bars[b].height;
                      return a < b;
                    });
  places.resize(some);
  return places;
}

// One panel's bars as they are drawn.
struct Plot {
  std::vector<Bar> bars;
  int width = 0;
  int height = 0;
  double most = 1;  // the upper end of the Y axis

  double ColumnWidth() const {
    return width / static_cast<double>(std::max<size_t>(1, bars.size()));
  }
  double BarWidth() const { return std::min(kWidestBar, ColumnWidth() * kShareOfColumn); }
  double Middle(size_t bar) const {
    return kLeft + (static_cast<double>(bar) + 0.5) * ColumnWidth();
  }
  double Y(double value) const { return kTop + height * (1 - value / most); }
  double Top(size_t bar) const { return Y(static_cast<double>(bars[bar].height)); }
};

Plot PlotOf(const BarChart& chart, const BarPanel& panel) {
  Plot plot;
  if (panel.bars.size() <= kMostBars) {
    plot.bars = panel.bars;
  } else {
    std::vector<size_t> places = Highest(panel.bars, kMostBars);
    std::sort(places.begin(), places.end());
    for (const size_t place : places) plot.bars.push_back(panel.bars[place]);
  }
  plot.width = chart.panel_width - kLeft - kRight;
  plot.height = chart.panel_height - kTop - (panel.name_all_below ? kBottomWithNames : kBottom);
  for (const Bar& bar : plot.bars)
    plot.most = std::max(plot.most, kHeadroom * static_cast<double>(bar.height));
  return plot;
}

void DrawAxes(std::string& out, const BarPanel& panel, const Plot& plot) {
  for (const Tick& tick : NumberTicks(0, plot.most, std::max(2, plot.height / kPixelsPerTick))) {
    if (tick.value != std::floor(tick.value)) continue;  // there are no halves of a session
    const double y = plot.Y(tick.value);
    fmt::format_to(To(out),
                   "<line class=\"grid\" x1=\"{1}\" x2=\"{2}\" y1=\"{0:.1f}\" y2=\"{0:.1f}\"/>\n"
                   "<text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5:.0f}</text>\n",
                   y, kLeft, kLeft + plot.width, kLeft - 5, y + 4, tick.value);
  }
  fmt::format_to(To(out), "<rect class=\"frame\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n",
                 kLeft, kTop, plot.width, plot.height);
  std::string label = panel.x_label;
  if (plot.bars.size() < panel.bars.size()) {
    label += fmt::format(" (the {} most of {})", plot.bars.size(), panel.bars.size());
  }
  const int below = panel.name_all_below ? kBottomWithNames : kBottom;
  fmt::format_to(To(out), "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                 kLeft + plot.width / 2, kTop + plot.height + below - 20, EscapedXml(label));
  fmt::format_to(To(out),
                 "<text x=\"12\" y=\"{0}\" text-anchor=\"middle\" transform=\"rotate(-90 12 {0})\">"
                 "{1}</text>\n",
                 kTop + plot.height / 2, EscapedXml(panel.y_label));
}

// The names of the highest bars, each above its bar, and higher where another one stands already.
void NameHighest(std::string& out, const Plot& plot, size_t count) {
  struct Name {
    double x = 0;
    double y = 0;
    double half = 0;
  };
  std::vector<Name> names;
  for (const size_t bar : Highest(plot.bars, count)) {
    const std::string& text = plot.bars[bar].name;
    Name name{.x = plot.Middle(bar),
              .y = plot.Top(bar) - 3,
              .half = kPixelsPerLetter * static_cast<double>(text.size()) / 2};
    // Within the frame.
    name.x = std::max(kLeft + name.half, std::min(kLeft + plot.width - name.half, name.x));
    const auto in_the_way = [&name](const Name& other) {
      return std::abs(other.x - name.x) < other.half + name.half + kPixelsPerLetter &&
             std::abs(other.y - name.y) < kLineHeight;
    };
    while (name.y > kTop && std::any_of(names.begin(), names.end(), in_the_way)) {
      name.y -= kLineHeight / 2;
    }
    if (name.y < kTop + kLineHeight - 3) continue;
    fmt::format_to(To(out), "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n",
                   name.x, name.y, EscapedXml(text));
    names.push_back(name);
  }
}

void NameBelow(std::string& out, const Plot& plot) {
  const int y = kTop + plot.height + 14;
  for (size_t i = 0; i < plot.bars.size(); ++i) {
    fmt::format_to(To(out),
                   "<text x=\"{0:.1f}\" y=\"{1}\" text-anchor=\"end\" "
                   "transform=\"rotate(-40 {0:.1f} {1})\">{2}</text>\n",
                   plot.Middle(i), y, EscapedXml(plot.bars[i].name));
  }
}

void DrawPanel(std::string& out, const BarChart& chart, const BarPanel& panel, int left, int top) {
  const Plot plot = PlotOf(chart, panel);
  fmt::format_to(To(out), "<g transform=\"translate({} {})\">\n", left, top);
  fmt::format_to(To(out), "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                 kLeft + plot.width / 2, kTop - 9, EscapedXml(panel.title));
  DrawAxes(out, panel, plot);
  const double width = plot.BarWidth();
  for (size_t i = 0; i < plot.bars.size(); ++i) {
    fmt::format_to(To(out),
                   "<rect fill=\"{}\" x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" "
                   "height=\"{:.1f}\"><title>{}: {}</title></rect>\n",
                   StrokeOf(1).colour, plot.Middle(i) - width / 2, plot.Top(i), width,
                   plot.Y(0) - plot.Top(i), EscapedXml(plot.bars[i].name), plot.bars[i].height);
  }
  if (panel.name_all_below) {
    NameBelow(out, plot);
  } else {
    NameHighest(out, plot, panel.named);
  }
  out += "</g>\n";
}

}  // namespace

std::string DrawBarChart(const BarChart& chart) {
  const int count = static_cast<int>(chart.panels.size());
  const int columns = std::clamp(chart.columns, 1, std::max(1, count));
  const int rows = (count + columns - 1) / columns;
  std::string out =
      SvgHead(std::max(kNarrowestDocument, columns * chart.panel_width + 2 * kMargin),
              kTitleHeight + rows * chart.panel_height + 2 * kMargin, kMargin, chart.title);
  for (int i = 0; i < count; ++i) {
    DrawPanel(out, chart, chart.panels[static_cast<size_t>(i)],
              kMargin + i % columns * chart.panel_width,
              kTitleHeight + kMargin + i / columns * chart.panel_height);
  }
  return out + "</svg>\n";
}

}  // namespace cairn::output
