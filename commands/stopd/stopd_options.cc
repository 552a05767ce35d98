// SPDX-License-Identifier: BSD-3-Clause
#include "commands/stopd/stopd_options.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <system_error>
#include <utility>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/program/program.h"
#include "commands/stopd/stopd_commands.h"
#include "config/stopd/stopd_settings.h"

namespace cairn::commands {

void AddStopdCommands(CLI::App& app, int& exit_code) {
  AddServe(app, exit_code);
  AddRedeem(app, exit_code);
  AddTokens(app, exit_code);
  AddTrace(app, exit_code);
  AddConfiguration(app, exit_code);
  AddCa(app, exit_code);
}

void AddStopdOptions(CLI::App& app, StopdOptions& options) {
  app.add_option("-c,--config", options.config,
                 fmt::format("Configuration file (YAML); default: {}", kStopdConfigFile))
      ->type_name("FILE");
  app.add_option("-s,--set", options.set,
                 "Change a setting (repeatable), as in store.folder=/srv/stopd")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

void AddStoreOptions(CLI::App& app, StopdOptions& options) {
  app.add_option("--folder", options.folder,
                 "Where records and tokens are kept, instead of store.folder")
      ->type_name("DIR");
  AddStopdOptions(app, options);
}

absl::StatusOr<daemon::Options> LoadStopdOptions(const StopdOptions& options) {
  daemon::Options loaded;
  const bool has_default = access(kStopdConfigFile, F_OK) == 0;
  if (!options.config.empty() || has_default) {
    absl::StatusOr<daemon::Options> file =
        config::LoadStopdFile(options.config.empty() ? kStopdConfigFile : options.config);
    if (!file.ok()) return file.status();
    loaded = *std::move(file);
  }
  for (const std::string& assignment : options.set) {
    const absl::Status applied = config::ApplyStopd(loaded, assignment);
    if (!applied.ok()) {
      return absl::InvalidArgumentError(fmt::format("--set: {}", std::string(applied.message())));
    }
  }
  if (!options.folder.empty()) loaded.tokens.folder = options.folder;
  if (options.port.has_value()) loaded.port = *options.port;
  if (absl::Status sound = config::CheckStopd(loaded); !sound.ok()) return sound;
  return loaded;
}

absl::Status CheckStoreFolder(const std::string& folder) {
  if (access(folder.c_str(), R_OK | X_OK) == 0) return absl::OkStatus();
  const int error = errno;
  if (error == EACCES || error == EPERM) {
    return absl::PermissionDeniedError(fmt::format(
        "{}: only the administrator may see what tokens stand for; run it as root", folder));
  }
  const std::string reason = std::generic_category().message(error);
  return absl::NotFoundError(fmt::format(
      "{}: no tokens are kept there: {}; name the folder with --folder, or store.folder "
      "in the configuration",
      folder, reason));
}

void PrintStopdError(std::string_view command, const absl::Status& status) {
  fmt::print(stderr, "stopd {}: {}\n", command, std::string(status.message()));
}

int PrintText(const std::string& text) {
  return std::fputs(text.c_str(), stdout) < 0 ? static_cast<int>(kFailed) : static_cast<int>(kDone);
}

}  // namespace cairn::commands
