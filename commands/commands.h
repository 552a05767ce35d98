// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_COMMANDS_H_
#define CAIRN_COMMANDS_COMMANDS_H_

#include "commands/program/program.h"

namespace cairn::commands {

// Each adds one subcommand to `app`; when the user chose it, its callback runs it and stores the
// exit code. One file per command: replay.cc, watch.cc, ... Requires: `exit_code` outlives `app`.
void AddReplay(CLI::App& app, int& exit_code);
void AddWatch(CLI::App& app, int& exit_code);
void AddRelays(CLI::App& app, int& exit_code);
void AddSessions(CLI::App& app, int& exit_code);
void AddFilter(CLI::App& app, int& exit_code);
void AddToken(CLI::App& app, int& exit_code);
void AddTraceByHand(CLI::App& app, int& exit_code);
void AddConfig(CLI::App& app, int& exit_code);
void AddPolicy(CLI::App& app, int& exit_code);

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_COMMANDS_H_
