// SPDX-License-Identifier: BSD-3-Clause
#include "commands/session_input.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <tuple>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "base/time_text.h"
#include "capture/byte_stream.h"
#include "commands/commands.h"
#include "commands/input_files.h"
#include "commands/run.h"
#include "commands/signals.h"
#include "config/keys/quantity.h"
#include "output/line_writer.h"
#include "output/sessions/session_reader.h"
#include "output/terminal.h"

namespace cairn::commands {
namespace {

constexpr size_t kRowsForPeople = 20;
constexpr size_t kRowsForPrograms = 100'000;
constexpr size_t kMostRows = 1'000'000;

absl::StatusOr<PacketTime> ParseTime(std::string_view option, const std::string& text) {
  if (const std::optional<PacketTime> time = ParseRfc3339(text)) return *time;
  const absl::StatusOr<PacketTime> date = config::ParseDate(text);
  if (date.ok()) return *date;
  return absl::InvalidArgumentError(fmt::format(
      "{} {}: this is not a time; write 2026-11-21T10:15:00Z or 2026-11-21 (UTC)", option, text));
}

absl::StatusOr<TimeSpan> SpanOf(const SessionArguments& arguments) {
  TimeSpan span;
  for (const auto& [option, text, time] : {std::tuple{"--since", &arguments.since, &span.from},
                                           std::tuple{"--until", &arguments.until, &span.to}}) {
    if (text->empty()) continue;
    const absl::StatusOr<PacketTime> parsed = ParseTime(option, *text);
    if (!parsed.ok()) return parsed.status();
    *time = *parsed;
  }
  if (span.from < span.to) return span;
  return absl::InvalidArgumentError("--until is not after --since; no session can be between them");
}

// A pipe can be opened only once; all else is tried before anything is read.
absl::Status TryToOpen(const std::string& path) {
  struct stat status {};
  if (path == kStandardInput) return absl::OkStatus();
  const bool there = stat(path.c_str(), &status) == 0;
  if (there && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return absl::OkStatus();
  const absl::Status opened = capture::ByteStream::Open(path, capture::EmptyFile::kAllow).status();
  return absl::IsInvalidArgument(opened) ? absl::FailedPreconditionError(opened.message()) : opened;
}

void PrintNotes(std::string_view command, const std::string& path,
                const output::SessionsRead& read) {
  const std::string name = path == kStandardInput ? "standard input" : path;
  if (read.cut) {
    fmt::print(stderr, "cairn {}: {}: the last record is cut off and was left out\n", command,
               name);
  }
  if (read.unknown_columns.empty()) return;
  std::string columns;
  for (const std::string& column : read.unknown_columns) {
    columns += (columns.empty() ? "" : ", ") + column;
  }
  fmt::print(stderr, "cairn {}: {}: unknown columns were ignored: {}\n", command, name, columns);
}

absl::Status BadLines(const std::string& path, const output::SessionsRead& read) {
  if (read.bad_lines == 0) return absl::OkStatus();
  const uint64_t more = read.bad_lines - 1;
  const std::string others =
      more == 0 ? "" : fmt::format(", and {} more line{}", more, more == 1 ? "" : "s");
  return absl::DataLossError(fmt::format("{}:{}: this line is not a session record: {}{}", path,
                                         read.first_bad_line, read.first_fault, others));
}

}  // namespace

void AddSessionArguments(CLI::App& app, SessionArguments& arguments, const std::string& limit) {
  app.add_option("FILE", arguments.files,
                 "Session records, in any form; '-' or none: standard input")
      ->type_name("");
  app.add_option("--since", arguments.since, "Only sessions that began then or later (UTC)")
      ->type_name("TIME");
  app.add_option("--until", arguments.until, "Only sessions that began before then (UTC)")
      ->type_name("TIME");
  app.add_option("-f,--format", arguments.format, "Default: table on a terminal, else JSON")
      ->type_name("table|json|csv|svg")
      ->check(CLI::IsMember({"table", "json", "csv", "svg"}).description(""));
  app.add_option("--limit", arguments.limit, limit)
      ->type_name("N")
      ->check(CLI::Range(size_t{1}, kMostRows).description(""));
  app.footer(
      "\nExit status: 0 done, 1 failed at run time, 2 wrong usage, 128+N ended by signal N.");
}

std::string FormatOf(const SessionArguments& arguments) {
  if (!arguments.format.empty()) return arguments.format;
  return output::IsTerminal(STDOUT_FILENO) ? "table" : "json";
}

size_t LimitOf(const SessionArguments& arguments) {
  if (arguments.limit > 0) return arguments.limit;
  const std::string format = FormatOf(arguments);
  return format == "table" || format == "svg" ? kRowsForPeople : kRowsForPrograms;
}

absl::StatusOr<SessionFiles> OpenSessionFiles(const SessionArguments& arguments) {
  SessionFiles files{.paths = arguments.files, .span = {}};
  if (files.paths.empty()) files.paths.emplace_back(kStandardInput);
  absl::Status status = CheckStandardInput(files.paths, "name a file of session records");
  if (!status.ok()) return status;
  const absl::StatusOr<TimeSpan> span = SpanOf(arguments);
  if (!span.ok()) return span.status();
  files.span = *span;
  for (const std::string& path : files.paths) {
    status = TryToOpen(path);
    if (!status.ok()) return status;
  }
  return files;
}

SessionsTold ReadSessionFiles(std::string_view command, const SessionFiles& files,
                              const std::function<void(const SessionRecord&)>& take) {
  SessionsTold told;
  for (const std::string& path : files.paths) {
    output::SessionsRead read;
    const absl::Status status = output::ReadSessions(
        path,
        [&take](const SessionRecord& session) {
          take(session);
          return StopSignal() == 0;
        },
        read);
    told.records += read.records;
    if (StopSignal() != 0) break;
    if (!command.empty()) PrintNotes(command, path, read);
    told.fault.Update(BadLines(path, read));
    told.fault.Update(status);
    if (!status.ok()) break;
  }
  return told;
}

int ExitCodeOf(std::string_view command, const SessionsTold& told, const absl::Status& printed) {
  const bool stopped = StopSignal() != 0;
  const bool sound = told.fault.ok() || stopped;
  if (!sound) {
    PrintError(command, told.fault);
    if (told.records > 0) {
      fmt::print(stderr, "cairn {}: the list holds what could be read\n", command);
    }
  } else if (told.records == 0 && !stopped) {
    fmt::print(stderr, "cairn {}: no session was read\n", command);
  }
  // A reader that has seen enough (| head) is no news to the user.
  if (!printed.ok() && !absl::IsCancelled(printed)) PrintError(command, printed);
  if (!sound || !printed.ok()) return kFailed;
  return stopped ? StopExitCode() : static_cast<int>(kDone);
}

int RunSurvey(const Survey& survey, const SessionArguments& arguments) {
  CatchStopSignals();
  const absl::StatusOr<SessionFiles> files = OpenSessionFiles(arguments);
  if (!files.ok()) {
    PrintError(survey.command, files.status());
    return absl::IsInvalidArgument(files.status()) ? kUsage : kFailed;
  }
  const SessionsTold told =
      ReadSessionFiles(survey.command, *files, [&](const SessionRecord& session) {
        if (files->span.Contains(session.first_time)) survey.add(session);
      });
  const bool nothing = told.records == 0 && !told.fault.ok();
  const std::string text = nothing ? std::string() : survey.text();
  const absl::Status printed =
      text.empty() ? absl::OkStatus() : output::LineWriter::StandardOutput()->Write(text);
  const int exit_code = ExitCodeOf(survey.command, told, printed);
  if (told.records > 0) survey.notes();
  return exit_code;
}

}  // namespace cairn::commands
