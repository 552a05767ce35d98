// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_STOPD_STOPD_OPTIONS_H_
#define CAIRN_COMMANDS_STOPD_STOPD_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/wall_clock.h"
#include "traceback/daemon/options.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the name of the library
class App;
}

namespace cairn::commands {

inline constexpr char kStopdConfigFile[] = "/etc/cairn/stopd.yaml";

// What stopd's commands have in common, as the user wrote it.  Empty or unset: not given.
struct StopdOptions {
  std::string config;
  std::vector<std::string> set;
  std::string folder;            // of AddStoreOptions
  std::optional<uint16_t> port;  // of run
};

// The options that say which settings hold: --config and --set.
// Requires: `options` outlives `app`.
void AddStopdOptions(CLI::App& app, StopdOptions& options);
// These and --folder, for commands that look into the store.
// Requires: `options` outlives `app`.
void AddStoreOptions(CLI::App& app, StopdOptions& options);

// The configuration file (kStopdConfigFile if none is named and that one exists), then --set in the
// given order, then the other options.  Together they must not contradict each other.
absl::StatusOr<daemon::Options> LoadStopdOptions(const StopdOptions& options);

// OK if the folder of the store can be looked into; else why not, and what to do.
absl::Status CheckStoreFolder(const std::string& folder);

// Says "stopd COMMAND: MESSAGE" on standard error.
void PrintStopdError(std::string_view command, const absl::Status& status);

// A text on standard output, as an exit code; whether it got there shows when the program flushes.
int PrintText(const std::string& text);

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_STOPD_STOPD_OPTIONS_H_
