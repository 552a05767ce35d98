// SPDX-License-Identifier: BSD-3-Clause
#include "commands/command_line.h"

int main(int argc, char** argv) { return cairn::commands::RunCommandLine(argc, argv); }
