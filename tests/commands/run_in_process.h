// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_COMMANDS_RUN_IN_PROCESS_H_
#define CAIRN_TESTS_COMMANDS_RUN_IN_PROCESS_H_

#include <string>
#include <vector>

#include "commands/program/program.h"

namespace cairn::commands {

struct Outcome {
  int exit_code = -1;
  std::string output;
};

// Runs one subcommand in this process with its standard output caught.  Words that it does not take
// end with kUsage.
Outcome RunInProcess(void (*add)(CLI::App&, int&), const std::string& name,
                     const std::vector<std::string>& arguments);

}  // namespace cairn::commands

#endif  // CAIRN_TESTS_COMMANDS_RUN_IN_PROCESS_H_
