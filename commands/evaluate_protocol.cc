// SPDX-License-Identifier: BSD-3-Clause
#include <cmath>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/commands.h"
#include "commands/result_files.h"
#include "commands/run.h"
#include "evaluation/condition.h"
#include "evaluation/protocol.h"
#include "evaluation/report.h"
#include "evaluation/roc_svg.h"

namespace cairn::commands {
namespace {

constexpr const char* kName = "evaluate-protocol";

struct Arguments {
  uint32_t sessions = 600;
  std::vector<double> durations_s;
  std::vector<std::string> conditions;
  uint64_t seed = 1;
  double needed_nats = 20;
  std::string format = "table";
  std::string roc_folder;
  int threads = 1;
};

absl::StatusOr<evaluation::ProtocolOptions> MakeOptions(const Arguments& arguments) {
  evaluation::ProtocolOptions options;
  options.sessions = arguments.sessions;
  options.seed = arguments.seed;
  options.threads = arguments.threads;
  options.needed_nats = arguments.needed_nats;
  if (!arguments.durations_s.empty()) options.durations.clear();
  for (const double seconds : arguments.durations_s) {
    options.durations.push_back(PacketDelta::FromNanoseconds(std::llround(seconds * 1e9)));
  }
  for (const std::string& name : arguments.conditions) {
    absl::StatusOr<evaluation::Condition> condition = evaluation::FindCondition(name);
    if (!condition.ok()) return condition.status();
    options.conditions.push_back(*std::move(condition));
  }
  return options;
}

evaluation::ProtocolFormat FormatOf(const std::string& name) {
  if (name == "json") return evaluation::ProtocolFormat::kJson;
  if (name == "markdown") return evaluation::ProtocolFormat::kMarkdown;
  return evaluation::ProtocolFormat::kTable;
}

absl::Status WriteFigures(const evaluation::ProtocolReport& report, const std::string& folder) {
  for (const evaluation::Figure& figure : evaluation::DrawRocCurves(report)) {
    absl::Status written = WriteFile(folder, figure.name, figure.svg);
    if (!written.ok()) return written;
  }
  return absl::OkStatus();
}

void TellProgress(const evaluation::ConditionResult& result) {
  fmt::print(stderr, "{} s, {}\n", result.duration.ToSeconds(), result.condition.name);
}

int EvaluateProtocol(const Arguments& arguments) {
  const std::clock_t started = std::clock();
  const auto fail = [](ExitCode code, const absl::Status& status) {
    Complain(kName, status);
    return code;
  };
  const absl::StatusOr<evaluation::ProtocolOptions> options = MakeOptions(arguments);
  if (!options.ok()) return fail(kUsage, options.status());
  if (!arguments.roc_folder.empty()) {  // before minutes of work
    if (absl::Status made = MakeFolder("--roc", arguments.roc_folder); !made.ok())
      return fail(kFailed, made);
  }
  const absl::StatusOr<evaluation::ProtocolReport> report =
      evaluation::RunProtocol(*options, TellProgress);
  if (!report.ok()) return fail(kUsage, report.status());
  const std::string text = evaluation::FormatReport(*report, FormatOf(arguments.format));
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    return fail(kFailed, absl::UnavailableError("standard output: cannot write the report"));
  }
  if (!arguments.roc_folder.empty()) {
    absl::Status written = WriteFigures(*report, arguments.roc_folder);
    if (!written.ok()) return fail(kFailed, written);
  }
  fmt::print(stderr, "{:.2f} CPU seconds\n",
             static_cast<double>(std::clock() - started) / CLOCKS_PER_SEC);
  return kDone;
}

}  // namespace

void AddEvaluateProtocol(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand(kName, "Score detection methods on simulated sessions under evasion");
  command->add_option("--sessions", arguments->sessions, "Sessions in each population [600]")
      ->check(CLI::Range(uint32_t{2}, evaluation::kMostSessions));
  command
      ->add_option("--duration", arguments->durations_s,
                   "Seconds that a session lasts (repeatable) [30, 120, 600]")
      ->check(CLI::Range(1.0, 86400.0))
      ->allow_extra_args(false);
  command
      ->add_option("--condition", arguments->conditions,
                   "What is done to the traffic (repeatable) [every condition]")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command->add_option("--seed", arguments->seed, "Another seed, other sessions [1]");
  command
      ->add_option("--needed-nats", arguments->needed_nats,
                   "Evidence at which the methods by evidence alert [20]")
      ->check(CLI::Range(0.0, 1e6));
  command->add_option("--format", arguments->format, "table, json or markdown")
      ->check(CLI::IsMember({"table", "json", "markdown"}));
  command->add_option("--roc", arguments->roc_folder, "Write ROC curves as SVG to this folder")
      ->type_name("DIR");
  command->add_option("--threads", arguments->threads, "Threads; the result is the same")
      ->check(CLI::Range(1, 256));
  command->callback([arguments, &exit_code] { exit_code = EvaluateProtocol(*arguments); });
}

}  // namespace cairn::commands
