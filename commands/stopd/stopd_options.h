// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_STOPD_STOPD_OPTIONS_H_
#define CAIRN_COMMANDS_STOPD_STOPD_OPTIONS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "capture/time.h"
#include "traceback/daemon/options.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the name of the library
class App;
}

namespace cairn::commands {

inline constexpr char kStopdConfigFile[] = "/etc/cairn/stopd.yaml";

// What all of stopd's commands have in common, as the user wrote it.  Empty: not given.
struct StopdOptions {
  std::string config;
  std::vector<std::string> set;
};

// Requires: `options` outlives `app`.
void AddStopdOptions(CLI::App& app, StopdOptions& options);

// The configuration file (kStopdConfigFile where none is named and that one is there), then --set.
absl::StatusOr<daemon::Options> LoadStopdOptions(const StopdOptions& options);

// Says "stopd COMMAND: MESSAGE" on standard error.
void ComplainOfStopd(std::string_view command, const absl::Status& status);

// The time of day.
PacketTime WallTime();

// A text on standard output, as an exit code; whether it got there shows when the program flushes.
int PrintText(const std::string& text);

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_STOPD_STOPD_OPTIONS_H_
