// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_PROGRAM_COMMANDS_H_
#define CAIRN_TRACES_PROGRAM_COMMANDS_H_

#include <string>

#include "absl/status/status.h"

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

// Says what went wrong; returns the exit code for it.
int Complain(const char* command, const absl::Status& status);

// TRACE.truth.json beside TRACE.pcap, compressed when the trace is.
std::string TruthPathOf(const std::string& trace);

}  // namespace cairn::traces::program

#endif  // CAIRN_TRACES_PROGRAM_COMMANDS_H_
