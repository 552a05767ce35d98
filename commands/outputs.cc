// SPDX-License-Identifier: BSD-3-Clause
#include "commands/outputs.h"

#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "output/own_lines.h"
#include "output/sessions/own_sessions.h"
#include "output/sessions/rotating_writer.h"
#include "output/terminal.h"

namespace cairn::commands {
namespace {

constexpr std::string_view kStandardOutput = "-";

std::string StandardOutputForm(const RunOptions& options) {
  if (options.alerts == kStandardOutput) return "json";
  if (options.sessions == kStandardOutput) return "none";
  if (!options.format.empty()) return options.format;
  if (output::IsTerminal(STDOUT_FILENO)) return "table";
  return options.alerts.empty() ? "json" : "none";
}

absl::StatusOr<std::unique_ptr<output::SessionWriter>> OpenSessions(
    const RunOptions& options, const output::Rotation& rotation, output::ExistingFile existing,
    const files::OutputGuard& guard) {
  const output::SessionFormat format = SessionFormatOf(options);
  if (rotation.IsSet()) {
    return output::RotatingWriter::Open(options.sessions, format, existing, rotation, guard);
  }
  return output::OpenSessionWriter(options.sessions, format, existing, guard);
}

files::Output AlertOutput(const RunOptions& options, output::ExistingFile existing) {
  return {.option = "--alerts",
          .what = "alerts",
          .path = options.alerts,
          .existing = existing,
          .is_ours = output::BeginsLikeAlerts};
}

files::Output ScoreOutput(const RunOptions& options, output::ExistingFile existing) {
  return {.option = "--relays",
          .what = "host scores",
          .path = options.relays,
          .existing = existing,
          .is_ours = output::BeginsLikeScores};
}

bool IsFile(const std::string& path) { return !path.empty() && path != kStandardOutput; }

}  // namespace

absl::Status Outputs::Check(const RunOptions& options, output::ExistingFile existing,
                            const files::OutputGuard& guard) {
  std::vector<files::Output> outputs;
  if (IsFile(options.alerts)) outputs.push_back(AlertOutput(options, existing));
  if (IsFile(options.relays)) outputs.push_back(ScoreOutput(options, existing));
  const output::SessionFormat format = SessionFormatOf(options);
  const bool has_sessions = IsFile(options.sessions);
  if (has_sessions) {
    outputs.push_back(output::SessionOutput(options.sessions, format, existing));
  }
  absl::Status status = guard.Check(outputs);
  if (!status.ok() || !has_sessions || format != output::SessionFormat::kSqlite) return status;
  status = output::CheckSessionDatabase(options.sessions, existing);
  return absl::IsInvalidArgument(status) && guard.replaces_foreign() ? absl::OkStatus() : status;
}

absl::StatusOr<std::unique_ptr<Outputs>> Outputs::Open(const RunOptions& options,
                                                       const output::Rotation& session_files,
                                                       output::ExistingFile existing,
                                                       const files::OutputGuard& guard) {
  std::unique_ptr<Outputs> outputs(new Outputs());
  if (IsFile(options.alerts)) {
    absl::StatusOr<std::unique_ptr<output::LineWriter>> file =
        output::LineWriter::Open(AlertOutput(options, existing), guard);
    if (!file.ok()) return file.status();
    outputs->file_writer_ = *std::move(file);
    outputs->file_.emplace(*outputs->file_writer_);
  }
  if (!options.relays.empty()) {
    absl::StatusOr<std::unique_ptr<output::LineWriter>> file =
        output::LineWriter::Open(ScoreOutput(options, existing), guard);
    if (!file.ok()) return file.status();
    outputs->relays_writer_ = *std::move(file);
    outputs->relays_.emplace(*outputs->relays_writer_);
  }
  if (!options.sessions.empty()) {
    absl::StatusOr<std::unique_ptr<output::SessionWriter>> writer =
        OpenSessions(options, session_files, existing, guard);
    if (!writer.ok()) return writer.status();
    outputs->sessions_ = *std::move(writer);
  }
  outputs->standard_writer_ = output::LineWriter::StandardOutput();
  const std::string form = StandardOutputForm(options);
  if (form == "json") outputs->lines_.emplace(*outputs->standard_writer_);
  if (form == "table")
    outputs->table_.emplace(*outputs->standard_writer_, output::StyleOf(STDOUT_FILENO));
  if (!options.quiet && output::IsTerminal(STDERR_FILENO)) {
    outputs->progress_.emplace(STDERR_FILENO, output::StyleOf(STDERR_FILENO).columns);
  }
  return outputs;
}

absl::Status Outputs::Write(const Event& event) { return WriteToAll(event); }

absl::Status Outputs::Write(const TracebackEvent& event) { return WriteToAll(event); }

absl::Status Outputs::Write(const capture::ClockStep& step) { return WriteToAll(step); }

template <typename AnyEvent>
absl::Status Outputs::WriteToAll(const AnyEvent& event) {
  if (progress_.has_value()) progress_->Clear();
  // The file comes first: it is what programs and investigations rely on.
  absl::Status status;
  if (file_.has_value()) status.Update(file_->Write(event));
  if (lines_.has_value()) status.Update(lines_->Write(event));
  if (table_.has_value()) status.Update(table_->Write(event));
  return status;
}

absl::Status Outputs::WriteScore(const HostScore& score) {
  return relays_.has_value() ? relays_->WriteScore(score) : absl::OkStatus();
}

absl::Status Outputs::WriteSession(const SessionRecord& session) {
  if (sessions_ == nullptr) return absl::OkStatus();
  if (sessions_fault_.ok()) {
    sessions_fault_ = sessions_->Write(session);
    if (!sessions_fault_.ok() && progress_.has_value()) progress_->Clear();
  } else {
    ++sessions_lost_;
  }
  return absl::OkStatus();
}

void Outputs::FlushSessions() {
  if (sessions_ != nullptr && sessions_fault_.ok()) sessions_fault_ = sessions_->Flush();
}

absl::Status Outputs::CloseSessions() {
  if (sessions_ == nullptr) return absl::OkStatus();
  const absl::Status closed = sessions_->Close();
  sessions_fault_.Update(closed);
  sessions_lost_ += sessions_->lost();
  sessions_.reset();
  return sessions_fault_;
}

absl::Status Outputs::Close() {
  if (progress_.has_value()) progress_->Clear();
  return table_.has_value() ? table_->WriteDigest() : absl::OkStatus();
}

}  // namespace cairn::commands
