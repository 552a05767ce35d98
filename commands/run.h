// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_RUN_H_
#define CAIRN_COMMANDS_RUN_H_

#include <chrono>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "capture/segment_source.h"
#include "commands/outputs.h"
#include "commands/ready_detector.h"
#include "commands/run_options.h"
#include "commands/state_file.h"
#include "commands/stream_file.h"
#include "commands/stream_source.h"
#include "config/settings.h"
#include "detector/detector.h"
#include "output/writer_list.h"
#include "traceback/tracing/asker/tracer.h"

namespace cairn::commands {

// What differs between reading files and watching a link.
class RunPolicy {
 public:
  enum class Next { kGoOn, kStop };

  virtual ~RunPolicy() = default;
  // Called after each batch has been processed.  `silent`: the source said kIdle, nothing waits in
  // it.
  // An error is the detector's, or an output's.
  virtual absl::StatusOr<Next> AfterBatch(capture::SegmentSource& source, Detector& detector,
                                          bool silent) = 0;
};

// One run from a source to the outputs: the same for replay and watch.
struct Run {
  std::string_view command;  // for messages and the summary
  const RunOptions& options;
  const config::Settings& settings;
  ReadyDetector& detector;
  capture::SegmentSource& source;
  Outputs& outputs;
  RunPolicy& policy;
  std::chrono::steady_clock::time_point start;
  tracing::TraceRunner* tracer = nullptr;  // who traces chains upon alerts; null: nobody
  // `source` itself, where it is a stored stream; else null.
  StreamSource* stored = nullptr;
  StreamFile* stream_file = nullptr;  // where the sensor's stream is stored; null: nowhere
  // Where the state goes when the run has not failed; null, or without a name: open pairs end with
  // the run.
  const StateFile* state = nullptr;
};

// How a run ended.  Several can be true at once.
struct RunEnd {
  absl::Status input;   // the capture's fault; what came before it was processed
  absl::Status output;  // of the first output that ended the run, or the detector's; nothing was
                        // written after it
  std::vector<output::WriterList::Fault> faults;  // of all outputs, also where the run went on
  absl::Status stream;  // of the stream that was to be stored; the rest went on without it
  absl::Status state;   // of the state file; it is as it was before the run
  bool interrupted = false;

  bool failed() const {
    return !input.ok() || !output.ok() || !faults.empty() || !stream.ok() || !state.ok();
  }
};

// Reads until the source ends, fails, the outputs fail, `policy` stops it, or a stop signal came;
// ends the open pairs, closes the outputs, explains faults on standard error and prints the
// summary.
RunEnd RunToEnd(const Run& run);

// Says "cairn COMMAND: MESSAGE" on standard error.
void PrintError(std::string_view command, const absl::Status& status);
// PrintError, and the exit status to return; by itself it is kUsage for what an argument caused,
// else kFailed.
int Fail(std::string_view command, int exit_code, const absl::Status& status);
int Fail(std::string_view command, const absl::Status& status);

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_RUN_H_
