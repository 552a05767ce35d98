// SPDX-License-Identifier: BSD-3-Clause
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "commands/lab/lab_commands.h"
#include "commands/lab/lab_options.h"
#include "commands/program/program.h"
#include "commands/settings/settings_options.h"
#include "evaluation/site_days.h"

namespace cairn::lab {
namespace {

constexpr const char* kCalibrationCommand = "calibration";

struct CalibrationArguments {
  evaluation::SiteDaysOptions options;
  std::vector<double> rates;
  commands::SettingsOptions settings;
  ReportOptions report;
};

int Calibrate(const CalibrationArguments& arguments) {
  const absl::StatusOr<config::Settings> settings = LoadSettings(arguments.settings);
  if (!settings.ok()) return Fail(kCalibrationCommand, commands::kUsage, settings.status());
  if (!arguments.report.quiet) Tell(kCalibrationCommand, ConfigFileNote(arguments.settings));
  evaluation::SiteDaysOptions options = arguments.options;
  options.detector = settings->detector;
  options.threads = arguments.report.threads;
  if (!arguments.rates.empty()) options.rates = arguments.rates;
  const absl::StatusOr<std::vector<evaluation::AlarmCount>> counts =
      evaluation::CountAlarms(options);
  if (!counts.ok()) return Fail(kCalibrationCommand, commands::kUsage, counts.status());
  const std::string text = evaluation::FormatAlarms(*counts, arguments.report.format == "markdown");
  return PrintReport(kCalibrationCommand, arguments.report, text);
}

}  // namespace

void AddCalibration(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<CalibrationArguments>();
  evaluation::SiteDaysOptions& options = arguments->options;
  CLI::App* command =
      app.add_subcommand(kCalibrationCommand,
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
  AddSettingsOptions(*command, arguments->settings);
  AddReportOptions(*command, arguments->report, {"table", "markdown"});
  command->callback([arguments, &exit_code] { exit_code = Calibrate(*arguments); });
}

}  // namespace cairn::lab
