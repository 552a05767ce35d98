// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_LAB_LAB_COMMANDS_H_
#define CAIRN_COMMANDS_LAB_LAB_COMMANDS_H_

namespace CLI {  // NOLINT(readability-identifier-naming): the name of the library
class App;
}

// The program cairn-lab: how good the detector is, on captures with known truth and on simulations.
namespace cairn::lab {

// All subcommands of cairn-lab; each of those below adds its own.
// Requires: `exit_code` outlives `app`.
void AddLabCommands(CLI::App& app, int& exit_code);
void AddScore(CLI::App& app, int& exit_code);
void AddProtocol(CLI::App& app, int& exit_code);
void AddCalibration(CLI::App& app, int& exit_code);
void AddRelays(CLI::App& app, int& exit_code);

}  // namespace cairn::lab

#endif  // CAIRN_COMMANDS_LAB_LAB_COMMANDS_H_
