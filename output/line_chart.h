// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_LINE_CHART_H_
#define CAIRN_OUTPUT_LINE_CHART_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cairn::output {

struct ChartPoint {
  double x = 0;
  double y = 0;
};

// Points are joined in the given order.  Those with a value that is not finite, or beyond 1e100,
// are left out.
struct ChartSeries {
  std::string name;  // series of one name look the same in every panel and stand in the legend once
  std::vector<ChartPoint> points;
};

// A linear axis.
struct ChartAxis {
  enum class Scale {
    kNumber,
    kUtcTime,  // values are seconds since 1970; ticks are "03:55" or finer or coarser, as needed
  };
  std::string label;  // with the unit
  Scale scale = Scale::kNumber;
  // Where it begins and ends; unset: where the points do.  What lies outside is not drawn.
  std::optional<double> least;
  std::optional<double> most;
  // The text at a tick; unset: as the scale says.
  std::function<std::string(double)> text;
};

// A horizontal line across a panel, as for a threshold.
struct ChartReference {
  std::string name;  // in the legend; empty: not there
  double y = 0;
};

struct ChartPanel {
  std::string title;
  ChartAxis x;
  ChartAxis y;
  std::vector<ChartSeries> series;
  std::optional<ChartReference> reference;  // an axis without ends of its own reaches past it
};

struct Chart {
  std::string title;
  std::vector<ChartPanel> panels;  // row by row
  int columns = 3;                 // of panels, at most
  // Of a panel with its labels, in pixels.  Requires: at least 150 and 120.
  int panel_width = 300;
  int panel_height = 230;
};

// One SVG document: title, legend, panels, in the manner of the other figures; it follows the
// reader's light or dark colour scheme.  Deterministic.  Any text is escaped; text must be UTF-8.
// A series without points has its line in the legend only; one of a single point is a dot; a panel
// without any point has axes from 0 to 1.  Thread-safe.  Linear in the points.
std::string DrawLineChart(const Chart& chart);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_LINE_CHART_H_
