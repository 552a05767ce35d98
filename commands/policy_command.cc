// SPDX-License-Identifier: BSD-3-Clause
// cairn policy test: which allow rule would decide on alerts that were written, and why not.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "capture/byte_stream.h"
#include "commands/commands.h"
#include "commands/input_files.h"
#include "commands/run.h"
#include "commands/run_options.h"
#include "commands/signals.h"
#include "output/alert_reader.h"
#include "output/line_writer.h"
#include "output/policy_report.h"
#include "output/sessions/line_reader.h"
#include "output/terminal.h"

namespace cairn::commands {
namespace {

constexpr char kPolicyCommand[] = "policy test";

struct PolicyArguments {
  std::vector<std::string> files;
  RunOptions run;  // of these: the configuration file, --set and --format
};

// Reads alerts and answers each.
class PolicyTest {
 public:
  PolicyTest(const policy::Options& options, bool as_json) : policy_(options), as_json_(as_json) {}

  // The first error is of the file, or of standard output, or says that lines are no alerts.
  absl::Status Read(capture::ByteStream& stream) {
    output::LineReader lines(stream);
    output::LineReader::Line line;
    absl::Status bad;
    uint64_t bad_lines = 0;
    while (StopSignal() == 0 && lines.Next(line)) {
      // The alerts that the policy judges are short; chains may be longer.
      if (line.too_long || line.text.find_first_not_of(" \t") == std::string_view::npos) continue;
      absl::StatusOr<std::optional<output::JudgedAlert>> alert = output::ParseAlertLine(line.text);
      if (!alert.ok()) {
        if (!line.ended && absl::IsDataLoss(alert.status())) {
          fmt::print(stderr, "cairn {}: {}: the last line is cut off and was left out\n",
                     kPolicyCommand, stream.name());
        } else if (bad_lines++ == 0) {
          bad =
              absl::DataLossError(fmt::format("{}:{}: this line is no alert: {}", stream.name(),
                                              line.number, std::string(alert.status().message())));
        }
      } else if (alert->has_value()) {
        if (absl::Status printed = Answer(**std::move(alert)); !printed.ok()) return printed;
      }
    }
    if (!lines.status().ok() && StopSignal() == 0) return lines.status();
    if (bad_lines < 2) return bad;
    return absl::DataLossError(
        fmt::format("{}, and {} more", std::string(bad.message()), bad_lines - 1));
  }

  absl::Status WriteTotals() {
    return out_->Write(as_json_ ? output::TotalsJson(totals_, policy_)
                                : output::TotalsText(totals_, policy_));
  }
  uint64_t alerts() const { return totals_.alerts; }

 private:
  absl::Status Answer(output::JudgedAlert alert) {
    output::PolicyAnswer answer{.alert = std::move(alert), .verdict = {}, .checks = {}};
    answer.checks = policy_.Explain(answer.alert.pair);
    answer.verdict = policy_.Judge(answer.alert.pair);
    totals_.newest = totals_.alerts == 0 ? answer.alert.pair.time
                                         : std::max(totals_.newest, answer.alert.pair.time);
    ++totals_.alerts;
    if (answer.verdict.allowed.has_value()) {
      ++(answer.verdict.IsSuppressed() ? totals_.suppressed : totals_.marked);
    }
    return out_->Write(as_json_ ? output::AnswerJson(answer, policy_)
                                : output::AnswerText(answer, policy_));
  }

  policy::Policy policy_;
  const bool as_json_;
  output::PolicyTotals totals_;
  std::unique_ptr<output::LineWriter> out_ = output::LineWriter::StandardOutput();
};

bool IsJson(const RunOptions& options) {
  if (!options.format.empty()) return options.format == "json";
  return !output::IsTerminal(STDOUT_FILENO);
}

absl::StatusOr<policy::Options> RulesOf(const RunOptions& options) {
  absl::StatusOr<config::Settings> settings = LoadSettings(options);
  if (!settings.ok()) return settings.status();
  const std::string file = ConfigFileOf(options);
  if (settings->detector.policy.allow.empty()) {
    return absl::InvalidArgumentError(
        file.empty()
            ? "there are no allow rules; name the configuration that holds them: --config FILE"
            : fmt::format("{} holds no allow rules (policy.allow; see docs/policy.md)", file));
  }
  if (options.config.empty() && !file.empty()) {
    fmt::print(stderr, "cairn {}: the rules are those of {}\n", kPolicyCommand, file);
  }
  return std::move(settings->detector.policy);
}

int TestPolicy(PolicyArguments arguments) {
  const absl::Status usage = CheckStandardInput(
      arguments.files, "name a file of alerts, as 'cairn replay --alerts FILE' writes it");
  const absl::StatusOr<policy::Options> rules = usage.ok() ? RulesOf(arguments.run) : usage;
  if (!rules.ok()) return Fail(kPolicyCommand, kUsage, rules.status());
  CatchStopSignals();
  PolicyTest test(*rules, IsJson(arguments.run));
  int exit_code = kDone;
  for (const std::string& file : arguments.files) {
    const absl::StatusOr<std::unique_ptr<capture::ByteStream>> stream =
        capture::ByteStream::Open(file, capture::EmptyFile::kAllow);
    const absl::Status read = stream.ok() ? test.Read(**stream) : stream.status();
    if (StopSignal() != 0) break;
    if (absl::IsCancelled(read)) return kFailed;  // a reader that has seen enough
    if (!read.ok()) exit_code = Fail(kPolicyCommand, kFailed, read);
  }
  const absl::Status printed = test.WriteTotals();
  if (!printed.ok() && !absl::IsCancelled(printed)) PrintError(kPolicyCommand, printed);
  if (test.alerts() == 0 && exit_code == kDone && StopSignal() == 0) {
    fmt::print(stderr, "cairn {}: no alert that the policy judges in what was read\n",
               kPolicyCommand);
  }
  if (StopSignal() != 0) return StopExitCode();
  return printed.ok() ? exit_code : static_cast<int>(kFailed);
}

}  // namespace

void AddPolicy(CLI::App& app, int& exit_code) {
  CLI::App* policy = app.add_subcommand("policy", "Try allow rules on alerts that were written");
  policy->require_subcommand(1);
  CLI::App* test =
      policy->add_subcommand("test", "Say which allow rule matches each alert, or why none does");
  const auto arguments = std::make_shared<PolicyArguments>();
  test->add_option("ALERTS", arguments->files, "Files that --alerts wrote; '-': standard input")
      ->required()
      ->type_name("");
  test->add_option(
          "-c,--config", arguments->run.config,
          fmt::format("Configuration file (YAML) with the rules; default: {}", kSystemConfig))
      ->type_name("FILE");
  test->add_option("-s,--set", arguments->run.set,
                   "Change a setting (repeatable), as in policy.timezone=Europe/Berlin")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  test->add_option("-f,--format", arguments->run.format,
                   "Standard output; default: text on a terminal, else JSON")
      ->type_name("text|json")
      ->check(CLI::IsMember({"text", "json"}).description(""));
  test->footer(
      "\nRules are judged at the time of each alert, so that one that expires later still holds.\n"
      "Exit status: 0 done, 1 failed at run time, 2 wrong usage or configuration, 128+N ended by "
      "signal N.");
  test->callback([arguments, &exit_code] { exit_code = TestPolicy(*arguments); });
}

}  // namespace cairn::commands
