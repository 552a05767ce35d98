// SPDX-License-Identifier: BSD-3-Clause
// stopd run: the daemon.
#include <cstdint>
#include <memory>

#include "CLI/CLI.hpp"
#include "commands/program/program.h"
#include "commands/stopd/stopd_commands.h"
#include "commands/stopd/stopd_options.h"
#include "traceback/daemon/daemon.h"

namespace cairn::commands {
namespace {

constexpr char kServeCommand[] = "run";

int Serve(const StopdOptions& given) {
  const absl::StatusOr<daemon::Options> options = LoadStopdOptions(given);
  if (!options.ok()) {
    PrintStopdError(kServeCommand, options.status());
    return kUsage;
  }
  const absl::Status end = daemon::Run(*options);
  if (!end.ok()) PrintStopdError(kServeCommand, end);
  return end.ok() ? kDone : kFailed;
}

}  // namespace

void AddServe(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand(kServeCommand, "Answer requests until SIGTERM; the log is standard error");
  const auto options = std::make_shared<StopdOptions>();
  AddStopdOptions(*command, *options);
  command->add_option("--port", options->port, "Listen on this port instead of listen.port")
      ->type_name("N")
      ->check(CLI::Range(1, 65535).description(""));
  command->footer(
      "\nExit status: 0 ended by SIGTERM or SIGINT, 1 failed, 2 wrong usage or configuration.\n"
      "SIGUSR1 logs all counters.");
  command->callback([options, &exit_code] { exit_code = Serve(*options); });
}

}  // namespace cairn::commands
