// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/rotating_writer.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "fmt/format.h"

#include "base/time_text.h"
#include "output/sessions/own_sessions.h"

namespace cairn::output {
namespace {

bool Exists(const std::string& path) {
  std::error_code fault;
  return std::filesystem::exists(std::filesystem::symlink_status(path, fault));
}

// "20261121T101500Z".
std::string Stamp(PacketTime time) {
  std::string stamp = DateText(time) + 'T' + ClockText(time) + 'Z';
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
  return stamp;
}

}  // namespace

std::string RotatedName(const std::string& path, PacketTime begin, uint64_t number) {
  const size_t name = path.rfind('/') + 1;  // npos + 1 is 0
  size_t point = path.rfind('.');
  if (point == std::string::npos || point <= name) point = path.size();
  return fmt::format("{}-{}{}{}", path.substr(0, point), Stamp(begin),
                     number > 0 ? fmt::format("-{}", number) : "", path.substr(point));
}

absl::StatusOr<std::unique_ptr<SessionWriter>> RotatingWriter::Open(
    const std::string& path, SessionFormat format, ExistingFile existing, const Rotation& rotation,
    const files::OutputGuard& guard) {
  if (path == "-") {
    return absl::InvalidArgumentError(
        "standard output: cannot be rotated; name a file, or leave the rotation out");
  }
  absl::StatusOr<std::unique_ptr<SessionWriter>> file =
      OpenSessionWriter(path, format, existing, guard);
  if (!file.ok()) return file.status();
  return std::unique_ptr<SessionWriter>(
      new RotatingWriter(*std::move(file), path, format, existing, rotation, guard));
}

RotatingWriter::RotatingWriter(std::unique_ptr<SessionWriter> file, std::string path,
                               SessionFormat format, ExistingFile existing,
                               const Rotation& rotation, const files::OutputGuard& guard)
    : file_(std::move(file)),
      path_(std::move(path)),
      format_(format),
      existing_(existing),
      rotation_(rotation),
      guard_(guard),
      size_to_rotate_(rotation.max_bytes) {}

bool RotatingWriter::IsDue(PacketTime last_time) const {
  if (empty_) return false;
  if (rotation_.max_bytes > 0 && file_->bytes() >= size_to_rotate_) return true;
  return rotation_.interval > PacketDelta::Zero() &&
         StretchNumber(last_time, rotation_.interval) > StretchNumber(newest_, rotation_.interval);
}

absl::Status RotatingWriter::Write(const SessionRecord& session) {
  if (fault_.ok() && IsDue(session.last_time)) fault_ = Rotate();
  if (!fault_.ok()) {
    ++lost_;
    return fault_;
  }
  newest_ = std::max(newest_, session.last_time);
  if (std::exchange(empty_, false)) {
    begin_ = rotation_.interval > PacketDelta::Zero()
                 ? StretchBegin(StretchNumber(newest_, rotation_.interval), rotation_.interval)
                 : newest_;
  }
  return file_->Write(session);
}

absl::Status RotatingWriter::Rotate() {
  absl::Status status = file_->Close();
  lost_ += file_->lost();
  const uint64_t bytes = file_->bytes();
  if (!status.ok()) return status;
  const bool in_use = format_ == SessionFormat::kSqlite && Exists(path_ + "-wal");
  if (!in_use) status = PutAside();
  if (!status.ok()) return status;
  absl::StatusOr<std::unique_ptr<SessionWriter>> file =
      OpenSessionWriter(path_, format_, in_use ? ExistingFile::kAppend : ExistingFile::kReplace,
                        files::OutputGuard());  // what somebody else put there stays
  if (!file.ok()) return file.status();
  file_ = *std::move(file);
  empty_ = !in_use;
  size_to_rotate_ = rotation_.max_bytes + (in_use ? bytes : 0);
  return absl::OkStatus();
}

// Renaming would destroy it.
bool RotatingWriter::IsTaken(const std::string& name) const {
  if (!Exists(name)) return false;
  return existing_ == ExistingFile::kAppend ||
         !guard_.Check(std::array{SessionOutput(name, format_, existing_)}).ok();
}

absl::Status RotatingWriter::PutAside() {
  if (begin_ != std::exchange(last_name_, begin_)) names_ = 0;
  std::string name = RotatedName(path_, begin_, names_++);
  while (IsTaken(name)) name = RotatedName(path_, begin_, names_++);
  std::error_code fault;
  std::filesystem::rename(path_, name, fault);
  if (!fault) return absl::OkStatus();
  return absl::UnavailableError(fmt::format("{}: cannot be renamed to {}: {}; check the folder",
                                            path_, name, fault.message()));
}

}  // namespace cairn::output
