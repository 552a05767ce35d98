// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/roc_svg.h"

#include <cmath>
#include <iterator>

#include "fmt/format.h"

#include "base/svg_parts.h"

namespace cairn::evaluation {
namespace {

// Pixels.
constexpr int kColumns = 3;
constexpr int kPanelWidth = 300;
constexpr int kPanelHeight = 230;
constexpr int kLeft = 52;  // of the plot in its panel
constexpr int kTop = 26;
constexpr int kPlotWidth = 230;
constexpr int kPlotHeight = 150;
constexpr int kMargin = 16;
constexpr int kTitleHeight = 34;
constexpr int kLegendLine = 18;
constexpr int kDecades = 6;

auto To(std::string& out) { return std::back_inserter(out); }

double X(double rate) { return kLeft + kPlotWidth * (std::log10(rate) + kDecades) / kDecades; }
double Y(double share) { return kTop + kPlotHeight * (1 - share); }

void DrawAxes(std::string& out) {
  for (int decade = 0; decade <= kDecades; ++decade) {
    const double x = kLeft + static_cast<double>(kPlotWidth) * decade / kDecades;
    fmt::format_to(To(out),
                   "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>\n",
                   x, kTop, kTop + kPlotHeight);
    fmt::format_to(To(out), "<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", x,
                   kTop + kPlotHeight + 15,
                   decade == kDecades ? "1" : fmt::format("1e{}", decade - kDecades));
  }
  for (int quarter = 0; quarter <= 4; ++quarter) {
    const double share = quarter / 4.0;
    fmt::format_to(To(out),
                   "<line class=\"grid\" x1=\"{1}\" x2=\"{2}\" y1=\"{0:.1f}\" y2=\"{0:.1f}\"/>\n",
                   Y(share), kLeft, kLeft + kPlotWidth);
    fmt::format_to(To(out), "<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{:.2f}</text>\n",
                   kLeft - 5, Y(share) + 4, share);
  }
  fmt::format_to(To(out), "<rect class=\"frame\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n",
                 kLeft, kTop, kPlotWidth, kPlotHeight);
  fmt::format_to(To(out),
                 "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">false positive rate</text>\n",
                 kLeft + kPlotWidth / 2, kTop + kPlotHeight + 31);
  const int middle = kTop + kPlotHeight / 2;
  fmt::format_to(To(out),
                 "<text x=\"12\" y=\"{0}\" text-anchor=\"middle\" transform=\"rotate(-90 12 {0})\">"
                 "true positive rate</text>\n",
                 middle);
}

void DrawCurve(std::string& out, const std::vector<RocPoint>& curve, const Stroke& stroke) {
  if (curve.empty()) return;
  std::string points;
  for (const RocPoint& point : curve) {
    fmt::format_to(To(points), "{}{:.1f},{:.1f}", points.empty() ? "" : " ",
                   X(point.false_positive_rate), Y(point.true_positive_rate));
  }
  fmt::format_to(
      To(out), "<polyline class=\"curve\" stroke=\"{}\" stroke-dasharray=\"{}\" points=\"{}\"/>\n",
      stroke.colour, stroke.dashes, points);
}

void DrawPanel(std::string& out, const ConditionResult& result, int x, int y) {
  fmt::format_to(To(out), "<g transform=\"translate({} {})\">\n", x, y);
  fmt::format_to(To(out), "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                 kLeft + kPlotWidth / 2, kTop - 9, EscapedXml(result.condition.name));
  DrawAxes(out);
  for (size_t m = 0; m < result.methods.size(); ++m) {
    DrawCurve(out, result.methods[m].roc, StrokeOf(m));
  }
  out += "</g>\n";
}

void DrawLegend(std::string& out, const std::vector<Method>& methods, int y) {
  for (size_t m = 0; m < methods.size(); ++m) {
    const Stroke stroke = StrokeOf(m);
    const int line = y + static_cast<int>(m) * kLegendLine;
    fmt::format_to(
        To(out),
        "<line class=\"curve\" stroke=\"{}\" stroke-dasharray=\"{}\" x1=\"{}\" x2=\"{}\" "
        "y1=\"{}\" y2=\"{}\"/>\n",
        stroke.colour, stroke.dashes, kMargin, kMargin + 34, line - 4, line - 4);
    fmt::format_to(To(out), "<text x=\"{}\" y=\"{}\">{}: {}</text>\n", kMargin + 42, line,
                   EscapedXml(methods[m].name), EscapedXml(methods[m].what));
  }
}

std::string DrawFigure(const ProtocolReport& report,
                       const std::vector<const ConditionResult*>& panels,
                       const std::string& title) {
  const int count = static_cast<int>(panels.size());
  const int rows = (count + kColumns - 1) / kColumns;
  const int legend = static_cast<int>(report.methods.size()) * kLegendLine;
  const int first_row = kTitleHeight + legend + kMargin;
  const int width = kColumns * kPanelWidth + 2 * kMargin;
  const int height = first_row + rows * kPanelHeight + kMargin;
  std::string out = SvgHead(width, height, kMargin, title);
  DrawLegend(out, report.methods, kTitleHeight + kLegendLine);
  for (int i = 0; i < count; ++i) {
    DrawPanel(out, *panels[static_cast<size_t>(i)], kMargin + i % kColumns * kPanelWidth,
              first_row + i / kColumns * kPanelHeight);
  }
  return out + "</svg>\n";
}

}  // namespace

std::vector<Figure> DrawRocCurves(const ProtocolReport& report) {
  // Results come by duration; groups in the order of their first condition.
  struct Group {
    PacketDelta duration;
    std::string name;
    std::vector<const ConditionResult*> panels;
  };
  std::vector<Group> groups;
  for (const ConditionResult& result : report.results) {
    auto group = groups.begin();
    while (group != groups.end() &&
           (group->duration != result.duration || group->name != result.condition.group)) {
      ++group;
    }
    if (group == groups.end()) {
      group = groups.insert(group, {result.duration, result.condition.group, {}});
    }
    group->panels.push_back(&result);
  }
  std::vector<Figure> figures;
  for (const Group& group : groups) {
    const int64_t seconds = group.duration.ToSeconds();
    figures.push_back({fmt::format("roc-{}-{}s.svg", group.name, seconds),
                       DrawFigure(report, group.panels,
                                  fmt::format("{}, sessions of {} s", group.name, seconds))});
  }
  return figures;
}

}  // namespace cairn::evaluation
