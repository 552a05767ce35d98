// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_OUTPUTS_H_
#define CAIRN_COMMANDS_OUTPUTS_H_

#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "capture/clock_step.h"
#include "commands/run_options.h"
#include "detector/findings/event.h"
#include "files/output_guard.h"
#include "output/json_lines.h"
#include "output/line_writer.h"
#include "output/progress.h"
#include "output/sessions/rotation.h"
#include "output/sessions/session_writer.h"
#include "output/table.h"
#include "traceback/findings/traceback_event.h"

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

  absl::Status Write(const Event& event) override;
  absl::Status Write(const TracebackEvent& event);
  absl::Status Write(const capture::ClockStep& step);
  absl::Status WriteScore(const HostScore& score) override;
  // Always OK: alerts matter more than records, so a fault of theirs only ends the records.
  absl::Status WriteSession(const SessionRecord& session) override;
  void FlushSessions();
  // The first fault of the session records, if any.
  absl::Status CloseSessions();
  uint64_t sessions_lost() const { return sessions_lost_; }
  // Writes the table's closing digest, if there is a table.
  absl::Status Close();

  // Null unless standard error is a terminal and the user wants to see it.
  output::ProgressLine* progress() { return progress_.has_value() ? &*progress_ : nullptr; }

 private:
  Outputs() = default;
  template <typename AnyEvent>
  absl::Status WriteToAll(const AnyEvent& event);

  std::unique_ptr<output::LineWriter> file_writer_;
  std::unique_ptr<output::LineWriter> standard_writer_;
  std::unique_ptr<output::LineWriter> relays_writer_;
  std::optional<output::JsonLines> file_;
  std::optional<output::JsonLines> lines_;
  std::optional<output::JsonLines> relays_;
  std::optional<output::Table> table_;
  std::unique_ptr<output::SessionWriter> sessions_;
  absl::Status sessions_fault_;
  uint64_t sessions_lost_ = 0;
  std::optional<output::ProgressLine> progress_;
};

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_OUTPUTS_H_
