// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_BASE_SVG_PARTS_H_
#define CAIRN_BASE_SVG_PARTS_H_

#include <cstddef>
#include <string>
#include <string_view>

// What all drawn curves have in common: colours, letters, the frame of a document.  Thread-safe.
namespace cairn {

// How a curve is drawn: values of the SVG attributes stroke and stroke-dasharray.
struct Stroke {
  std::string_view colour;
  std::string_view dashes;
};

// Seven strokes that differ in colour or dashes; the eighth curve begins again.
inline constexpr size_t kStrokeCount = 7;
Stroke StrokeOf(size_t curve);

// The text as it may stand in an element: markup is spelled out, control characters become '?'.
std::string EscapedXml(std::string_view text);

// The beginning of a document of so many pixels: style sheet, paper and title (24 pixels high, at
// `margin` from the left).  It follows the reader's light or dark colour scheme.  Classes: "grid",
// "frame" and "curve" for lines.  The document ends with "</svg>\n".
std::string SvgHead(int width, int height, int margin, std::string_view title);

}  // namespace cairn

#endif  // CAIRN_BASE_SVG_PARTS_H_
