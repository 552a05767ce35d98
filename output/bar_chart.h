// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_BAR_CHART_H_
#define CAIRN_OUTPUT_BAR_CHART_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cairn::output {

struct Bar {
  std::string name;
  uint64_t height = 0;
};

// A column for each bar, in the given order: the X axis has no scale.
struct BarPanel {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<Bar> bars;
  // The names of so many bars, the highest (of equals the first), stand above them where there is
  // room.
  size_t named = 5;
  // Instead, every name stands below its bar, aslant.  For few bars.
  bool name_all_below = false;
};

struct BarChart {
  std::string title;
  std::vector<BarPanel> panels;  // row by row
  int columns = 2;               // of panels, at most
  // Of a panel with its labels, in pixels.  Requires: at least 200 and 160.
  int panel_width = 440;
  int panel_height = 260;
};

// One SVG document, in the manner of the other figures.  Of more than 1,000 bars the highest are
// drawn, in their order, and the panel says so.  Deterministic.  Any text is escaped; text must be
// UTF-8.  A panel without bars has an empty frame.  Thread-safe.  Linear in the bars, but for their
// names.
std::string DrawBarChart(const BarChart& chart);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_BAR_CHART_H_
