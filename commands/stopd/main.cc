// SPDX-License-Identifier: BSD-3-Clause
#include "commands/program/program.h"
#include "commands/stopd/stopd_commands.h"

int main(int argc, char** argv) {
  return cairn::commands::RunProgram(
      {.name = "stopd",
       .version = CAIRN_VERSION,
       .description = "Remembers who owns a connection of this host when another host asks, and "
                      "answers with a token.",
       .footer = "\nManual: man stopd",
       .add_commands = cairn::commands::AddStopdCommands},
      argc, argv);
}
