// SPDX-License-Identifier: BSD-3-Clause
#include "commands/stream_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <system_error>
#include <utility>

#include "fmt/format.h"

#include "detector/stream_settings.h"

namespace cairn::commands {

files::Output StreamFile::OutputOf(const std::string& path) {
  return {.option = kOption,
          .what = "a stream",
          .path = path,
          .existing = files::ExistingFile::kReplace,
          .is_ours = [](std::string_view head) { return head.starts_with(stream::kStoredMagic); }};
}

absl::StatusOr<std::unique_ptr<StreamFile>> StreamFile::Open(const std::string& path,
                                                             const DetectorOptions& options,
                                                             const files::OutputGuard& guard) {
  const absl::StatusOr<int> descriptor = guard.Open(OutputOf(path));
  if (!descriptor.ok()) return descriptor.status();
  return std::unique_ptr<StreamFile>(new StreamFile(*descriptor, path, options));
}

StreamFile::StreamFile(int descriptor, std::string path, const DetectorOptions& options)
    : descriptor_(descriptor),
      path_(std::move(path)),
      writer_(StreamSettings(options),
              [this](std::string_view bytes) { return WriteBytes(bytes); }) {}

StreamFile::~StreamFile() { close(descriptor_); }

void StreamFile::Follow(Detector& detector) {
  detector.ShowStream([this](const stream::EventBatch& batch) { writer_.Add(batch); });
}

void StreamFile::Write(const capture::ClockStep& step) {
  writer_.Add({.time = step.time,
               .stamp = step.stamp,
               .size = step.size,
               .offset = step.offset,
               .source = step.source,
               .interface = step.interface});
}

void StreamFile::Finish(PacketTime now, const SensorTotals& totals) {
  // What it returns is kept: status().
  writer_.Finish({.now = now, .totals = ToStored(totals)}).IgnoreError();
}

absl::Status StreamFile::WriteBytes(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EINTR) {
      return absl::UnknownError(
          fmt::format("{}: cannot write the stream: {}; make room or write elsewhere, then run "
                      "again: it is complete up to its last whole block",
                      path_, std::generic_category().message(errno)));
    }
  }
  return absl::OkStatus();
}

}  // namespace cairn::commands
