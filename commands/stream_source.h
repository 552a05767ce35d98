// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_STREAM_SOURCE_H_
#define CAIRN_COMMANDS_STREAM_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/time.h"
#include "capture/byte_stream.h"
#include "capture/segment_source.h"
#include "commands/stored_totals.h"
#include "detector/detector.h"
#include "detector/options.h"
#include "detector/stream/stored_reader.h"

namespace cairn::commands {

// A stream that was stored (docs/stream.md), in the place of a capture.  It has no segments: Read()
// reads events and leaves the batch empty, and HandOver() gives them to the detector.
class StreamSource : public capture::SegmentSource {
 public:
  // Whether it begins like one.  Errors are the stream's.
  static absl::StatusOr<bool> IsStored(capture::ByteStream& bytes);
  // FailedPrecondition: it was made with settings that these do not go with; else the reader's.
  static absl::StatusOr<std::unique_ptr<StreamSource>> Open(
      std::unique_ptr<capture::ByteStream> bytes, const DetectorOptions& options);

  absl::StatusOr<capture::SourceState> Read(SegmentBatch& batch) override;
  // Gives what the last Read() found to a detector that was made for a stream.  A clock step that
  // Read() found comes after it: TakeClockSteps().
  absl::Status HandOver(Detector& detector) { return detector.Take(events_); }

  capture::Progress progress() const override { return bytes_->progress(); }
  void TakeClockSteps(std::vector<capture::ClockStep>& steps) override;
  // What the run that wrote it counted: zeros before the end.
  CaptureCounters counters() const override { return totals_.capture; }
  const SensorTotals& totals() const { return totals_; }
  // How far its sensor has come.
  PacketTime now() const { return ended_ ? reader_->end().now : reader_->latest(); }

 private:
  explicit StreamSource(std::unique_ptr<capture::ByteStream> bytes) : bytes_(std::move(bytes)) {}
  absl::StatusOr<size_t> ReadBytes(std::span<uint8_t> out);

  std::unique_ptr<capture::ByteStream> bytes_;
  std::unique_ptr<stream::StreamReader> reader_;
  stream::EventBatch events_;
  std::optional<capture::ClockStep> step_;
  bool ended_ = false;
  SensorTotals totals_;
};

// A stream is not read together with other files: FailedPrecondition.
absl::Status AloneError(const std::string& file);
// Of files that could not be opened as captures: the fault that a stream is among them, or
// `otherwise`.
absl::Status FaultOfMixture(const std::vector<std::string>& files, absl::Status otherwise);

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_STREAM_SOURCE_H_
