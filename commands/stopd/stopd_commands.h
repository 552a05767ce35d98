// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_STOPD_STOPD_COMMANDS_H_
#define CAIRN_COMMANDS_STOPD_STOPD_COMMANDS_H_

namespace CLI {  // NOLINT(readability-identifier-naming): the name of the library
class App;
}

namespace cairn::commands {

// All subcommands of stopd; each of those below adds its own.
// Requires: `exit_code` outlives `app`.
void AddStopdCommands(CLI::App& app, int& exit_code);
void AddServe(CLI::App& app, int& exit_code);          // run
void AddRedeem(CLI::App& app, int& exit_code);         // redeem
void AddTokens(CLI::App& app, int& exit_code);         // list, verify
void AddConfiguration(CLI::App& app, int& exit_code);  // config

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_STOPD_STOPD_COMMANDS_H_
