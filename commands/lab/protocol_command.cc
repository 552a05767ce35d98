// SPDX-License-Identifier: BSD-3-Clause
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/lab/lab_commands.h"
#include "commands/lab/lab_options.h"
#include "commands/lab/result_files.h"
#include "commands/program/duration_option.h"
#include "commands/program/program.h"
#include "evaluation/condition.h"
#include "evaluation/protocol.h"
#include "evaluation/report.h"
#include "evaluation/roc_svg.h"

namespace cairn::lab {
namespace {

constexpr const char* kProtocolCommand = "protocol";

struct ProtocolArguments {
  uint32_t sessions = 600;
  std::vector<PacketDelta> durations;
  std::vector<std::string> conditions;
  uint64_t seed = 1;
  double needed_nats = 20;
  std::string roc_folder;
  bool force = false;
  ReportOptions report;
};

absl::StatusOr<evaluation::ProtocolOptions> MakeOptions(const ProtocolArguments& arguments) {
  evaluation::ProtocolOptions options;
  options.sessions = arguments.sessions;
  options.seed = arguments.seed;
  options.threads = arguments.report.threads;
  options.needed_nats = arguments.needed_nats;
  if (!arguments.durations.empty()) options.durations = arguments.durations;
  for (const std::string& name : arguments.conditions) {
    absl::StatusOr<evaluation::Condition> condition = evaluation::FindCondition(name);
    if (!condition.ok()) return condition.status();
    options.conditions.push_back(*std::move(condition));
  }
  return options;
}

evaluation::ProtocolFormat ProtocolFormatOf(const std::string& name) {
  if (name == "json") return evaluation::ProtocolFormat::kJson;
  if (name == "markdown") return evaluation::ProtocolFormat::kMarkdown;
  return evaluation::ProtocolFormat::kTable;
}

absl::Status WriteFigures(const evaluation::ProtocolReport& report, const ResultFolder& folder) {
  for (const evaluation::Figure& figure : evaluation::DrawRocCurves(report)) {
    absl::Status written = folder.Write(figure.name, figure.svg);
    if (!written.ok()) return written;
  }
  return absl::OkStatus();
}

void TellProgress(const evaluation::ConditionResult& result) {
  fmt::print(stderr, "{} s, {}\n", result.duration.ToSeconds(), result.condition.name);
}

int RunProtocolCommand(const ProtocolArguments& arguments) {
  const absl::StatusOr<evaluation::ProtocolOptions> options = MakeOptions(arguments);
  if (!options.ok()) return Fail(kProtocolCommand, commands::kUsage, options.status());
  std::optional<ResultFolder> folder;
  if (!arguments.roc_folder.empty()) {  // before minutes of work
    absl::StatusOr<ResultFolder> made = ResultFolder::Make({.option = "--roc",
                                                            .folder = arguments.roc_folder,
                                                            .force = arguments.force,
                                                            .name_begins = {"roc-"},
                                                            .csv_begin = {}});
    if (!made.ok()) return Fail(kProtocolCommand, made.status());
    folder = *std::move(made);
  }
  const absl::StatusOr<evaluation::ProtocolReport> report =
      evaluation::RunProtocol(*options, TellProgress);
  if (!report.ok()) return Fail(kProtocolCommand, commands::kUsage, report.status());
  const std::string text =
      evaluation::FormatReport(*report, ProtocolFormatOf(arguments.report.format));
  const int printed = PrintReport(kProtocolCommand, arguments.report, text);
  if (folder.has_value()) {
    absl::Status written = WriteFigures(*report, *folder);
    if (!written.ok()) return Fail(kProtocolCommand, written);
  }
  return printed;
}

}  // namespace

void AddProtocol(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<ProtocolArguments>();
  CLI::App* command = app.add_subcommand(
      kProtocolCommand, "Score detection methods on simulated sessions under evasion");
  command
      ->add_option("--sessions", arguments->sessions, "Sessions in each population; default: 600")
      ->type_name("N")
      ->check(CLI::Range(uint32_t{2}, evaluation::kMostSessions).description(""));
  commands::AddDurations(
      *command, "--duration", "How long a session lasts (repeatable); default: 30s, 2min and 10min",
      PacketDelta::FromSeconds(1), PacketDelta::FromSeconds(86400),
      [arguments](std::vector<PacketDelta> lengths) { arguments->durations = std::move(lengths); });
  command
      ->add_option("--condition", arguments->conditions,
                   "What is done to the traffic (repeatable); default: every condition")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command
      ->add_option("--seed", arguments->seed,
                   "A different seed gives different sessions; default: 1")
      ->type_name("N");
  command
      ->add_option("--needed-nats", arguments->needed_nats,
                   "Evidence at which the methods by evidence alert; default: 20")
      ->type_name("N")
      ->check(CLI::Range(0.0, 1e6).description(""));
  command->add_option("--roc", arguments->roc_folder, "Write ROC curves as SVG to this folder")
      ->type_name("DIR");
  command->add_flag("--force", arguments->force,
                    "Replace files of that folder that hold something else");
  AddReportOptions(*command, arguments->report, {"table", "json", "markdown"});
  command->callback([arguments, &exit_code] { exit_code = RunProtocolCommand(*arguments); });
}

}  // namespace cairn::lab
