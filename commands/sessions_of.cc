// SPDX-License-Identifier: BSD-3-Clause
// cairn sessions of: what one host did, all the time or around an alert.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/commands.h"
#include "commands/run.h"
#include "commands/session_commands.h"
#include "commands/session_input.h"
#include "commands/signals.h"
#include "config/keys/quantity.h"
#include "output/line_writer.h"
#include "output/terminal.h"
#include "surveys/alert_search.h"
#include "surveys/reports/timeline_report.h"
#include "surveys/session_timeline.h"

namespace cairn::commands {
namespace {

constexpr char kSessionsOfCommand[] = "sessions of";
constexpr size_t kAlertDigits = 16;
constexpr size_t kHostsInMessage = 5;
constexpr size_t kIdsInMessage = 10;
constexpr size_t kSessionsForPeople = 200;

struct SessionsOfArguments {
  SessionArguments sessions;
  std::string target;
  std::string host;
  std::string before = "1h";
  std::string after = "1h";
};

// What is asked for, as the command line has it.
struct Question {
  std::string id;  // of an alert or a chain, or its beginning; empty: none
  std::optional<IpAddress> host;
  PacketDelta before;
  PacketDelta after;
};

bool IsChain(std::string_view id) { return id.starts_with(surveys::kChainMark); }

bool IsBeginOfTarget(std::string_view text) {
  if (IsChain(text)) text.remove_prefix(surveys::kChainMark.size());
  return !text.empty() && text.size() <= kAlertDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

absl::StatusOr<PacketDelta> ParseLength(std::string_view option, const std::string& text) {
  const absl::StatusOr<PacketDelta> length = config::ParseDuration(text);
  if (length.ok()) return *length;
  return absl::InvalidArgumentError(
      fmt::format("{} {}: {}; write a length of time such as 30min or 1h", option, text,
                  std::string(length.status().message())));
}

absl::StatusOr<Question> QuestionOf(const SessionsOfArguments& arguments) {
  Question question;
  if (IsBeginOfTarget(arguments.target)) question.id = arguments.target;
  const std::string& host = question.id.empty() ? arguments.target : arguments.host;
  if (question.id.empty() && !arguments.host.empty()) {
    return absl::InvalidArgumentError("--host chooses the host of an alert; " + arguments.target +
                                      " is no alert");
  }
  if (!host.empty()) {
    const absl::StatusOr<IpAddress> ip = IpAddress::Parse(host);
    if (!ip.ok()) {
      return absl::InvalidArgumentError(
          question.id.empty()
              ? fmt::format("'{}' is neither an address nor the id of an alert ({} digits of 0-9 "
                            "and a-f, or the first of them) or a chain (the same after c-)",
                            host, kAlertDigits)
              : fmt::format("--host {}", std::string(ip.status().message())));
    }
    question.host = *ip;
  }
  const absl::StatusOr<PacketDelta> before = ParseLength("--before", arguments.before);
  if (!before.ok()) return before.status();
  const absl::StatusOr<PacketDelta> after = ParseLength("--after", arguments.after);
  if (!after.ok()) return after.status();
  question.before = *before;
  question.after = *after;
  return question;
}

// An alert's sessions are found in a first pass, their surroundings in a second one.
absl::Status CheckReadTwice(const SessionFiles& files) {
  for (const std::string& path : files.paths) {
    struct stat status {};
    const bool regular = path != "-" && stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
    if (regular) continue;
    return absl::InvalidArgumentError(fmt::format(
        "{}: to find what was around an alert the records are read twice, which only a file can "
        "be; store them in one, or ask for a host with --since and --until",
        path == "-" ? "standard input" : path));
  }
  return absl::OkStatus();
}

// The one id that begins as it was written.
absl::StatusOr<std::string> WholeId(const Question& question, const surveys::AlertSearch& search) {
  const auto& found = search.found();
  if (found.size() == 1) return found.begin()->first;
  if (found.empty()) {
    const std::string_view what = IsChain(question.id) ? "chain" : "alert";
    const bool whole = question.id.size() >= kAlertDigits;
    return absl::NotFoundError(
        whole ? fmt::format("no session in these files belongs to the {} {}", what, question.id)
              : fmt::format("no session in these files belongs to {} {} whose id begins with '{}'",
                            IsChain(question.id) ? "a" : "an", what, question.id));
  }
  std::string list;
  for (auto it = found.begin(); it != found.end(); ++it) {
    if (std::distance(found.begin(), it) == kIdsInMessage) {
      list += ", ...";
      break;
    }
    list += (list.empty() ? "" : ", ") + it->first;
  }
  return absl::InvalidArgumentError(
      fmt::format("'{}' is the beginning of {}{} ids; write more of one of them: {}", question.id,
                  found.size(), search.more() > 0 ? " or more" : "", list));
}

absl::StatusOr<IpAddress> HostOf(const Question& question, const std::string& id,
                                 const surveys::AlertSessions& alert) {
  if (question.host.has_value()) return *question.host;
  const std::vector<IpAddress> shared = alert.SharedHosts();
  if (shared.size() == 1) return shared[0];
  std::string list;
  const std::vector<IpAddress> hosts = shared.empty() ? alert.Hosts() : shared;
  for (size_t i = 0; i < std::min(hosts.size(), kHostsInMessage); ++i) {
    list += (list.empty() ? "" : ", ") + hosts[i].ToString();
  }
  return absl::InvalidArgumentError(fmt::format(
      "the {} session{} of alert {} {}; choose one by --host: {}", alert.count(),
      alert.count() == 1 ? "" : "s", id,
      shared.empty() ? "have no host in common" : "may be those of more than one host", list));
}

// Held within what PacketTime can add to without wrapping.
PacketTime Shifted(PacketTime time, PacketDelta length) {
  const auto least = PacketTime::InfinitePast();
  const auto most = PacketTime::InfiniteFuture();
  if (length >= PacketDelta::Zero()) return time > most - length ? most : time + length;
  return time < least - length ? least : time + length;
}

// Fills in what the query asks of an alert or a chain, which takes one pass.
absl::Status LookForAlert(const Question& question, const SessionFiles& files, std::string& id,
                          surveys::TimelineQuery& query) {
  absl::Status status = CheckReadTwice(files);
  if (!status.ok()) return status;
  surveys::AlertSearch search(question.id);
  // Faults and notes are told in the second pass.
  const SessionsTold told =
      ReadSessionFiles({}, files, [&search](const SessionRecord& session) { search.Add(session); });
  if (StopSignal() != 0) return absl::CancelledError("stopped");
  const absl::StatusOr<std::string> whole = WholeId(question, search);
  // A file that could not be read is no wrong usage.
  if (search.found().empty() && !told.fault.ok()) {
    return absl::FailedPreconditionError(told.fault.message());
  }
  if (!whole.ok()) return whole.status();
  id = *whole;
  const surveys::AlertSessions& alert = search.found().at(id);
  query.alerts = {id};
  if (IsChain(id)) {
    query.alerts = search.NamesOf(id);
    query.host = question.host;
    // Its own sessions, however far apart they are.
    if (!query.host.has_value()) return absl::OkStatus();
  } else {
    const absl::StatusOr<IpAddress> host = HostOf(question, id, alert);
    if (!host.ok()) return host.status();
    query.host = *host;
  }
  query.near_first = alert.first();
  query.near_last = alert.last();
  query.from = Shifted(alert.first(), -question.before);
  query.to = Shifted(alert.last(), question.after);
  return absl::OkStatus();
}

std::string TextOf(const SessionsOfArguments& arguments, const output::TimelineReport& report) {
  const std::string format = FormatOf(arguments.sessions);
  if (format == "csv") return output::TimelineCsv(report);
  if (format == "svg") return output::TimelineChart(report);
  if (format == "json") return output::TimelineJson(report);
  return output::TimelineTable(report, output::StyleOf(STDOUT_FILENO));
}

int SessionsOf(const SessionsOfArguments& arguments) {
  const absl::StatusOr<Question> question = QuestionOf(arguments);
  if (!question.ok()) return Fail(kSessionsOfCommand, kUsage, question.status());
  CatchStopSignals();
  const absl::StatusOr<SessionFiles> files = OpenSessionFiles(arguments.sessions);
  if (!files.ok()) {
    return Fail(kSessionsOfCommand, files.status());
  }
  surveys::TimelineQuery query;
  const bool for_people = FormatOf(arguments.sessions) == "table";
  query.limit = arguments.sessions.limit == 0 && for_people ? kSessionsForPeople
                                                            : LimitOf(arguments.sessions);
  std::string id;
  if (question->id.empty()) {
    query.host = *question->host;
  } else if (absl::Status status = LookForAlert(*question, *files, id, query); !status.ok()) {
    if (StopSignal() != 0) return ExitCodeOf(kSessionsOfCommand, {}, absl::OkStatus());
    return Fail(kSessionsOfCommand, status);
  }
  surveys::SessionTimeline timeline(query);
  const SessionsTold told =
      ReadSessionFiles(kSessionsOfCommand, *files, [&](const SessionRecord& session) {
        if (files->span.Contains(session.first_time)) timeline.Add(session);
      });
  output::TimelineReport report{.host = query.host,
                                .alert = id,
                                .zero = query.near_first,
                                .entries = timeline.Entries(),
                                .more = timeline.more()};
  if ((id.empty() || !query.host.has_value()) && !report.entries.empty()) {
    report.zero = report.entries.front().session.first_time;
  }
  const bool nothing = told.records == 0 && !told.fault.ok();
  const std::string text = nothing ? std::string() : TextOf(arguments, report);
  const absl::Status printed =
      text.empty() ? absl::OkStatus() : output::LineWriter::StandardOutput()->Write(text);
  const int exit_code = ExitCodeOf(kSessionsOfCommand, told, printed);
  if (told.records > 0 && report.entries.empty()) {
    fmt::print(stderr, "cairn {}: no session of {}\n", kSessionsOfCommand,
               query.host.has_value() ? query.host->ToString() : id);
  }
  if (report.more > 0 && !for_people) {
    fmt::print(stderr, "cairn {}: {} more sessions are beyond the limit (--limit)\n",
               kSessionsOfCommand, report.more);
  }
  return exit_code;
}

}  // namespace

void AddSessionsOf(CLI::App& sessions, int& exit_code) {
  CLI::App* command = sessions.add_subcommand(
      "of", "List the sessions of a host, those around an alert, or those of a chain");
  const auto arguments = std::make_shared<SessionsOfArguments>();
  command
      ->add_option("TARGET", arguments->target,
                   "An address, or the id of an alert or a chain, or its first digits")
      ->type_name("")
      ->required();
  AddSessionArguments(*command, arguments->sessions,
                      "The N sessions nearest to the alert, or the first N; default: 200 in a "
                      "table, 20 in a figure, else 100000");
  command->add_option("--host", arguments->host, "The host whose sessions around the alert to list")
      ->type_name("IP");
  command
      ->add_option("--before", arguments->before,
                   "How long before the alert's first session; default: 1h")
      ->type_name("TIME");
  command
      ->add_option("--after", arguments->after,
                   "How long after the alert's last session; default: 1h")
      ->type_name("TIME");
  command->callback([arguments, &exit_code] { exit_code = SessionsOf(*arguments); });
}

}  // namespace cairn::commands
