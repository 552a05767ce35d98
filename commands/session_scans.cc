// SPDX-License-Identifier: BSD-3-Clause
// cairn sessions scans: which clients scan.
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/commands.h"
#include "commands/run.h"
#include "commands/session_commands.h"
#include "commands/session_input.h"
#include "commands/settings/settings_options.h"
#include "config/keys/quantity.h"
#include "config/settings.h"
#include "output/terminal.h"
#include "surveys/reports/scan_report.h"
#include "surveys/scan_survey.h"

namespace cairn::commands {
namespace {

using surveys::ScanCounting;

constexpr char kSessionScansCommand[] = "sessions scans";

struct SessionScansArguments {
  SessionArguments sessions;
  SettingsOptions settings;  // of these: the configuration file and --set
  ScanCounting by = ScanCounting::kUnknown;
  bool data_only = false;
  double least = 0;
  uint16_t port = 0;  // 0: all
  std::string known_within = "7d";
  double known_weight = 0.1;
  bool known_before = false;
};

absl::StatusOr<surveys::ScanQuery> QueryOf(const SessionScansArguments& arguments,
                                           const config::Settings& settings) {
  const absl::StatusOr<PacketDelta> within = config::ParseDuration(arguments.known_within);
  if (!within.ok()) {
    return absl::InvalidArgumentError(
        fmt::format("--known-within {}: {}; write a length of time such as 12h or 7d",
                    arguments.known_within, std::string(within.status().message())));
  }
  surveys::ScanQuery query;
  query.by = arguments.by;
  query.known = {.known_within = *within,
                 .weight = arguments.known_weight,
                 .before_only = arguments.known_before};
  query.least = arguments.least;
  query.data_only = arguments.data_only;
  query.agent_ports = settings.traceback.tracing_ports;
  query.limit = LimitOf(arguments.sessions);
  return query;
}

std::string TextOf(const SessionScansArguments& arguments, const surveys::ScanReport& report,
                   const surveys::ScanQuery& query) {
  const std::string format = FormatOf(arguments.sessions);
  if (format == "csv") return output::ScanCsv(report);
  if (format == "svg") return output::ScanChart(report, query);
  if (format == "json") return output::ScanJson(report);
  return output::ScanTable(report, query, output::StyleOf(STDOUT_FILENO));
}

void PrintNotes(const SessionScansArguments& arguments, const surveys::ScanSurvey& survey,
                const surveys::ScanReport& report) {
  const auto note = [](uint64_t count, const char* what) {
    if (count > 0) fmt::print(stderr, "cairn {}: {} {}\n", kSessionScansCommand, count, what);
  };
  if (report.rows.empty()) {
    fmt::print(stderr, "cairn {}: no client has failed attempts of this kind\n",
               kSessionScansCommand);
  }
  note(report.agents,
       "hosts are left out at the ports of tracing agents, where few did not answer them "
       "(traceback.tracing_ports)");
  if (FormatOf(arguments.sessions) != "table") {
    note(report.more, "more rows are beyond the limit (--limit)");
  }
  note(survey.left_out().rows, "sessions were left out: there are too many clients and ports");
  note(survey.left_out().attempts,
       "sessions are counted as connections only: there are too many servers; --port or --since "
       "take fewer");
  note(survey.left_out().servers,
       "accepted sessions could not make their servers known: there are too many servers");
}

int Scans(const SessionScansArguments& arguments) {
  const absl::StatusOr<config::Settings> settings = LoadSettings(arguments.settings);
  const absl::StatusOr<surveys::ScanQuery> query =
      settings.ok() ? QueryOf(arguments, *settings) : settings.status();
  if (!query.ok()) {
    PrintError(kSessionScansCommand, query.status());
    return kUsage;
  }
  surveys::ScanSurvey survey({}, settings->detector.protected_networks);
  surveys::ScanReport report;
  return RunSurvey({.command = kSessionScansCommand,
                    .add =
                        [&](const SessionRecord& session) {
                          const uint16_t port = session.server().end.port;
                          if (arguments.port == 0 || port == arguments.port) survey.Add(session);
                        },
                    .text =
                        [&] {
                          report = survey.Report(*query);
                          return TextOf(arguments, report, *query);
                        },
                    .notes = [&] { PrintNotes(arguments, survey, report); }},
                   arguments.sessions);
}

void AddOptions(CLI::App& command, SessionScansArguments& arguments) {
  const std::map<std::string, ScanCounting> countings = {
      {"connections", ScanCounting::kConnections},
      {"servers", ScanCounting::kServers},
      {"unknown", ScanCounting::kUnknown}};
  command
      .add_option("--by", arguments.by,
                  "What to count: failed connections, unique servers that failed, or such servers, "
                  "most where no server was known; default: unknown")
      ->type_name("connections|servers|unknown")
      ->transform(CLI::Transformer(countings).description(""))
      ->check(CLI::IsMember(
                  {ScanCounting::kConnections, ScanCounting::kServers, ScanCounting::kUnknown})
                  .description(""));
  command.add_flag("--data-only", arguments.data_only, "Only clients that sent data to a server");
  command.add_option("--min", arguments.least, "Only rows with at least this count")
      ->type_name("COUNT")
      ->check(CLI::NonNegativeNumber.description(""));
  command.add_option("--port", arguments.port, "Only this server port")
      ->type_name("N")
      ->check(CLI::Range(1, 65535).description(""));
  command
      .add_option("--known-within", arguments.known_within,
                  "How long a server is known before the first and after the last session that it "
                  "accepted; default: 7d")
      ->type_name("TIME");
  command
      .add_option("--known-weight", arguments.known_weight,
                  "How much a failure at a known server counts; default: 0.1")
      ->type_name("SHARE")
      ->check(CLI::Range(0.0, 1.0).description(""));
  command.add_flag("--known-before", arguments.known_before,
                   "Servers are not known before the first session that they accepted");
  command
      .add_option(
          "-c,--config", arguments.settings.config,
          fmt::format("Configuration file (YAML), of which traceback.tracing_ports is used; "
                      "default: {}",
                      kSystemConfig))
      ->type_name("FILE");
  command
      .add_option("-s,--set", arguments.settings.set,
                  "Change a setting (repeatable), as in traceback.tracing_ports=")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

}  // namespace

void AddSessionScans(CLI::App& sessions, int& exit_code) {
  CLI::App* command = sessions.add_subcommand("scans", "List the clients whose attempts failed");
  const auto arguments = std::make_shared<SessionScansArguments>();
  AddSessionArguments(
      *command, arguments->sessions,
      "The N rows with the highest count; default: 20 in a table or figure, else 100000");
  AddOptions(*command, *arguments);
  command->callback([arguments, &exit_code] { exit_code = Scans(*arguments); });
}

}  // namespace cairn::commands
