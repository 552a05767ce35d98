// SPDX-License-Identifier: BSD-3-Clause
#include "commands/lab/lab_options.h"

#include <cstdio>
#include <ctime>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/lab/lab_commands.h"
#include "commands/program/program.h"

namespace cairn::lab {

void AddLabCommands(CLI::App& app, int& exit_code) {
  AddScore(app, exit_code);
  AddProtocol(app, exit_code);
  AddCalibration(app, exit_code);
  AddRelays(app, exit_code);
}

void AddReportOptions(CLI::App& app, ReportOptions& options,
                      const std::vector<std::string>& formats) {
  constexpr int kMostThreads = 256;
  if (!formats.empty()) {
    app.add_option("-f,--format", options.format, "Standard output; default: table")
        ->type_name(fmt::format("{}", fmt::join(formats, "|")))
        ->check(CLI::IsMember(formats).description(""));
  }
  app.add_option("-t,--threads", options.threads, "Threads; the result is the same; default: 1")
      ->type_name("N")
      ->check(CLI::Range(1, kMostThreads).description(""));
  app.add_flag("-q,--quiet", options.quiet, "Only faults on standard error");
  app.footer("\nExit status: 0 done, 1 failed at run time, 2 wrong usage or configuration.");
}

int PrintReport(std::string_view command, const ReportOptions& options, const std::string& report) {
  if (std::fwrite(report.data(), 1, report.size(), stdout) != report.size() ||
      std::fflush(stdout) != 0) {
    PrintError(command, absl::UnavailableError("standard output: cannot write the report"));
    return commands::kFailed;
  }
  if (!options.quiet) {
    fmt::print(stderr, "{:.2f} CPU seconds\n", static_cast<double>(std::clock()) / CLOCKS_PER_SEC);
  }
  return commands::kDone;
}

void PrintError(std::string_view command, const absl::Status& status) {
  Tell(command, std::string(status.message()));
}

int Fail(std::string_view command, int exit_code, const absl::Status& status) {
  PrintError(command, status);
  return exit_code;
}

int Fail(std::string_view command, const absl::Status& status) {
  return Fail(command, absl::IsInvalidArgument(status) ? commands::kUsage : commands::kFailed,
              status);
}

void Tell(std::string_view command, const std::string& note) {
  if (!note.empty()) fmt::print(stderr, "cairn-lab {}: {}\n", command, note);
}

}  // namespace cairn::lab
