// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_SESSION_COMMANDS_H_
#define CAIRN_COMMANDS_SESSION_COMMANDS_H_

namespace CLI {  // NOLINT(readability-identifier-naming): the name of the library
class App;
}

namespace cairn::commands {

// Each adds one subcommand of `cairn sessions`, as those of commands.h do.
void AddSessionScans(CLI::App& sessions, int& exit_code);
void AddSessionServers(CLI::App& sessions, int& exit_code);
void AddSessionClusters(CLI::App& sessions, int& exit_code);
void AddSessionsOf(CLI::App& sessions, int& exit_code);

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_SESSION_COMMANDS_H_
