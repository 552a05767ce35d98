// SPDX-License-Identifier: BSD-3-Clause
#include "output/line_chart.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>

#include "fmt/format.h"

#include "base/svg_parts.h"
#include "output/axis_ticks.h"

namespace cairn::output {
namespace {

// Pixels.
constexpr int kLeft = 56;  // of the plot in its panel
constexpr int kTop = 26;
constexpr int kRight = 14;
constexpr int kBottom = 54;
constexpr int kMargin = 16;
constexpr int kTitleHeight = 34;
constexpr int kLegendLine = 18;
constexpr int kLegendSample = 34;
constexpr int kPixelsPerXTick = 52;
constexpr int kPixelsPerTimeTick = 66;
constexpr int kPixelsPerYTick = 30;
constexpr int kNarrowestDocument = 420;  // so that the legend has room
// A curve may touch the frame with half of its width.
constexpr int kFrameSlack = 2;
constexpr std::string_view kReferenceDashes = "3 3";

constexpr double kBeyondDrawing = 1e100;

auto To(std::string& out) { return std::back_inserter(out); }

bool Drawable(double value) { return std::abs(value) <= kBeyondDrawing; }  // false for NaN
bool Drawable(const ChartPoint& point) { return Drawable(point.x) && Drawable(point.y); }

// One axis of one panel: from values to pixels.
struct Span {
  double least = 0;
  double most = 1;
};

// Widened where nothing, or too little for ticks, would be between the ends.
Span SpanOf(const ChartAxis& axis, const std::vector<double>& values) {
  Span span;
  if (!values.empty()) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    span = {.least = *low, .most = *high};
  }
  if (axis.least.has_value() && Drawable(*axis.least)) span.least = *axis.least;
  if (axis.most.has_value() && Drawable(*axis.most)) span.most = *axis.most;
  const double size = std::max(std::abs(span.least), std::abs(span.most));
  const bool time = axis.scale == ChartAxis::Scale::kUtcTime;
  const double shortest = time ? 2.0 : std::max(size * 1e-6, 1.0 / kBeyondDrawing);
  if (span.most - span.least >= shortest) return span;
  const double half = time ? 60.0 : (size * 1e-6 < 1.0 / kBeyondDrawing ? 1.0 : size / 2);
  if (axis.most.has_value() == axis.least.has_value()) {
    const double middle = span.least;
    return {.least = middle - half, .most = middle + half};
  }
  if (axis.least.has_value()) return {.least = span.least, .most = span.least + 2 * half};
  return {.least = span.most - 2 * half, .most = span.most};
}

// The plot of one panel: its spans and its size in pixels.
struct Plot {
  Span x;
  Span y;
  int width = 0;
  int height = 0;

