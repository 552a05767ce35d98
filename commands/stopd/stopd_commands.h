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
void AddTokens(CLI::App& app, int& exit_code);         // list, head, verify
void AddConfiguration(CLI::App& app, int& exit_code);  // config
void AddTrace(CLI::App& app, int& exit_code);          // trace
void AddTraceFollow(CLI::App& trace, int& exit_code);  // trace follow
void AddCa(CLI::App& app, int& exit_code);             // ca
void AddTraceList(CLI::App& trace, int& exit_code);    // trace list
void AddTraceShow(CLI::App& trace, int& exit_code);    // trace show

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_STOPD_STOPD_COMMANDS_H_
