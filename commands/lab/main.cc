// SPDX-License-Identifier: BSD-3-Clause
#include "commands/lab/lab_commands.h"
#include "commands/program/program.h"

int main(int argc, char** argv) {
  return cairn::commands::RunProgram(
      {.name = "cairn-lab",
       .version = CAIRN_VERSION,
       .description = "Measures cairn's detector on captures with known truth and on simulations.",
       .footer = "\nFirst steps: cairn-lab score FILE.pcap\nManual: man cairn-lab",
       .add_commands = cairn::lab::AddLabCommands},
      argc, argv);
}
