// SPDX-License-Identifier: BSD-3-Clause
#include "commands/settings/settings_options.h"

#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "capture/filter.h"

namespace cairn::commands {

void AddSettingsOptions(CLI::App& app, SettingsOptions& options) {
  CLI::Option* config =
      app.add_option(
             "-c,--config", options.config,
             fmt::format("Configuration file (YAML); default: {}, if it exists", kSystemConfig))
          ->type_name("FILE");
  app.add_flag("--no-config", options.no_config, "Read no configuration file")->excludes(config);
  app.add_option("-p,--protect", options.protect,
                 "Networks of the site (repeatable, or a,b), in place of the configured ones")
      ->type_name("CIDR")
      ->allow_extra_args(false);
  app.add_option("-s,--set", options.set,
                 "Change a setting (repeatable), as in timing.direct.min_ratio=0.4")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

std::string ConfigFileOf(const SettingsOptions& options) {
  if (!options.config.empty() || options.no_config) return options.config;
  const char* named = std::getenv("CAIRN_CONFIG");  // NOLINT(concurrency-mt-unsafe): one thread
  if (named != nullptr) return named;
  return access(kSystemConfig, F_OK) == 0 ? kSystemConfig : "";
}

absl::StatusOr<config::Settings> LoadSettings(const SettingsOptions& options) {
  config::Settings settings;
  if (const std::string file = ConfigFileOf(options); !file.empty()) {
    absl::StatusOr<config::Settings> loaded = config::LoadFile(file);
    if (!loaded.ok()) return loaded.status();
    settings = *std::move(loaded);
  }
  if (!options.protect.empty()) {
    const absl::Status set = config::SetProtectedNetworks(settings, options.protect);
    if (!set.ok()) {
      return absl::InvalidArgumentError(fmt::format("--protect {}", std::string(set.message())));
    }
  }
  for (const std::string& assignment : options.set) {
    const absl::Status applied = config::Apply(settings, assignment);
    if (!applied.ok()) {
      return absl::InvalidArgumentError(fmt::format("--set: {}", std::string(applied.message())));
    }
  }
  if (absl::Status sound = config::Check(settings); !sound.ok()) return sound;
  if (absl::Status filter = capture::CheckFilter(settings.capture.filter); !filter.ok()) {
    return absl::InvalidArgumentError(
        fmt::format("capture.filter: {}", std::string(filter.message())));
  }
  return settings;
}

std::string ConfigFileNote(const SettingsOptions& options) {
  const std::string file = ConfigFileOf(options);
  if (file.empty() || !options.config.empty()) return {};
  return fmt::format("the configuration is {} (--no-config: none)", file);
}

std::string FilterNote(std::string_view command, const config::Settings& settings) {
  if (settings.capture.filter.empty()) return {};
  return fmt::format(
      "capture.filter is for live capture and does nothing here; filter a file first: tcpdump -r "
      "FILE -w - 'FILTER' | {} -",
      command);
}

}  // namespace cairn::commands
