// SPDX-License-Identifier: BSD-3-Clause
#include "commands/run_options.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "capture/filter.h"
#include "commands/program/program.h"

namespace cairn::commands {

void AddSettingsOptions(CLI::App& app, RunOptions& options) {
  CLI::Option* config =
      app.add_option(
             "-c,--config", options.config,
             fmt::format("Configuration file (YAML); default: {}, if it exists", kSystemConfig))
          ->type_name("FILE");
  app.add_flag("--no-config", options.no_config, "Read no configuration file")->excludes(config);
  app.add_option("-p,--protect", options.protect,
                 "Networks of the site (repeatable, or a,b), in place of the configured ones")
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

std::string ConfigFileOf(const RunOptions& options) {
  if (!options.config.empty() || options.no_config) return options.config;
  const char* named = std::getenv("CAIRN_CONFIG");  // NOLINT(concurrency-mt-unsafe): one thread
  if (named != nullptr) return named;
  return access(kSystemConfig, F_OK) == 0 ? kSystemConfig : "";
}

void TellConfigFile(std::string_view command, const RunOptions& options) {
  const std::string file = ConfigFileOf(options);
  if (options.quiet || file.empty() || !options.config.empty()) return;
  fmt::print(stderr, "cairn {}: the configuration is {} (--no-config: none)\n", command, file);
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
  if (options.quiet || settings.capture.filter.empty()) return;
  fmt::print(stderr,
             "cairn {0}: capture.filter is for live capture and does nothing here; filter a file "
             "first: tcpdump -r FILE -w - 'FILTER' | cairn {0} -\n",
             command);
}

int ExitCodeOfOutputs(const absl::Status& status) {
  return absl::IsInvalidArgument(status) ? kUsage : kFailed;
}

absl::StatusOr<config::Settings> LoadSettings(const RunOptions& options) {
  config::Settings settings;
  if (const std::string file = ConfigFileOf(options); !file.empty()) {
    absl::StatusOr<config::Settings> loaded = config::LoadFile(file);
    if (!loaded.ok()) return loaded.status();
    settings = *std::move(loaded);
  }
  if (!options.protect.empty()) {
    const absl::Status set = config::SetProtectedNetworks(settings, options.protect);
    if (!set.ok()) {
      return absl::InvalidArgumentError(fmt::format("--protect {}", std::string(set.message())));
    }
  }
  for (const std::string& assignment : options.set) {
    const absl::Status applied = config::Apply(settings, assignment);
    if (!applied.ok()) {
      return absl::InvalidArgumentError(fmt::format("--set: {}", std::string(applied.message())));
    }
  }
  if (absl::Status sound = config::Check(settings); !sound.ok()) return sound;
  if (absl::Status filter = capture::CheckFilter(settings.capture.filter); !filter.ok()) {
    return absl::InvalidArgumentError(
        fmt::format("capture.filter: {}", std::string(filter.message())));
  }
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
