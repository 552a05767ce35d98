// SPDX-License-Identifier: BSD-3-Clause
// cairn sessions servers: who serves, and whom.
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/commands.h"
#include "commands/run.h"
#include "commands/session_commands.h"
#include "commands/session_input.h"
#include "output/terminal.h"
#include "surveys/reports/server_report.h"
#include "surveys/server_survey.h"

namespace cairn::commands {
namespace {

constexpr char kSessionServersCommand[] = "sessions servers";

struct SessionServersArguments {
  SessionArguments sessions;
  std::vector<std::string> hosts;
  uint16_t port = 0;  // 0: all
  uint64_t least_clients = 0;
};

std::string TextOf(const SessionServersArguments& arguments, const surveys::ServerReport& report) {
  const std::string format = FormatOf(arguments.sessions);
  if (format == "csv") return output::ServerCsv(report);
  if (format == "svg") return output::ServerChart(report);
  if (format == "json") return output::ServerJson(report);
  return output::ServerTable(report, output::StyleOf(STDOUT_FILENO));
}

void PrintNotes(const SessionServersArguments& arguments, const surveys::ServerSurvey& survey,
                const surveys::ServerReport& report) {
  const auto note = [](uint64_t count, const char* what) {
    if (count > 0) fmt::print(stderr, "cairn {}: {} {}\n", kSessionServersCommand, count, what);
  };
  if (report.rows.empty())
    fmt::print(stderr, "cairn {}: no server of this kind\n", kSessionServersCommand);
  if (FormatOf(arguments.sessions) != "table") {
    note(report.more, "more rows are beyond the limit (--limit)");
  }
  note(survey.left_out().servers, "accepted sessions were left out: there are too many servers");
  note(survey.left_out().clients, "sessions could not be assigned to clients: there are too many");
  note(survey.left_out().failed,
       "attempts that failed were left out: there are too many addresses and ports");
}

int Servers(const SessionServersArguments& arguments) {
  std::vector<IpAddress> hosts;
  for (const std::string& text : arguments.hosts) {
    const absl::StatusOr<IpAddress> host = IpAddress::Parse(text);
    if (!host.ok()) {
      PrintError(kSessionServersCommand, absl::InvalidArgumentError(fmt::format(
                                             "--host {}", std::string(host.status().message()))));
      return kUsage;
    }
    hosts.push_back(*host);
  }
  const auto is_wanted = [&](const Endpoint& server) {
    return (arguments.port == 0 || server.port == arguments.port) &&
           (hosts.empty() || std::find(hosts.begin(), hosts.end(), server.ip) != hosts.end());
  };
  surveys::ServerSurvey survey;
  surveys::ServerReport report;
  return RunSurvey({.command = kSessionServersCommand,
                    .add =
                        [&](const SessionRecord& session) {
                          if (is_wanted(session.server().end)) survey.Add(session);
                        },
                    .text =
                        [&] {
                          report = survey.Report({.least_clients = arguments.least_clients,
                                                  .limit = LimitOf(arguments.sessions)});
                          return TextOf(arguments, report);
                        },
                    .notes = [&] { PrintNotes(arguments, survey, report); }},
                   arguments.sessions);
}

}  // namespace

void AddSessionServers(CLI::App& sessions, int& exit_code) {
  CLI::App* command = sessions.add_subcommand("servers", "List the servers that accept sessions");
  const auto arguments = std::make_shared<SessionServersArguments>();
  AddSessionArguments(
      *command, arguments->sessions,
      "The N servers with most sessions; default: 20 in a table or figure, else 100000");
  command->add_option("--host", arguments->hosts, "Only servers at this address (repeatable)")
      ->type_name("IP")
      ->allow_extra_args(false);
  command->add_option("--port", arguments->port, "Only this port")
      ->type_name("N")
      ->check(CLI::Range(1, 65535).description(""));
  command
      ->add_option("--min-clients", arguments->least_clients,
                   "Only servers with at least N unique clients")
      ->type_name("N");
  command->callback([arguments, &exit_code] { exit_code = Servers(*arguments); });
}

}  // namespace cairn::commands
