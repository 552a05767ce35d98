// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_OUTPUTS_H_
#define CAIRN_COMMANDS_OUTPUTS_H_

#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "commands/run_options.h"
#include "detector/findings/event.h"
#include "files/output_guard.h"
#include "output/any_event.h"
#include "output/line_writer.h"
#include "output/progress.h"
#include "output/sessions/rotation.h"
#include "output/writer_list.h"

namespace cairn::commands {

// Sends each event where the user wants it: JSON lines to a file, and a table or JSON lines to
// standard output.
//
//   standard output is  | --format | --alerts | it gets
//   a terminal          | -        | any file | table
//   not a terminal      | -        | -        | JSON lines
//   not a terminal      | -        | a file   | nothing
//   either              | given    | not '-'  | that format
//   either              | -        | '-'      | JSON lines
class Outputs : public EventSink {
 public:
  // Whether all files can be opened; nothing is made or changed.  To be called before any work.
  // Requires: CheckRunOptions(options) is ok.
  static absl::Status Check(const RunOptions& options, output::ExistingFile existing,
                            const files::OutputGuard& guard);
  // Errors are the guard's, and a database's.
  // Requires: CheckRunOptions(options) is ok.
  static absl::StatusOr<std::unique_ptr<Outputs>> Open(const RunOptions& options,
                                                       const output::Rotation& session_files,
                                                       output::ExistingFile existing,
                                                       const files::OutputGuard& guard);

  absl::Status Write(const Event& event) override { return Write(output::AnyEvent(event)); }
  absl::Status Write(const output::AnyEvent& event);
  absl::Status WriteScore(const HostScore& score) override { return writers_.WriteScore(score); }
  // OK whatever becomes of the records: alerts matter more, so a fault of records only ends them.
  absl::Status WriteSession(const SessionRecord& session) override {
    return writers_.WriteSession(session);
  }

  // What is told of all outputs together.
  output::WriterList& writers() { return writers_; }

  // Null unless standard error is a terminal and the user wants to see it.
  output::ProgressLine* progress() { return progress_.has_value() ? &*progress_ : nullptr; }

 private:
  Outputs() = default;
  // Kept open as long as this.
  absl::StatusOr<output::LineWriter*> OpenFile(const files::Output& file,
                                               const files::OutputGuard& guard);
  void AddStandardOutput(const RunOptions& options);

  std::vector<std::unique_ptr<output::LineWriter>> files_;
  output::WriterList writers_;
  std::optional<output::ProgressLine> progress_;
};

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_OUTPUTS_H_
