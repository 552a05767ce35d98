// SPDX-License-Identifier: BSD-3-Clause
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "commands/commands.h"
#include "commands/run.h"
#include "commands/run_options.h"
#include "evaluation/site_days.h"

namespace cairn::commands {
namespace {

constexpr const char* kName = "evaluate-calibration";

struct Arguments {
  evaluation::SiteDaysOptions options;
  std::vector<double> rates;
  RunOptions run;  // of these: the configuration file and --set
  std::string format = "table";
};

int EvaluateCalibration(const Arguments& arguments) {
  const absl::StatusOr<config::Settings> settings = LoadSettings(arguments.run);
  if (!settings.ok()) {
    Complain(kName, settings.status());
    return kUsage;
  }
  evaluation::SiteDaysOptions options = arguments.options;
  options.detector = settings->detector;
  if (!arguments.rates.empty()) options.rates = arguments.rates;
  const absl::StatusOr<std::vector<evaluation::AlarmCount>> counts =
      evaluation::CountAlarms(options);
  if (!counts.ok()) {
    Complain(kName, counts.status());
    return kUsage;
  }
  const std::string text = evaluation::FormatAlarms(*counts, arguments.format == "markdown");
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    Complain(kName, absl::UnavailableError("standard output: cannot write the report"));
    return kFailed;
  }
  return kDone;
}

}  // namespace

void AddEvaluateCalibration(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<Arguments>();
  evaluation::SiteDaysOptions& options = arguments->options;
  CLI::App* command = app.add_subcommand(
      kName, "Count the false alarms of simulated site-days against alerts.false_alarms_per_day");
  command->add_option("--days", options.days, "Days of each site [10]")
      ->check(CLI::Range(0.01, 10000.0));
  command->add_option("--sites", options.sites, "Sites, each with people of its own [2]")
      ->check(CLI::Range(uint32_t{1}, uint32_t{1000}));
  command->add_option("--people", options.people, "People at work at any moment [40]")
      ->check(CLI::Range(uint32_t{2}, uint32_t{10000}));
  command->add_option("--hosts", options.hosts, "Hosts of a site [20]")
      ->check(CLI::Range(uint32_t{1}, uint32_t{60000}));
  command
      ->add_option("--rate", arguments->rates,
                   "alerts.false_alarms_per_day (repeatable) [0.1, 1, 10]")
      ->check(CLI::Range(1e-6, 1e6))
      ->allow_extra_args(false);
  command->add_option("--seed", options.seed, "Another seed, other people [1]");
  command->add_option("-c,--config", arguments->run.config, "Configuration file (YAML)")
      ->type_name("FILE");
  command->add_option("-s,--set", arguments->run.set, "Change a setting (repeatable)")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_option("--format", arguments->format, "table or markdown")
      ->check(CLI::IsMember({"table", "markdown"}));
  command->add_option("--threads", options.threads, "Threads; the result is the same")
      ->check(CLI::Range(1, 256));
  command->callback([arguments, &exit_code] { exit_code = EvaluateCalibration(*arguments); });
}

}  // namespace cairn::commands
