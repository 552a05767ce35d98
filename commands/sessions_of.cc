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
#include "config/quantity.h"
#include "detector/surveys/session_timeline.h"
#include "output/line_writer.h"
#include "output/surveys/timeline_report.h"
#include "output/terminal.h"

namespace cairn::commands {
namespace {

constexpr char kCommand[] = "sessions of";
constexpr size_t kAlertDigits = 16;
constexpr size_t kHostsInMessage = 5;
constexpr size_t kRowsForPeople = 200;

struct Arguments {
  SessionArguments sessions;
  std::string target;
  std::string host;
  std::string before = "1h";
  std::string after = "1h";
};

// What is asked for, as the command line has it.
struct Question {
  std::string alert;  // empty: none
  std::optional<IpAddress> host;
  PacketDelta before;
  PacketDelta after;
};

bool IsAlertId(const std::string& text) {
  return text.size() == kAlertDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

absl::StatusOr<PacketDelta> ParseLength(std::string_view option, const std::string& text) {
  const absl::StatusOr<PacketDelta> length = config::ParseDuration(text);
  if (length.ok()) return *length;
  return absl::InvalidArgumentError(
      fmt::format("{} {}: {}; write a length of time such as 30min or 1h", option, text,
                  std::string(length.status().message())));
}

absl::StatusOr<Question> QuestionOf(const Arguments& arguments) {
  Question question;
  if (IsAlertId(arguments.target)) question.alert = arguments.target;
  const std::string& host = question.alert.empty() ? arguments.target : arguments.host;
  if (question.alert.empty() && !arguments.host.empty()) {
    return absl::InvalidArgumentError("--host says whose sessions around an alert; " +
                                      arguments.target + " is no alert");
  }
  if (!host.empty()) {
    const absl::StatusOr<IpAddress> ip = IpAddress::Parse(host);
    if (!ip.ok()) {
      return absl::InvalidArgumentError(
          question.alert.empty()
              ? fmt::format("'{}' is neither an address nor an alert, whose id has {} digits of "
                            "0-9 and a-f",
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

absl::StatusOr<IpAddress> HostOf(const Question& question, const surveys::AlertSessions& alert) {
  if (alert.count() == 0) {
    return absl::NotFoundError(
        fmt::format("no session of these files carries the alert {}", question.alert));
  }
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
      alert.count() == 1 ? "" : "s", question.alert,
      shared.empty() ? "have no host in common" : "may be those of more than one host", list));
}

// Held within what PacketTime can add to without wrapping.
PacketTime Shifted(PacketTime time, PacketDelta length) {
  const auto least = PacketTime::InfinitePast();
  const auto most = PacketTime::InfiniteFuture();
  if (length >= PacketDelta::Zero()) return time > most - length ? most : time + length;
  return time < least - length ? least : time + length;
}

// Fills in what the query asks of an alert, which takes one pass.
absl::Status LookForAlert(const Question& question, const SessionFiles& files,
                          surveys::TimelineQuery& query) {
  absl::Status status = CheckReadTwice(files);
  if (!status.ok()) return status;
  surveys::AlertSessions alert(question.alert);
  // Faults and notes are told in the second pass.
  const SessionsTold told =
      ReadSessionFiles({}, files, [&alert](const SessionRecord& session) { alert.Add(session); });
  if (StopSignal() != 0) return absl::CancelledError("stopped");
  const absl::StatusOr<IpAddress> host = HostOf(question, alert);
  // A file that could not be read is no wrong usage.
  if (alert.count() == 0 && !told.fault.ok()) {
    return absl::FailedPreconditionError(told.fault.message());
  }
  if (!host.ok()) return host.status();
  query.host = *host;
  query.alert = question.alert;
  query.near_first = alert.first();
  query.near_last = alert.last();
  query.from = Shifted(alert.first(), -question.before);
  query.to = Shifted(alert.last(), question.after);
  return absl::OkStatus();
}

std::string TextOf(const Arguments& arguments, const output::TimelineReport& report) {
  const std::string format = FormatOf(arguments.sessions);
  if (format == "csv") return output::TimelineCsv(report);
  if (format == "svg") return output::TimelineChart(report);
  if (format == "json") return output::TimelineJson(report);
  return output::TimelineTable(report, output::StyleOf(STDOUT_FILENO));
}

int Fail(int exit_code, const absl::Status& status) {
  Complain(kCommand, status);
  return exit_code;
}

int SessionsOf(const Arguments& arguments) {
  const absl::StatusOr<Question> question = QuestionOf(arguments);
  if (!question.ok()) return Fail(kUsage, question.status());
  CatchStopSignals();
  const absl::StatusOr<SessionFiles> files = OpenSessionFiles(arguments.sessions);
  if (!files.ok()) {
    return Fail(absl::IsInvalidArgument(files.status()) ? kUsage : kFailed, files.status());
  }
  surveys::TimelineQuery query;
  const bool for_people = FormatOf(arguments.sessions) == "table";
  query.limit =
      arguments.sessions.limit == 0 && for_people ? kRowsForPeople : LimitOf(arguments.sessions);
  if (question->alert.empty()) {
    query.host = *question->host;
  } else if (absl::Status status = LookForAlert(*question, *files, query); !status.ok()) {
    if (StopSignal() != 0) return ExitCodeOf(kCommand, {}, absl::OkStatus());
    return Fail(absl::IsInvalidArgument(status) ? kUsage : kFailed, status);
  }
  surveys::SessionTimeline timeline(query);
  const SessionsTold told = ReadSessionFiles(kCommand, *files, [&](const SessionRecord& session) {
    if (files->span.Contains(session.first_time)) timeline.Add(session);
  });
  output::TimelineReport report{.host = query.host,
                                .alert = query.alert,
                                .zero = query.near_first,
                                .entries = timeline.Entries(),
                                .more = timeline.more()};
  if (query.alert.empty() && !report.entries.empty()) {
    report.zero = report.entries.front().session.first_time;
  }
  const bool nothing = told.records == 0 && !told.fault.ok();
  const std::string text = nothing ? std::string() : TextOf(arguments, report);
  const absl::Status printed =
      text.empty() ? absl::OkStatus() : output::LineWriter::StandardOutput()->Write(text);
  const int exit_code = ExitCodeOf(kCommand, told, printed);
  if (told.records > 0 && report.entries.empty()) {
    fmt::print(stderr, "cairn {}: no session of {}\n", kCommand, query.host.ToString());
  }
  if (report.more > 0 && !for_people) {
    fmt::print(stderr, "cairn {}: {} more sessions are beyond the limit (--limit)\n", kCommand,
               report.more);
  }
  return exit_code;
}

}  // namespace

void AddSessionsOf(CLI::App& sessions, int& exit_code) {
  CLI::App* command =
      sessions.add_subcommand("of", "List the sessions of a host, or those around an alert");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("TARGET", arguments->target, "An address, or the id of an alert")
      ->type_name("")
      ->required();
  AddSessionArguments(*command, arguments->sessions,
                      "So many sessions; default: 200 in a table, 20 in a figure, else 100000");
  command->add_option("--host", arguments->host, "Whose sessions around the alert")
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
