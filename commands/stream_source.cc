// SPDX-License-Identifier: BSD-3-Clause
#include "commands/stream_source.h"

#include <sys/stat.h>

#include <algorithm>

#include "fmt/format.h"

#include "commands/signals.h"
#include "detector/stream_settings.h"

namespace cairn::commands {

absl::Status AloneError(const std::string& file) {
  return absl::FailedPreconditionError(
      fmt::format("{}: is a stored stream, which is read alone; leave the other files out", file));
}

absl::StatusOr<bool> StreamSource::IsStored(capture::ByteStream& bytes) {
  const absl::StatusOr<std::span<const uint8_t>> head = bytes.Peek(stream::kStoredMagic.size());
  if (!head.ok()) return head.status();
  return std::equal(head->begin(), head->end(), stream::kStoredMagic.begin(),
                    stream::kStoredMagic.end(),
                    [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); });
}

absl::StatusOr<std::unique_ptr<StreamSource>> StreamSource::Open(
    std::unique_ptr<capture::ByteStream> bytes, const DetectorOptions& options) {
  const std::string name = bytes->name();
  std::unique_ptr<StreamSource> source(new StreamSource(std::move(bytes)));
  absl::StatusOr<std::unique_ptr<stream::StreamReader>> reader = stream::StreamReader::Open(
      name, [source = source.get()](std::span<uint8_t> out) { return source->ReadBytes(out); });
  if (!reader.ok()) return reader.status();
  source->reader_ = *std::move(reader);
  const absl::Status fits = CheckStreamSettings(name, source->reader_->settings(), options);
  if (!fits.ok()) return fits;
  source->reader_->LimitSlots(options.connections.max_connections);
  return source;
}

// A pipe that is silent makes a reader wait, unless the run is to end.
absl::StatusOr<size_t> StreamSource::ReadBytes(std::span<uint8_t> out) {
  using State = capture::ByteStream::State;
  size_t filled = 0;
  while (filled < out.size()) {
    size_t got = 0;
    const State state = bytes_->Read(out.subspan(filled), got);
    filled += got;
    if (state == State::kEnd) break;
    if (state == State::kFailed) return bytes_->status();
    if (state == State::kSilent && StopSignal() != 0) {
      return absl::CancelledError("the run was ended by a signal");
    }
  }
  return filled;
}

absl::StatusOr<capture::SourceState> StreamSource::Read(SegmentBatch&) {
  events_.Clear();
  const absl::StatusOr<stream::StreamReader::Read> read = reader_->Next(events_);
  if (!read.ok()) return read.status();
  switch (*read) {
    case stream::StreamReader::Read::kEvents:
      return capture::SourceState::kMore;
    case stream::StreamReader::Read::kClockSet: {
      const stream::ClockSet& step = reader_->clock_set();
      step_ = {.time = step.time,
               .stamp = step.stamp,
               .size = step.size,
               .offset = step.offset,
               .source = step.source,
               .interface = step.interface};
      return capture::SourceState::kMore;
    }
    case stream::StreamReader::Read::kEnd:
      break;
  }
  ended_ = true;
  totals_ = FromStored(reader_->end().totals);
  return capture::SourceState::kEnd;
}

void StreamSource::TakeClockSteps(std::vector<capture::ClockStep>& steps) {
  if (!step_.has_value()) return;
  steps.push_back(*std::move(step_));
  step_.reset();
}

absl::Status FaultOfMixture(const std::vector<std::string>& files, absl::Status otherwise) {
  if (files.size() < 2) return otherwise;
  for (const std::string& file : files) {
    struct stat info {};
    if (stat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    const absl::StatusOr<std::unique_ptr<capture::ByteStream>> bytes =
        capture::ByteStream::Open(file);
    if (!bytes.ok()) continue;
    const absl::StatusOr<bool> is_stored = StreamSource::IsStored(**bytes);
    if (is_stored.ok() && *is_stored) return AloneError(file);
  }
  return otherwise;
}

}  // namespace cairn::commands
