// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_PROGRAM_PROGRAM_H_
#define CAIRN_COMMANDS_PROGRAM_PROGRAM_H_

#include <span>

namespace CLI {  // NOLINT(readability-identifier-naming): the name of the library
class App;
}

// What the command lines of all programs have in common.
namespace cairn::commands {

// What the process returns to the shell.
enum ExitCode : int {
  kDone = 0,
  kFailed = 1,  // at run time: unreadable input, disk full, ...
  kUsage = 2,   // wrong usage or configuration
};

// A command that the program had once.
struct MovedCommand {
  const char* name;
  const char* now;  // what to type in its place, with the same options
};

struct Program {
  const char* name;
  const char* version;
  const char* description;
  const char* footer;  // of its help
  // Adds the subcommands.  When the user chose one, its callback runs it and stores the exit code.
  void (*add_commands)(CLI::App& app, int& exit_code);
  std::span<const MovedCommand> moved = {};
};

// The whole program: reads the command line, runs the chosen command and returns what the process
// returns to the shell. No exception leaves it.  Wrong usage is explained on standard error, with
// the nearest known word.
int RunProgram(const Program& program, int argc, const char* const* argv) noexcept;

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_PROGRAM_PROGRAM_H_
