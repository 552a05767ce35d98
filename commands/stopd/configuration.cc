// SPDX-License-Identifier: BSD-3-Clause
// stopd config check|show|default: what a configuration says, and what is wrong with it.
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/program/program.h"
#include "commands/stopd/stopd_commands.h"
#include "commands/stopd/stopd_options.h"
#include "config/stopd/stopd_settings.h"

namespace cairn::commands {
namespace {

// Each problem stands on its own line as FILE:LINE:COLUMN: ..., which editors can jump to.
int CheckFiles(std::vector<std::string> files) {
  if (files.empty()) {
    if (access(kStopdConfigFile, F_OK) != 0) {
      return PrintText(fmt::format("there is no {}: the defaults are used\n", kStopdConfigFile));
    }
    files.emplace_back(kStopdConfigFile);
  }
  int exit_code = kDone;
  std::string sound;
  for (const std::string& file : files) {
    const absl::StatusOr<daemon::Options> options = config::LoadStopdFile(file);
    if (options.ok()) {
      sound += fmt::format("{}: no fault found\n", file);
      continue;
    }
    fmt::print(stderr, "{}\n", std::string(options.status().message()));
    exit_code = kUsage;
  }
  return PrintText(sound) == kDone ? exit_code : static_cast<int>(kFailed);
}

int Show(const StopdOptions& given) {
  const absl::StatusOr<daemon::Options> options = LoadStopdOptions(given);
  if (options.ok()) return PrintText(config::ShowStopd(*options));
  PrintStopdError("config show", options.status());
  return kUsage;
}

CLI::App* AddCheck(CLI::App& parent, const char* name, int& exit_code) {
  CLI::App* check = parent.add_subcommand(name, "Say what is wrong with configuration files");
  const auto files = std::make_shared<std::vector<std::string>>();
  check
      ->add_option("FILE", *files,
                   fmt::format("Configuration files (YAML); default: {}", kStopdConfigFile))
      ->type_name("");
  check->footer("\nExit status: 0 no fault, 2 otherwise.");
  check->callback([files, &exit_code] { exit_code = CheckFiles(*files); });
  return check;
}

}  // namespace

void AddConfiguration(CLI::App& app, int& exit_code) {
  CLI::App* config = app.add_subcommand("config", "Check, show or print configuration");
  config->require_subcommand(1);
  AddCheck(*config, "check", exit_code);
  // The name of earlier versions.  CLI11 leaves a group without a name out of the help.
  AddCheck(app, "check-config", exit_code)->group("");
  CLI::App* show = config->add_subcommand("show", "Print the settings that a run would use");
  const auto options = std::make_shared<StopdOptions>();
  AddStopdOptions(*show, *options);
  show->callback([options, &exit_code] { exit_code = Show(*options); });
  config->add_subcommand("default", "Print every key with its default and its meaning")
      ->callback([&exit_code] { exit_code = PrintText(config::StopdDefaultYaml()); });
  // For maintainers: docs/stopd-configuration.md.
  config->add_subcommand("reference", "Print the reference of all keys as Markdown")
      ->group("")
      ->callback([&exit_code] { exit_code = PrintText(config::StopdReferenceMarkdown()); });
  // Likewise: docs/stopd.yaml.5.
  config->add_subcommand("manual", "Print the reference of all keys as a manual page")
      ->group("")
      ->callback([&exit_code] { exit_code = PrintText(config::StopdManualPage()); });
}

}  // namespace cairn::commands
