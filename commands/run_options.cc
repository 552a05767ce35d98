// SPDX-License-Identifier: BSD-3-Clause
#include "commands/run_options.h"

#include <cstdio>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/program/program.h"

namespace cairn::commands {

void AddRunOptions(CLI::App& app, RunOptions& options) {
  AddSettingsOptions(app, options);
  app.add_option("-a,--alerts", options.alerts,
                 "Write alerts as JSON lines here; '-': standard output")
      ->type_name("FILE");
  app.add_option("--relays", options.relays,
                 "Write the relay scores of hosts as JSON lines here, for 'cairn relays'")
      ->type_name("FILE");
  app.add_option("--sessions", options.sessions,
                 "Write a record of every TCP session here; '-': standard output")
      ->type_name("FILE");
  app.add_option("--sessions-format", options.sessions_format,
                 "Form of the records; default: by the file's name, else tsv")
      ->type_name("report|tsv|json|zeek|sqlite")
      ->check(CLI::IsMember({"report", "tsv", "json", "zeek", "sqlite"}).description(""));
  app.add_option("-f,--format", options.format,
                 "Standard output; default: table on a terminal, else JSON")
      ->type_name("table|json")
      ->check(CLI::IsMember({"table", "json"}).description(""));
  app.add_option("--summary", options.summary, "Closing summary on standard error; default: text")
      ->type_name("text|json|none")
      ->check(CLI::IsMember({"text", "json", "none"}).description(""));
  app.add_flag("--traceback", options.traceback,
               "Ask suspected hosts who owns the connection (docs/traceback.md); default: no");
  app.add_flag("--no-traceback", options.no_traceback,
               "Ask no host, even if the configuration says so");
  app.add_flag("--force", options.force,
               "Replace output files that are not Cairn's own (never inputs)");
  app.add_flag("-q,--quiet", options.quiet,
               "Only faults on standard error: no progress, no summary");
}

namespace {

absl::Status CheckSessions(const RunOptions& options) {
  if (options.sessions.empty()) {
    if (options.sessions_format.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "'--sessions-format' has no effect without a file for the records: add --sessions FILE");
  }
  if (options.sessions == "-") {
    if (options.alerts == "-" || !options.format.empty()) {
      return absl::InvalidArgumentError(
          "'--sessions -' and the alerts both want standard output; write one of them to a file");
    }
    if (SessionFormatOf(options) == output::SessionFormat::kSqlite) {
      return absl::InvalidArgumentError("'--sessions -': a database needs a file; name one");
    }
    return absl::OkStatus();
  }
  return absl::OkStatus();
}

}  // namespace

output::SessionFormat SessionFormatOf(const RunOptions& options) {
  return output::SessionFormatFromName(options.sessions_format)
      .value_or(
          output::SessionFormatFromPath(options.sessions).value_or(output::SessionFormat::kTsv));
}

absl::Status CheckRunOptions(const RunOptions& options) {
  if (absl::Status sessions = CheckSessions(options); !sessions.ok()) return sessions;
  if (options.relays == "-") {
    return absl::InvalidArgumentError(
        "'--relays -': standard output is for alerts; name a file for the scores");
  }
  if (options.write_stream == "-") {
    return absl::InvalidArgumentError(
        "'--write-stream -': standard output is for alerts; name a file for the stream");
  }
  if (options.alerts == "-" && options.format == "table") {
    return absl::InvalidArgumentError(
        "'--alerts -' and '--format table' both want standard output; leave one out, or write "
        "alerts to a file");
  }
  if (options.traceback && options.no_traceback) {
    return absl::InvalidArgumentError(
        "'--traceback' and '--no-traceback' contradict each other; leave one out");
  }
  if (options.quiet && !options.summary.empty() && options.summary != "none") {
    return absl::InvalidArgumentError(fmt::format(
        "'--quiet' and '--summary {}' contradict each other; leave one out", options.summary));
  }
  return absl::OkStatus();
}

void TellConfigFile(std::string_view command, const RunOptions& options) {
  const std::string note = ConfigFileNote(options);
  if (options.quiet || note.empty()) return;
  fmt::print(stderr, "cairn {}: {}\n", command, note);
}

files::OutputGuard GuardOf(const RunOptions& options, const std::vector<std::string>& captures) {
  using Foreign = files::OutputGuard::Foreign;
  files::OutputGuard guard(options.force ? Foreign::kReplace : Foreign::kRefuse);
  if (const std::string file = ConfigFileOf(options); !file.empty()) {
    guard.AddInput("the configuration", file);
  }
  for (const std::string& capture : captures) guard.AddInput("a capture", capture);
  return guard;
}

void WarnOfFilter(std::string_view command, const RunOptions& options,
                  const config::Settings& settings) {
  const std::string note = FilterNote(fmt::format("cairn {}", command), settings);
  if (options.quiet || note.empty()) return;
  fmt::print(stderr, "cairn {}: {}\n", command, note);
}

int ExitCodeOfOutputs(const absl::Status& status) {
  return absl::IsInvalidArgument(status) ? kUsage : kFailed;
}

absl::StatusOr<config::Settings> LoadRunSettings(const RunOptions& options) {
  absl::StatusOr<config::Settings> settings = LoadSettings(options);
  if (!settings.ok()) return settings;
  if (settings->session_files.IsSet() && options.sessions == "-") {
    return absl::InvalidArgumentError(
        "'--sessions -': standard output cannot be rotated; name a file, or set "
        "sessions.rotation.interval and sessions.rotation.size to 0");
  }
  settings->detector.sessions.enabled = !options.sessions.empty();
  settings->capture.details.headers = settings->detector.sessions.enabled;
  return settings;
}

}  // namespace cairn::commands
