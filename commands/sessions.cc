// SPDX-License-Identifier: BSD-3-Clause
// cairn sessions scans|servers|clusters|of: questions to stored session records.
#include "CLI/CLI.hpp"
#include "commands/commands.h"
#include "commands/session_commands.h"

namespace cairn::commands {

void AddSessions(CLI::App& app, int& exit_code) {
  CLI::App* sessions =
      app.add_subcommand("sessions", "Answer questions about stored session records");
  sessions->require_subcommand(1);
  AddSessionScans(*sessions, exit_code);
  AddSessionServers(*sessions, exit_code);
  AddSessionClusters(*sessions, exit_code);
  AddSessionsOf(*sessions, exit_code);
}

}  // namespace cairn::commands
