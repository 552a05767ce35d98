// SPDX-License-Identifier: BSD-3-Clause
#include "base/svg_parts.h"

#include <array>

#include "fmt/format.h"

namespace cairn {
namespace {

// Okabe and Ito's colours, which colour-blind readers tell apart; those chosen show on white and on
// near black.  Dashes tell them apart in print.
constexpr std::array<Stroke, kStrokeCount> kStrokes = {{{"#d55e00", "none"},
                                                        {"#0072b2", "none"},
                                                        {"#56b4e9", "6 3"},
                                                        {"#009e73", "2 2"},
                                                        {"#cc79a7", "8 2 2 2"},
                                                        {"#e69f00", "none"},
                                                        {"#808080", "4 4"}}};

constexpr std::string_view kStyle =
    "text{font:12px sans-serif;fill:#1f2328}.title{font-size:15px;font-weight:bold}"
    ".paper{fill:#ffffff}.grid{stroke:#d0d7de;stroke-width:1}.frame{stroke:#57606a;fill:none}"
    ".curve{fill:none;stroke-width:2;stroke-linejoin:round}"
    "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.paper{fill:#0d1117}"
    ".grid{stroke:#30363d}.frame{stroke:#8b949e}}";

}  // namespace

Stroke StrokeOf(size_t curve) { return kStrokes[curve % kStrokeCount]; }

std::string EscapedXml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') {
      out += '?';
    } else {
      out += c;
    }
  }
  return out;
}

std::string SvgHead(int width, int height, int margin, std::string_view title) {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\" role=\"img\">\n<title>{2}</title>\n<style>{3}</style>\n"
      "<rect class=\"paper\" width=\"{0}\" height=\"{1}\"/>\n"
      "<text class=\"title\" x=\"{4}\" y=\"24\">{2}</text>\n",
      width, height, EscapedXml(title), kStyle, margin);
}

}  // namespace cairn
