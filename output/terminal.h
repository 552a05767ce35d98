// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_TERMINAL_H_
#define CAIRN_OUTPUT_TERMINAL_H_

#include <string>
#include <string_view>

namespace cairn::output {

// How text may look where it is written.
struct TerminalStyle {
  int columns = 80;
  bool colour = false;
};

// What stands out more, and less.
inline constexpr std::string_view kBold = "\x1b[1m";
inline constexpr std::string_view kDim = "\x1b[2m";
inline constexpr std::string_view kRed = "\x1b[1;31m";
inline constexpr std::string_view kCyan = "\x1b[36m";
// The text in one of these, where the terminal has colours; in none if `colour` is empty.
std::string Coloured(TerminalStyle style, std::string_view colour, std::string_view text);

bool IsTerminal(int descriptor);
// Columns as the terminal (or $COLUMNS) says, 100 where neither does, held within 80 to 200. Colour
// on a terminal that has it, unless NO_COLOR is set (no-color.org).
TerminalStyle StyleOf(int descriptor);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_TERMINAL_H_
