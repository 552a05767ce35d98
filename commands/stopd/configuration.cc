// SPDX-License-Identifier: BSD-3-Clause
// stopd check-config and stopd config: what a configuration says, and what is wrong with it.
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/program/program.h"
#include "commands/stopd/stopd_commands.h"
#include "commands/stopd/stopd_options.h"
#include "config/stopd/stopd_settings.h"

namespace cairn::commands {
namespace {

// Each problem stands on its own line as FILE:LINE:COLUMN: ..., which editors can jump to.
int CheckFile(const std::string& named) {
  if (named.empty() && access(kStopdConfigFile, F_OK) != 0) {
    return PrintText(fmt::format("there is no {}: the defaults are used\n", kStopdConfigFile));
  }
  const std::string file = named.empty() ? kStopdConfigFile : named;
  const absl::StatusOr<daemon::Options> options = config::LoadStopdFile(file);
  if (options.ok()) return PrintText(fmt::format("{}: no fault found\n", file));
  fmt::print(stderr, "{}\n", std::string(options.status().message()));
  return kUsage;
}

int Show(const StopdOptions& given) {
  const absl::StatusOr<daemon::Options> options = LoadStopdOptions(given);
  if (options.ok()) return PrintText(config::ShowStopd(*options));
  ComplainOfStopd("config show", options.status());
  return kUsage;
}

}  // namespace

void AddConfiguration(CLI::App& app, int& exit_code) {
  CLI::App* check = app.add_subcommand("check-config", "Say what is wrong with a configuration");
  const auto file = std::make_shared<std::string>();
  check
      ->add_option("FILE", *file,
                   fmt::format("Configuration file (YAML); default: {}", kStopdConfigFile))
      ->type_name("");
  check->footer("\nExit status: 0 no fault, 2 otherwise.");
  check->callback([file, &exit_code] { exit_code = CheckFile(*file); });

  CLI::App* config = app.add_subcommand("config", "Show or print configuration");
  config->require_subcommand(1);
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
}

}  // namespace cairn::commands
