// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_PROGRAM_COMMANDS_H_
#define CAIRN_TRACES_PROGRAM_COMMANDS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

#include "files/output_guard.h"

namespace CLI {
class App;
}

// The command line of cairn-traces.  Each function adds one subcommand; its callback stores the
// exit code: 0 done, 1 failed at run time, 2 wrong usage.
namespace cairn::traces::program {

// Requires: `exit_code` outlives `app`.
void AddGenerate(CLI::App& app, int& exit_code);
void AddCut(CLI::App& app, int& exit_code);
void AddForge(CLI::App& app, int& exit_code);
void AddTruth(CLI::App& app, int& exit_code);

// --force, and what it means for a run that reads `inputs` ("-": standard input).
// Requires: `force` outlives `app`.
void AddForce(CLI::App& app, bool& force);
files::OutputGuard GuardOf(bool force, const std::vector<std::string>& inputs);
// Whether the capture ("-": standard output) and the truth (empty: none) can be written.
absl::Status CheckOutputs(const files::OutputGuard& guard, const std::string& option,
                          const std::string& capture, const std::string& truth);

// An option for a length of time, a number of seconds or with its unit.
// Requires: `seconds` outlives `app`.
void AddSeconds(CLI::App& app, const std::string& names, double& seconds, const std::string& help);

// Says what went wrong; returns the exit code for it.
int Complain(const char* command, const absl::Status& status);

// TRACE.truth.json beside TRACE.pcap, compressed when the trace is.
std::string TruthPathOf(const std::string& trace);

}  // namespace cairn::traces::program

#endif  // CAIRN_TRACES_PROGRAM_COMMANDS_H_
