// SPDX-License-Identifier: BSD-3-Clause
// cairn sessions clusters: what the sessions of one host at one port have in common.
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/commands.h"
#include "commands/run.h"
#include "commands/run_options.h"
#include "commands/session_commands.h"
#include "commands/session_input.h"
#include "config/keys/quantity.h"
#include "files/output_guard.h"
#include "output/line_writer.h"
#include "output/own_lines.h"
#include "output/terminal.h"
#include "surveys/cluster_survey.h"
#include "surveys/relations.h"
#include "surveys/reports/cluster_report.h"

namespace cairn::commands {
namespace {

using Which = surveys::ClusterScope::Which;

constexpr char kSessionClustersCommand[] = "sessions clusters";
constexpr size_t kValuesForPeople = 8;
constexpr size_t kValuesForPrograms = 1000;
constexpr size_t kMostValues = 1'000'000;

struct SessionClustersArguments {
  SessionArguments sessions;
  std::string target;
  bool server = false;
  Which which = Which::kData;
  size_t values = 0;  // 0: as the format has it
  double least_share = 0.8;
  uint64_t least_sessions = 1;
  std::string svg;
  bool force = false;
};

// "192.0.2.1:22" or "[2001:db8::1]:22".
absl::StatusOr<Endpoint> ParseTarget(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon != std::string::npos) {
    std::string host = text.substr(0, colon);
    const bool brackets = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
    if (brackets) host = host.substr(1, host.size() - 2);
    const absl::StatusOr<IpAddress> ip = IpAddress::Parse(host);
    const absl::StatusOr<uint64_t> port = config::ParseCount(text.substr(colon + 1));
    if (ip.ok() && ip->IsV4() != brackets && port.ok() && *port > 0 && *port <= UINT16_MAX) {
      return Endpoint{.ip = *ip, .port = static_cast<uint16_t>(*port)};
    }
  }
  return absl::InvalidArgumentError(
      fmt::format("'{}' is not an address and port; write 192.0.2.1:80 or [2001:db8::1]:80", text));
}

output::ClusterReport ReportOf(const SessionClustersArguments& arguments,
                               const surveys::ClusterScope& scope,
                               const surveys::ClusterSurvey& survey) {
  output::ClusterReport report;
  report.scope = scope;
  report.seen = survey.seen();
  report.fields = survey.Table();
  report.relations = FindRelations(report.fields, {.least_share = arguments.least_share,
                                                   .least_sessions = arguments.least_sessions});
  const size_t limit = LimitOf(arguments.sessions);
  if (report.relations.size() > limit) {
    report.more_relations = report.relations.size() - limit;
    report.relations.resize(limit);
  }
  const bool for_people = FormatOf(arguments.sessions) == "table";
  report.most_values = for_people ? kValuesForPeople : kValuesForPrograms;
  if (arguments.values > 0) report.most_values = arguments.values;
  return report;
}

std::string TextOf(const SessionClustersArguments& arguments, const output::ClusterReport& report) {
  const std::string format = FormatOf(arguments.sessions);
  if (format == "csv") return output::ClusterCsv(report);
  if (format == "svg") return output::ClusterChart(report);
  if (format == "json") return output::ClusterJson(report);
  return output::ClusterTable(report, output::StyleOf(STDOUT_FILENO));
}

void PrintNotes(const output::ClusterReport& report, uint64_t left_out) {
  if (report.fields.sessions == 0) {
    fmt::print(stderr, "cairn {}: {}{}\n", kSessionClustersCommand, report.Title(),
               report.seen > 0 ? "; --sessions all takes those, too" : "");
  }
  if (left_out > 0) {
    fmt::print(stderr, "cairn {}: only the first {} sessions were compared, {} were left out\n",
               kSessionClustersCommand, report.fields.sessions, left_out);
  }
}

files::Output ChartOutput(const std::string& path) {
  return {.option = "--svg",
          .what = "a figure of cairn",
          .path = path,
          .existing = files::ExistingFile::kReplace,
          .is_ours = output::BeginsLikeFigure};
}

absl::Status WriteChart(const std::string& path, const files::OutputGuard& guard,
                        const output::ClusterReport& report) {
  const absl::StatusOr<std::unique_ptr<output::LineWriter>> file =
      output::LineWriter::Open(ChartOutput(path), guard);
  return file.ok() ? (*file)->Write(output::ClusterChart(report)) : file.status();
}

files::OutputGuard GuardOf(const SessionClustersArguments& arguments) {
  using Foreign = files::OutputGuard::Foreign;
  files::OutputGuard guard(arguments.force ? Foreign::kReplace : Foreign::kRefuse);
  for (const std::string& file : arguments.sessions.files) {
    guard.AddInput("a file of records", file);
  }
  return guard;
}

int Clusters(const SessionClustersArguments& arguments) {
  const absl::StatusOr<Endpoint> target = ParseTarget(arguments.target);
  if (!target.ok()) {
    PrintError(kSessionClustersCommand, target.status());
    return kUsage;
  }
  const files::OutputGuard guard = GuardOf(arguments);
  if (!arguments.svg.empty()) {
    if (const absl::Status free = guard.Check(std::array{ChartOutput(arguments.svg)}); !free.ok()) {
      PrintError(kSessionClustersCommand, free);
      return ExitCodeOfOutputs(free);
    }
  }
  const surveys::ClusterScope scope{.host = target->ip,
                                    .port = target->port,
                                    .here = arguments.server ? Side::kServer : Side::kClient,
                                    .which = arguments.which};
  surveys::ClusterSurvey survey(scope);
  output::ClusterReport report;
  absl::Status chart;
  const int exit_code =
      RunSurvey({.command = kSessionClustersCommand,
                 .add = [&](const SessionRecord& session) { survey.Add(session); },
                 .text =
                     [&] {
                       report = ReportOf(arguments, scope, survey);
                       if (!arguments.svg.empty()) chart = WriteChart(arguments.svg, guard, report);
                       return TextOf(arguments, report);
                     },
                 .notes = [&] { PrintNotes(report, survey.left_out()); }},
                arguments.sessions);
  if (chart.ok()) return exit_code;
  PrintError(kSessionClustersCommand, chart);
  return exit_code == kDone ? static_cast<int>(kFailed) : exit_code;
}

void AddOptions(CLI::App& command, SessionClustersArguments& arguments) {
  const std::map<std::string, Which> names = {
      {"data", Which::kData}, {"accepted", Which::kAccepted}, {"all", Which::kAll}};
  command.add_flag("--server", arguments.server,
                   "TARGET is a server: compare the sessions of all its clients");
  command
      .add_option("--sessions", arguments.which,
                  "Which sessions to compare: accepted ones in which the client sent data, all "
                  "accepted ones, or all; default: data")
      ->type_name("data|accepted|all")
      ->transform(CLI::Transformer(names).description(""))
      ->check(CLI::IsMember({Which::kData, Which::kAccepted, Which::kAll}).description(""));
  command
      .add_option("--values", arguments.values,
                  "The N most frequent values of each field; default: 8 in a table, else "
                  "1000")
      ->type_name("N")
      ->check(CLI::Range(size_t{1}, kMostValues).description(""));
  command
      .add_option("--min-share", arguments.least_share,
                  "For what share of the sessions a relation must hold; default: 0.8")
      ->type_name("SHARE")
      ->check(CLI::Range(0.51, 1.0).description(""));
  command
      .add_option("--min-sessions", arguments.least_sessions,
                  "How many sessions a relation must cover; default: 1")
      ->type_name("N");
  command.add_option("--svg", arguments.svg, "Draw the values into this file, too")
      ->type_name("FILE");
  command.add_flag("--force", arguments.force,
                   "Replace the file of --svg if it holds something else");
}

}  // namespace

void AddSessionClusters(CLI::App& sessions, int& exit_code) {
  CLI::App* command = sessions.add_subcommand(
      "clusters", "Show what the sessions of one client at one port have in common");
  const auto arguments = std::make_shared<SessionClustersArguments>();
  command
      ->add_option("TARGET", arguments->target,
                   "The client's address and the server's port: 192.0.2.1:80")
      ->type_name("")
      ->required();
  AddSessionArguments(*command, arguments->sessions,
                      "The N strongest relations; default: 20 in a table, else 100000");
  AddOptions(*command, *arguments);
  command->callback([arguments, &exit_code] { exit_code = Clusters(*arguments); });
}

}  // namespace cairn::commands
