// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_TERMINAL_H_
#define CAIRN_OUTPUT_TERMINAL_H_

namespace cairn::output {

// How text may look where it is written.
struct TerminalStyle {
  int columns = 80;
  bool colour = false;
};

bool IsTerminal(int descriptor);
// Columns as the terminal (or $COLUMNS) says, 100 where neither does, held within 80 to 160. Colour
// on a terminal that has it, unless NO_COLOR is set (no-color.org).
TerminalStyle StyleOf(int descriptor);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_TERMINAL_H_
