// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_SETTINGS_SETTINGS_OPTIONS_H_
#define CAIRN_COMMANDS_SETTINGS_SETTINGS_OPTIONS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "config/settings.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the name of the library
class App;
}

// Which settings hold: the same for every program that runs the detector.
namespace cairn::commands {

// Read where no other is named; what is in it differs from the defaults.
inline constexpr char kSystemConfig[] = "/etc/cairn/cairn.yaml";

// What says so on the command line, as the user wrote it.  Empty: not given.
struct SettingsOptions {
  std::string config;
  std::vector<std::string> protect;
  std::vector<std::string> set;
  bool no_config = false;  // leave the system's configuration out
};

// --config, --no-config, --protect and --set.
// Requires: `options` outlives `app`.
void AddSettingsOptions(CLI::App& app, SettingsOptions& options);

// The configuration file that the settings come from: --config, or else the system's
// (kSystemConfig, or what $CAIRN_CONFIG names), if it is there; empty: none.
std::string ConfigFileOf(const SettingsOptions& options);

// The configuration file, then --protect (in place of the file's networks), then --set in the given
// order; together they must make sense.  The error says what is wrong, and where.
absl::StatusOr<config::Settings> LoadSettings(const SettingsOptions& options);

// What a user should be told of settings that nobody named: which file they come from.  Empty:
// nothing.
std::string ConfigFileNote(const SettingsOptions& options);

// The same where captures are read from files, by `command` ("cairn replay"): that the capture
// filter does nothing there, if one is set.
std::string FilterNote(std::string_view command, const config::Settings& settings);

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_SETTINGS_SETTINGS_OPTIONS_H_
