// SPDX-License-Identifier: BSD-3-Clause
#include "commands/command_line.h"

#include "commands/commands.h"
#include "commands/program/program.h"

namespace cairn::commands {
namespace {

// What the laboratory has now.
constexpr MovedCommand kMovedCommands[] = {
    {.name = "evaluate", .now = "cairn-lab score"},
    {.name = "evaluate-calibration", .now = "cairn-lab calibration"},
    {.name = "evaluate-protocol", .now = "cairn-lab protocol"},
    {.name = "evaluate-relays", .now = "cairn-lab relays"},
};

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
}

}  // namespace

int RunCommandLine(int argc, const char* const* argv) noexcept {
  return RunProgram(
      {.name = "cairn",
       .version = CAIRN_VERSION,
       .description = "Finds stepping stones from packet headers on a border link.",
       .footer = "\nFirst steps: cairn replay FILE.pcap --protect 10.0.0.0/8\nManual: man cairn",
       .add_commands = AddAllCommands,
       .moved = kMovedCommands},
      argc, argv);
}

}  // namespace cairn::commands
