// SPDX-License-Identifier: BSD-3-Clause
// stopd ca: the certificate authority of the tracing agents.
#include "CLI/CLI.hpp"
#include "commands/stopd/ca_common.h"
#include "commands/stopd/stopd_commands.h"

namespace cairn::commands {

void AddCa(CLI::App& app, int& exit_code) {
  CLI::App* ca =
      app.add_subcommand("ca", "Certificates for tracing agents: an authority, and its hosts");
  ca->require_subcommand(1);
  ca->footer(
      "\nOn the machine of the authority: init, invite, issue, renew, revoke, crl, list, rotate,\n"
      "intermediate, serve.  On a host: request, install, check.\n"
      "From nothing to enrolled hosts: docs/tracing-certificates.md");
  AddCaAuthority(*ca, exit_code);
  AddCaIssue(*ca, exit_code);
  AddCaServe(*ca, exit_code);
  AddCaHost(*ca, exit_code);
}

}  // namespace cairn::commands
