// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_RUN_OPTIONS_H_
#define CAIRN_COMMANDS_RUN_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "config/settings.h"
#include "output/sessions/format.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the name of the library
class App;
}

namespace cairn::commands {

// What replay and watch have in common on the command line, as the user wrote it.  Empty: not
// given.
struct RunOptions {
  std::string config;
  std::vector<std::string> protect;
  std::vector<std::string> set;
  std::string alerts;
  std::string relays;    // where host scores go
  std::string sessions;  // where session records go
  std::string sessions_format;
  std::string format;
  std::string summary;
  bool quiet = false;
  bool traceback = false;  // whether hosts are asked upon alerts
};

// The options that say which settings hold: --config, --protect and --set.
// Requires: `options` outlives `app`.
void AddSettingsOptions(CLI::App& app, RunOptions& options);
// These, and those that say where the results go.
// Requires: `options` outlives `app`.
void AddRunOptions(CLI::App& app, RunOptions& options);

// Whether two paths lead to one regular file, or would if it were there.
bool SameFile(const std::string& a, const std::string& b);

// How session records are written.
output::SessionFormat SessionFormatOf(const RunOptions& options);

// InvalidArgument when options contradict each other.
absl::Status CheckRunOptions(const RunOptions& options);

// The configuration file, then --protect (in place of the file's networks), then --set in the given
// order; together they must make sense.
absl::StatusOr<config::Settings> LoadSettings(const RunOptions& options);

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_RUN_OPTIONS_H_
