// SPDX-License-Identifier: BSD-3-Clause
// cairn config check|show|default: what a configuration says, and what is wrong with it.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "capture/filter.h"
#include "commands/commands.h"
#include "commands/run.h"
#include "commands/run_options.h"
#include "config/settings.h"

namespace cairn::commands {
namespace {

// A text on standard output; whether it got there shows when the program flushes.
int Print(const std::string& text) {
  return std::fputs(text.c_str(), stdout) < 0 ? static_cast<int>(kFailed) : static_cast<int>(kDone);
}

absl::Status CheckFile(const std::string& file, std::string& warnings) {
  const absl::StatusOr<config::Settings> settings = config::LoadFile(file, warnings);
  if (!settings.ok()) return settings.status();
  absl::Status filter = capture::CheckFilter(settings->capture.filter);
  if (filter.ok()) return filter;
  return absl::InvalidArgumentError(
      fmt::format("{}: capture.filter: {}", file, std::string(filter.message())));
}

// Each problem stands on its own line as FILE:LINE:COLUMN: ..., which editors can jump to.
int CheckFiles(std::vector<std::string> files) {
  if (files.empty()) {
    const std::string file = ConfigFileOf({});
    if (file.empty()) {
      return Print(fmt::format("there is no {}: the defaults are used\n", kSystemConfig));
    }
    files.push_back(file);
  }
  int exit_code = kDone;
  std::string sound;
  for (const std::string& file : files) {
    std::string warnings;
    const absl::Status status = CheckFile(file, warnings);
    if (status.ok()) {
      if (!warnings.empty()) fmt::print(stderr, "{}\n", warnings);
      sound += fmt::format("{}: no fault found\n", file);
      continue;
    }
    fmt::print(stderr, "{}\n", std::string(status.message()));
    exit_code = kUsage;
  }
  return Print(sound) == kDone ? exit_code : static_cast<int>(kFailed);
}

int ShowSettings(const RunOptions& options) {
  const absl::StatusOr<config::Settings> settings = LoadSettings(options);
  if (settings.ok()) {
    TellConfigFile("config show", options);
    return Print(config::Show(*settings));
  }
  PrintError("config show", settings.status());
  return kUsage;
}

void AddCheck(CLI::App& config, int& exit_code) {
  CLI::App* check = config.add_subcommand("check", "Say what is wrong with configuration files");
  const auto files = std::make_shared<std::vector<std::string>>();
  check
      ->add_option("FILE", *files,
                   fmt::format("Configuration files (YAML); default: {}", kSystemConfig))
      ->type_name("");
  check->footer(
      "\nFormer names of keys are accepted, with a warning.\n"
      "Exit status: 0 no fault, 2 otherwise.");
  check->callback([files, &exit_code] { exit_code = CheckFiles(*files); });
}

void AddShow(CLI::App& config, int& exit_code) {
  CLI::App* show = config.add_subcommand("show", "Print the settings that a run would use");
  const auto options = std::make_shared<RunOptions>();
  AddSettingsOptions(*show, *options);
  show->callback([options, &exit_code] { exit_code = ShowSettings(*options); });
}

}  // namespace

void AddConfig(CLI::App& app, int& exit_code) {
  CLI::App* config = app.add_subcommand("config", "Check, show or print configuration");
  config->require_subcommand(1);
  AddCheck(*config, exit_code);
  AddShow(*config, exit_code);
  config->add_subcommand("default", "Print every key with its default and its meaning")
      ->callback([&exit_code] { exit_code = Print(config::DefaultYaml()); });
  // For maintainers: docs/configuration.md.  CLI11 leaves a group without a name out of the help.
  config->add_subcommand("reference", "Print the reference of all keys as Markdown")
      ->group("")
      ->callback([&exit_code] { exit_code = Print(config::ReferenceMarkdown()); });
  // Likewise: docs/cairn.yaml.5.
  config->add_subcommand("manual", "Print the reference of all keys as a manual page")
      ->group("")
      ->callback([&exit_code] { exit_code = Print(config::ManualPage()); });
}

}  // namespace cairn::commands
