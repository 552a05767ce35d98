// SPDX-License-Identifier: BSD-3-Clause
#include "commands/outputs.h"

#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands/stream_file.h"
#include "output/json_lines.h"
#include "output/own_lines.h"
#include "output/sessions/own_sessions.h"
#include "output/sessions/rotating_writer.h"
#include "output/sessions/session_records.h"
#include "output/table.h"
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
  if (IsFile(options.write_stream)) outputs.push_back(StreamFile::OutputOf(options.write_stream));
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
  using output::WriterList;
  std::unique_ptr<Outputs> outputs(new Outputs());
  // The file comes first: it is what programs and investigations rely on.
  if (IsFile(options.alerts)) {
    const absl::StatusOr<output::LineWriter*> file =
        outputs->OpenFile(AlertOutput(options, existing), guard);
    if (!file.ok()) return file.status();
    outputs->writers_.Add(options.alerts, WriterList::Ends::kRun,
                          std::make_unique<output::JsonLines>(**file));
  }
  if (!options.relays.empty()) {
    const absl::StatusOr<output::LineWriter*> file =
        outputs->OpenFile(ScoreOutput(options, existing), guard);
    if (!file.ok()) return file.status();
    outputs->writers_.Add(options.relays, WriterList::Ends::kRun,
                          std::make_unique<output::ScoreLines>(**file));
  }
  if (!options.sessions.empty()) {
    absl::StatusOr<std::unique_ptr<output::SessionWriter>> writer =
        OpenSessions(options, session_files, existing, guard);
    if (!writer.ok()) return writer.status();
    // Alerts matter more than records.
    outputs->writers_.Add(options.sessions, WriterList::Ends::kOutput,
                          std::make_unique<output::SessionRecords>(*std::move(writer)));
  }
  outputs->AddStandardOutput(options);
  if (!options.quiet && output::IsTerminal(STDERR_FILENO)) {
    outputs->progress_.emplace(STDERR_FILENO, output::StyleOf(STDERR_FILENO).columns);
  }
  return outputs;
}

absl::StatusOr<output::LineWriter*> Outputs::OpenFile(const files::Output& file,
                                                      const files::OutputGuard& guard) {
  absl::StatusOr<std::unique_ptr<output::LineWriter>> writer =
      output::LineWriter::Open(file, guard);
  if (!writer.ok()) return writer.status();
  return files_.emplace_back(*std::move(writer)).get();
}

void Outputs::AddStandardOutput(const RunOptions& options) {
  const std::string form = StandardOutputForm(options);
  if (form == "none") return;
  output::LineWriter& writer = *files_.emplace_back(output::LineWriter::StandardOutput());
  std::unique_ptr<output::EventWriter> events;
  if (form == "json") {
    events = std::make_unique<output::JsonLines>(writer);
  } else {
    events = std::make_unique<output::Table>(writer, output::StyleOf(STDOUT_FILENO));
  }
  writers_.Add(writer.name(), output::WriterList::Ends::kRun, std::move(events));
}

absl::Status Outputs::Write(const output::AnyEvent& event) {
  if (progress_.has_value()) progress_->Clear();
  return writers_.Write(event);
}

}  // namespace cairn::commands
