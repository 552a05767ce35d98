// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_RUN_OPTIONS_H_
#define CAIRN_COMMANDS_RUN_OPTIONS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "commands/settings/settings_options.h"
#include "config/settings.h"
#include "files/output_guard.h"
#include "output/sessions/format.h"

namespace cairn::commands {

// What replay and watch have in common on the command line, as the user wrote it.  Empty: not
// given.
struct RunOptions : SettingsOptions {
  std::string alerts;
  std::string relays;    // where host scores go
  std::string sessions;  // where session records go
  std::string sessions_format;
  std::string write_stream;  // where the sensor's stream goes; of replay only
  std::string format;
  std::string summary;
  bool quiet = false;
  bool traceback = false;  // whether hosts are asked upon alerts
  bool no_traceback = false;
  bool trace = false;  // whether chains are traced; no option says so, but the configuration
  bool force = false;  // replace files of something else
};

// The options that say which settings hold, and those that say where the results go.
// Requires: `options` outlives `app`.
void AddRunOptions(CLI::App& app, RunOptions& options);

// How session records are written.
output::SessionFormat SessionFormatOf(const RunOptions& options);

// InvalidArgument when options contradict each other.
absl::Status CheckRunOptions(const RunOptions& options);

// The settings that hold for a run with these options.
absl::StatusOr<config::Settings> LoadRunSettings(const RunOptions& options);

// Where settings come from that nobody named: says so on standard error, as from `command`.
void TellConfigFile(std::string_view command, const RunOptions& options);

// What must not be written to, and whether --force lets replace other files: the configuration,
// and `captures` ("-": standard input).
files::OutputGuard GuardOf(const RunOptions& options, const std::vector<std::string>& captures);

// Where captures are read from files: says that the capture filter does nothing there, if one is
// set.
void WarnOfFilter(std::string_view command, const RunOptions& options,
                  const config::Settings& settings);

// Of what Outputs::Check or Open say: wrong usage, or a fault at run time.
int ExitCodeOfOutputs(const absl::Status& status);

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_RUN_OPTIONS_H_
