// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_LAB_LAB_OPTIONS_H_
#define CAIRN_COMMANDS_LAB_LAB_OPTIONS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the name of the library
class App;
}

// What the commands of cairn-lab have in common.
namespace cairn::lab {

struct ReportOptions {
  std::string format = "table";
  int threads = 1;
  bool quiet = false;  // nothing but faults on standard error
};

// -f,--format (of `formats`; empty: there is no choice), -t,--threads and -q,--quiet, and what the
// help says of the exit status.
// Requires: `options` outlives `app`.
void AddReportOptions(CLI::App& app, ReportOptions& options,
                      const std::vector<std::string>& formats);

// The report on standard output, and the CPU time on standard error.  Returns the exit code.
int PrintReport(std::string_view command, const ReportOptions& options, const std::string& report);

// Says "cairn-lab COMMAND: MESSAGE" on standard error.
void PrintError(std::string_view command, const absl::Status& status);
// PrintError, and the exit status to return; by itself it is kUsage for what an argument caused,
// else kFailed.
int Fail(std::string_view command, int exit_code, const absl::Status& status);
int Fail(std::string_view command, const absl::Status& status);
// The same with a note that is no fault; an empty one is not said.
void Tell(std::string_view command, const std::string& note);

}  // namespace cairn::lab

#endif  // CAIRN_COMMANDS_LAB_LAB_OPTIONS_H_
