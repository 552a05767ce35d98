// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_COMMAND_LINE_H_
#define CAIRN_COMMANDS_COMMAND_LINE_H_

namespace cairn::commands {

// The whole program: reads the command line, runs the chosen command and returns what the process
// returns to the shell. No exception leaves it.  Wrong usage is explained on standard error, with
// the nearest known word.
int RunCommandLine(int argc, const char* const* argv) noexcept;

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_COMMAND_LINE_H_
