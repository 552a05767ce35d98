// SPDX-License-Identifier: BSD-3-Clause
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "commands/commands.h"
#include "commands/evaluate_options.h"
#include "commands/run.h"
#include "commands/run_options.h"
#include "evaluation/site_days.h"

namespace cairn::commands {
namespace {

constexpr const char* kEvaluateCalibrationCommand = "evaluate-calibration";

struct EvaluateCalibrationArguments {
  evaluation::SiteDaysOptions options;
  std::vector<double> rates;
  RunOptions run;  // of these: the configuration file, --set and --protect
  ReportOptions report;
};

int EvaluateCalibration(const EvaluateCalibrationArguments& arguments) {
  const absl::StatusOr<config::Settings> settings = LoadSettings(arguments.run);
  if (!settings.ok()) {
    PrintError(kEvaluateCalibrationCommand, settings.status());
    return kUsage;
  }
  if (!arguments.report.quiet) TellConfigFile(kEvaluateCalibrationCommand, arguments.run);
  evaluation::SiteDaysOptions options = arguments.options;
  options.detector = settings->detector;
  options.threads = arguments.report.threads;
  if (!arguments.rates.empty()) options.rates = arguments.rates;
  const absl::StatusOr<std::vector<evaluation::AlarmCount>> counts =
      evaluation::CountAlarms(options);
  if (!counts.ok()) {
    PrintError(kEvaluateCalibrationCommand, counts.status());
    return kUsage;
  }
  const std::string text = evaluation::FormatAlarms(*counts, arguments.report.format == "markdown");
  return PrintReport(kEvaluateCalibrationCommand, arguments.report, text);
}

}  // namespace

void AddEvaluateCalibration(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<EvaluateCalibrationArguments>();
  evaluation::SiteDaysOptions& options = arguments->options;
  CLI::App* command =
      app.add_subcommand(kEvaluateCalibrationCommand,
                         "Compare false alarms on simulated days with alerts.false_alarms_per_day");
  command->add_option("--days", options.days, "Days of each site; default: 10")
      ->type_name("N")
      ->check(CLI::Range(0.01, 10000.0).description(""));
  command->add_option("--sites", options.sites, "Sites, each with its own people; default: 2")
      ->type_name("N")
      ->check(CLI::Range(uint32_t{1}, uint32_t{1000}).description(""));
  command->add_option("--people", options.people, "People at work at any moment; default: 40")
      ->type_name("N")
      ->check(CLI::Range(uint32_t{2}, uint32_t{10000}).description(""));
  command->add_option("--hosts", options.hosts, "Hosts of a site; default: 20")
      ->type_name("N")
      ->check(CLI::Range(uint32_t{1}, uint32_t{60000}).description(""));
  command
      ->add_option("--rate", arguments->rates,
                   "alerts.false_alarms_per_day (repeatable); default: 0.1, 1 and 10")
      ->type_name("N")
      ->check(CLI::Range(1e-6, 1e6).description(""))
      ->allow_extra_args(false);
  command->add_option("--seed", options.seed, "A different seed gives different people; default: 1")
      ->type_name("N");
  AddSettingsOptions(*command, arguments->run);
  AddReportOptions(*command, arguments->report, {"table", "markdown"});
  command->callback([arguments, &exit_code] { exit_code = EvaluateCalibration(*arguments); });
}

}  // namespace cairn::commands
