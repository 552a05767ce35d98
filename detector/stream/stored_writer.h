// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_STORED_WRITER_H_
#define CAIRN_DETECTOR_STREAM_STORED_WRITER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "detector/stream/event_batch.h"
#include "detector/stream/stored_codec.h"
#include "detector/stream/stored_stream.h"

namespace cairn::stream {

// Writes a stream to a file as it passes (docs/stream.md).
//
// Whole blocks only, one call of `write` each, so that a killed process leaves a stream that can be
// read up to its last whole block.
//
// Thread-compatible.  O(1) for each event, but for texts.  Memory: two blocks, and 70 bytes for
// each slot of the sensor's table, up to the highest that was named.
class StreamWriter {
 public:
  // Takes all bytes, or says why it cannot.
  using WriteBytes = std::function<absl::Status(std::string_view bytes)>;

  // Writes nothing before the first event.
  StreamWriter(std::vector<StoredSetting> settings, WriteBytes write);

  void Add(const EventBatch& batch);
  void Add(const ClockSet& step);
  // Writes what waits, and the last block.  Call once, last.
  absl::Status Finish(const StoredEnd& end);

  // The first fault; nothing is written after it.
  const absl::Status& status() const { return status_; }
  uint64_t events() const { return events_; }
  uint64_t bytes() const { return bytes_; }

 private:
  template <typename Event>
  void AddOne(const Event& event);
  void Begin();
  void Flush();
  void Write(std::string_view bytes);

  const std::vector<StoredSetting> settings_;
  const WriteBytes write_;
  StoredState state_;
  bool begun_ = false;
  std::string block_;   // with its head; empty: no block is begun
  std::string fields_;  // of one event
  uint64_t events_ = 0;
  uint64_t bytes_ = 0;
  absl::Status status_;
};

}  // namespace cairn::stream

#endif  // CAIRN_DETECTOR_STREAM_STORED_WRITER_H_
