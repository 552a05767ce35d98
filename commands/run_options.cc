// SPDX-License-Identifier: BSD-3-Clause
#include "commands/run_options.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "capture/address.h"

namespace cairn::commands {

void AddSettingsOptions(CLI::App& app, RunOptions& options) {
  app.add_option("-c,--config", options.config, "Configuration file (YAML)")->type_name("FILE");
  app.add_option("-p,--protect", options.protect,
                 "A network of the site (repeatable), in place of the configured ones")
      ->type_name("CIDR")
      ->allow_extra_args(false);
  app.add_option("-s,--set", options.set,
                 "Change a setting (repeatable), as in timing.direct.min_ratio=0.4")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

void AddRunOptions(CLI::App& app, RunOptions& options) {
  AddSettingsOptions(app, options);
  app.add_option("-a,--alerts", options.alerts,
                 "Write alerts as JSON lines here; '-': standard output")
      ->type_name("FILE");
  app.add_option("--relays", options.relays,
                 "Write what each screened host showed, every five minutes, as JSON lines here")
      ->type_name("FILE");
  app.add_option("--sessions", options.sessions,
                 "Write a record of every TCP session here; '-': standard output")
      ->type_name("FILE");
  app.add_option("--sessions-format", options.sessions_format,
                 "Default: by the end of the file's name; else tsv")
      ->type_name("report|tsv|json|zeek|sqlite")
      ->check(CLI::IsMember({"report", "tsv", "json", "zeek", "sqlite"}).description(""));
  app.add_option("-f,--format", options.format,
                 "Standard output; default: table on a terminal, else JSON")
      ->type_name("table|json")
      ->check(CLI::IsMember({"table", "json"}).description(""));
  app.add_option("--summary", options.summary, "Closing summary on standard error; default: text")
      ->type_name("text|json|none")
      ->check(CLI::IsMember({"text", "json", "none"}).description(""));
  app.add_flag("-q,--quiet", options.quiet,
               "Only faults on standard error: no progress, no summary");
}

bool SameFile(const std::string& a, const std::string& b) {
  namespace fs = std::filesystem;
  std::error_code unknown;  // a file that cannot be looked at is another one
  const fs::file_status first = fs::status(a, unknown);
  const fs::file_status second = fs::status(b, unknown);
  if (fs::is_regular_file(first) && fs::is_regular_file(second)) {
    return fs::equivalent(a, b, unknown);
  }
  if (fs::exists(first) || fs::exists(second)) return false;
  const fs::path first_path = fs::weakly_canonical(fs::absolute(a, unknown), unknown);
  return first_path == fs::weakly_canonical(fs::absolute(b, unknown), unknown) && !unknown;
}

namespace {

absl::Status CheckSessions(const RunOptions& options) {
  if (options.sessions.empty()) {
    if (options.sessions_format.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "'--sessions-format' says how records are written, and nothing where: add --sessions FILE");
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
  for (const auto& [name, other] :
       {std::pair<const char*, const std::string&>{"--alerts", options.alerts},
        {"--relays", options.relays}}) {
    if (other.empty() || other == "-" || !SameFile(other, options.sessions)) continue;
    return absl::InvalidArgumentError(fmt::format(
        "'{} {}' and '--sessions {}' are one file; name two", name, other, options.sessions));
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
  if (!options.relays.empty() && !options.alerts.empty() && options.alerts != "-" &&
      SameFile(options.alerts, options.relays)) {
    return absl::InvalidArgumentError(fmt::format(
        "'--alerts {}' and '--relays {}' are one file; name two", options.alerts, options.relays));
  }
  if (options.alerts == "-" && options.format == "table") {
    return absl::InvalidArgumentError(
        "'--alerts -' and '--format table' both want standard output; leave one out, or write "
        "alerts to a file");
  }
  if (options.quiet && !options.summary.empty() && options.summary != "none") {
    return absl::InvalidArgumentError(fmt::format(
        "'--quiet' and '--summary {}' contradict each other; leave one out", options.summary));
  }
  return absl::OkStatus();
}

absl::StatusOr<config::Settings> LoadSettings(const RunOptions& options) {
  config::Settings settings;
  if (!options.config.empty()) {
    absl::StatusOr<config::Settings> loaded = config::LoadFile(options.config);
    if (!loaded.ok()) return loaded.status();
    settings = *std::move(loaded);
  }
  if (!options.protect.empty()) settings.detector.protected_networks = PrefixSet();
  for (const std::string& text : options.protect) {
    const absl::StatusOr<Prefix> prefix = Prefix::Parse(text);
    if (!prefix.ok()) {
      return absl::InvalidArgumentError(
          fmt::format("--protect {}", std::string(prefix.status().message())));
    }
    settings.detector.protected_networks.Add(*prefix);
  }
  for (const std::string& assignment : options.set) {
    const absl::Status applied = config::Apply(settings, assignment);
    if (!applied.ok()) {
      return absl::InvalidArgumentError(fmt::format("--set {}", std::string(applied.message())));
    }
  }
  if (absl::Status sound = config::Check(settings); !sound.ok()) return sound;
  if (settings.session_files.IsSet() && options.sessions == "-") {
    return absl::InvalidArgumentError(
        "'--sessions -': standard output cannot be rotated; name a file, or set "
        "sessions.rotation.interval and sessions.rotation.size to 0");
  }
  settings.detector.sessions.enabled = !options.sessions.empty();
  settings.capture.details.headers = settings.detector.sessions.enabled;
  return settings;
}

}  // namespace cairn::commands
