// SPDX-License-Identifier: BSD-3-Clause
#include "commands/command_line.h"

#include "commands/commands.h"
#include "commands/program/program.h"

namespace cairn::commands {
namespace {

void AddAllCommands(CLI::App& app, int& exit_code) {
  AddReplay(app, exit_code);
  AddWatch(app, exit_code);
  AddRelays(app, exit_code);
  AddSessions(app, exit_code);
  AddFilter(app, exit_code);
  AddToken(app, exit_code);
  AddTraceByHand(app, exit_code);
  AddConfig(app, exit_code);
  AddPolicy(app, exit_code);
  AddEvaluate(app, exit_code);
  AddEvaluateCalibration(app, exit_code);
  AddEvaluateProtocol(app, exit_code);
  AddEvaluateRelays(app, exit_code);
}

}  // namespace

int RunCommandLine(int argc, const char* const* argv) noexcept {
  return RunProgram(
      {.name = "cairn",
       .version = CAIRN_VERSION,
       .description = "Finds stepping stones from packet headers on a border link.",
       .footer = "\nFirst steps: cairn replay FILE.pcap --protect 10.0.0.0/8\nManual: man cairn",
       .add_commands = AddAllCommands},
      argc, argv);
}

}  // namespace cairn::commands