  // Held within a few sizes of the plot: what is outside is clipped, and numbers stay short.
  double X(double value) const {
    return kLeft + width * std::clamp((value - x.least) / (x.most - x.least), -9.0, 9.0);
  }
  double Y(double value) const {
    return kTop + height * (1 - std::clamp((value - y.least) / (y.most - y.least), -9.0, 9.0));
  }
};

Plot PlotOf(const Chart& chart, const ChartPanel& panel) {
  std::vector<double> xs;
  std::vector<double> ys;
  for (const ChartSeries& series : panel.series) {
    for (const ChartPoint& point : series.points) {
      if (!Drawable(point)) continue;
      xs.push_back(point.x);
      ys.push_back(point.y);
    }
  }
  // A little more than to the reference line, which the frame would hide.
  constexpr double kBeyondReference = 0.06;
  if (panel.reference.has_value() && Drawable(panel.reference->y)) {
    ys.push_back(panel.reference->y + kBeyondReference * std::abs(panel.reference->y));
  }
  return {.x = SpanOf(panel.x, xs),
          .y = SpanOf(panel.y, ys),
          .width = chart.panel_width - kLeft - kRight,
          .height = chart.panel_height - kTop - kBottom};
}

std::vector<Tick> TicksOf(const ChartAxis& axis, const Span& span, int pixels,
                          int pixels_per_tick) {
  const int count = std::max(2, pixels / pixels_per_tick + 1);
  std::vector<Tick> ticks = axis.scale == ChartAxis::Scale::kUtcTime
                                ? TimeTicks(span.least, span.most, count)
                                : NumberTicks(span.least, span.most, count);
  if (axis.text) {
    for (Tick& tick : ticks) tick.text = axis.text(tick.value);
  }
  return ticks;
}

void DrawAxes(std::string& out, const ChartPanel& panel, const Plot& plot) {
  const int bottom = kTop + plot.height;
  for (const Tick& tick : TicksOf(
           panel.x, plot.x, plot.width,
           panel.x.scale == ChartAxis::Scale::kUtcTime ? kPixelsPerTimeTick : kPixelsPerXTick)) {
    const double x = plot.X(tick.value);
    fmt::format_to(To(out),
                   "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>\n"
                   "<text x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\">{4}</text>\n",
                   x, kTop, bottom, bottom + 15, EscapedXml(tick.text));
  }
  for (const Tick& tick : TicksOf(panel.y, plot.y, plot.height, kPixelsPerYTick)) {
    const double y = plot.Y(tick.value);
    fmt::format_to(To(out),
                   "<line class=\"grid\" x1=\"{1}\" x2=\"{2}\" y1=\"{0:.1f}\" y2=\"{0:.1f}\"/>\n"
                   "<text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n",
                   y, kLeft, kLeft + plot.width, kLeft - 5, y + 4, EscapedXml(tick.text));
  }
  fmt::format_to(To(out), "<rect class=\"frame\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n",
                 kLeft, kTop, plot.width, plot.height);
  fmt::format_to(To(out), "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                 kLeft + plot.width / 2, bottom + 31, EscapedXml(panel.x.label));
  fmt::format_to(To(out),
                 "<text x=\"12\" y=\"{0}\" text-anchor=\"middle\" transform=\"rotate(-90 12 {0})\">"
                 "{1}</text>\n",
                 kTop + plot.height / 2, EscapedXml(panel.y.label));
}

void DrawSeries(std::string& out, const ChartSeries& series, const Plot& plot,
                const Stroke& stroke) {
  std::string points;
  size_t count = 0;
  ChartPoint last;
  for (const ChartPoint& point : series.points) {
    if (!Drawable(point)) continue;
    fmt::format_to(To(points), "{}{:.1f},{:.1f}", count == 0 ? "" : " ", plot.X(point.x),
                   plot.Y(point.y));
    last = point;
    ++count;
  }
  if (count == 1) {
    fmt::format_to(To(out),
                   "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" fill=\"{}\" "
                   "clip-path=\"url(#plot)\"/>\n",
                   plot.X(last.x), plot.Y(last.y), stroke.colour);
  } else if (count > 1) {
    fmt::format_to(To(out),
                   "<polyline class=\"curve\" stroke=\"{}\" stroke-dasharray=\"{}\" "
                   "clip-path=\"url(#plot)\" points=\"{}\"/>\n",
                   stroke.colour, stroke.dashes, points);
  }
}

// The names of the series in the order of their first appearance: a name's place is its stroke.
std::vector<std::string> NamesOf(const Chart& chart) {
  std::vector<std::string> names;
  for (const ChartPanel& panel : chart.panels) {
    for (const ChartSeries& series : panel.series) {
      if (std::find(names.begin(), names.end(), series.name) == names.end())
        names.push_back(series.name);
    }
  }
  return names;
}

std::vector<std::string> ReferenceNamesOf(const Chart& chart) {
  std::vector<std::string> names;
  for (const ChartPanel& panel : chart.panels) {
    if (!panel.reference.has_value() || panel.reference->name.empty()) continue;
    if (std::find(names.begin(), names.end(), panel.reference->name) == names.end())
      names.push_back(panel.reference->name);
  }
  return names;
}

void DrawPanel(std::string& out, const Chart& chart, const ChartPanel& panel,
               const std::vector<std::string>& names, int left, int top) {
  const Plot plot = PlotOf(chart, panel);
  fmt::format_to(To(out), "<g transform=\"translate({} {})\">\n", left, top);
  fmt::format_to(To(out), "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                 kLeft + plot.width / 2, kTop - 9, EscapedXml(panel.title));
  DrawAxes(out, panel, plot);
  if (panel.reference.has_value() && Drawable(panel.reference->y)) {
    fmt::format_to(To(out),
                   "<line class=\"frame\" stroke-dasharray=\"{0}\" clip-path=\"url(#plot)\" "
                   "x1=\"{1}\" x2=\"{2}\" y1=\"{3:.1f}\" y2=\"{3:.1f}\"/>\n",
                   kReferenceDashes, kLeft, kLeft + plot.width, plot.Y(panel.reference->y));
  }
  for (const ChartSeries& series : panel.series) {
    const auto name = std::find(names.begin(), names.end(), series.name);
    DrawSeries(out, series, plot, StrokeOf(static_cast<size_t>(name - names.begin())));
  }
  out += "</g>\n";
}

void DrawLegendLine(std::string& out, std::string_view look, std::string_view dashes,
                    std::string_view name, int y) {
  fmt::format_to(
      To(out),
      "<line {0} stroke-dasharray=\"{1}\" x1=\"{2}\" x2=\"{3}\" y1=\"{4}\" y2=\"{4}\"/>\n"
      "<text x=\"{5}\" y=\"{6}\">{7}</text>\n",
      look, dashes, kMargin, kMargin + kLegendSample, y - 4, kMargin + kLegendSample + 8, y,
      EscapedXml(name));
}

}  // namespace

std::string DrawLineChart(const Chart& chart) {
  const std::vector<std::string> names = NamesOf(chart);
  const std::vector<std::string> references = ReferenceNamesOf(chart);
  const int count = static_cast<int>(chart.panels.size());
  const int columns = std::clamp(chart.columns, 1, std::max(1, count));
  const int rows = (count + columns - 1) / columns;
  const int legend = static_cast<int>(names.size() + references.size()) * kLegendLine;
  const int first_row = kTitleHeight + legend + kMargin;
  std::string out = SvgHead(std::max(kNarrowestDocument, columns * chart.panel_width + 2 * kMargin),
                            first_row + rows * chart.panel_height + kMargin, kMargin, chart.title);
  fmt::format_to(To(out),
                 "<clipPath id=\"plot\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>"
                 "</clipPath>\n",
                 kLeft - kFrameSlack, kTop - kFrameSlack,
                 chart.panel_width - kLeft - kRight + 2 * kFrameSlack,
                 chart.panel_height - kTop - kBottom + 2 * kFrameSlack);
  int y = kTitleHeight;
  for (size_t i = 0; i < names.size(); ++i) {
    const Stroke stroke = StrokeOf(i);
    DrawLegendLine(out, fmt::format("class=\"curve\" stroke=\"{}\"", stroke.colour), stroke.dashes,
                   names[i], y += kLegendLine);
  }
  for (const std::string& name : references) {
    DrawLegendLine(out, "class=\"frame\"", kReferenceDashes, name, y += kLegendLine);
  }
  for (int i = 0; i < count; ++i) {
    DrawPanel(out, chart, chart.panels[static_cast<size_t>(i)], names,
              kMargin + i % columns * chart.panel_width,
              first_row + i / columns * chart.panel_height);
  }
  return out + "</svg>\n";
}

}  // namespace cairn::output
