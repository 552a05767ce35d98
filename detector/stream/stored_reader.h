// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_STORED_READER_H_
#define CAIRN_DETECTOR_STREAM_STORED_READER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/time.h"
#include "detector/stream/event_batch.h"
#include "detector/stream/stored_block.h"
#include "detector/stream/stored_codec.h"
#include "detector/stream/stored_stream.h"
#include "detector/stream/stream_check.h"

namespace cairn::stream {

// Reads a stored stream, whoever made it: what it gives can be given to the correlator.
//
// Thread-compatible.  Memory: a block and its events, and 90 bytes for each slot, `most_slots` at
// most.
class StreamReader {
 public:
  enum class Read {
    kEvents,    // the batch holds more events
    kClockSet,  // the batch may, too; clock_set() comes after them
    kEnd,       // nothing more comes
  };

  // Reads the header.  `name` is for messages.  InvalidArgument: it is no stored stream, or one of
  // another version; else DataLoss, or the input's.
  static absl::StatusOr<std::unique_ptr<StreamReader>> Open(std::string name, ReadBytes read);

  const std::vector<StoredSetting>& settings() const { return settings_; }
  // No event may have a slot from `slots` on.  To be called before the first Next().
  void LimitSlots(uint32_t slots);

  // Adds the next events to `batch`, those of one block at most.  After an error the batch holds
  // what came before it.  DataLoss: the stream is cut, damaged or forged; the message says what to
  // do.  Every further call returns the same.
  absl::StatusOr<Read> Next(EventBatch& batch);

  const ClockSet& clock_set() const { return clock_set_; }
  // After kEnd; of a stream that was cut: the latest time, and no totals.
  const StoredEnd& end() const { return end_; }
  // The latest time that an event told so far.
  PacketTime latest() const { return check_.latest(); }
  uint64_t events() const { return events_; }

 private:
  StreamReader(std::string name, ReadBytes read) : blocks_(std::move(name), std::move(read)) {}
  absl::Status ReadHeader();
  absl::StatusOr<Read> ReadOn(EventBatch& batch);
  absl::StatusOr<Read> ReadEnd(FieldReader fields);
  absl::StatusOr<bool> ReadEvent(EventBatch& batch);
  template <typename Event>
  const char* Pass(FieldReader& fields, Event& event, EventBatch& batch);
  absl::Status Damaged(std::string_view what) const;

  BlockReader blocks_;
  std::vector<StoredSetting> settings_;
  std::unique_ptr<StoredState> state_;
  StreamCheck check_;
  std::string_view rest_;  // of the block
  ClockSet clock_set_;
  SessionSeen session_;  // reused: what it holds keeps its memory
  StoredEnd end_;
  bool ended_ = false;
  uint64_t events_ = 0;
  absl::Status fault_;
};

}  // namespace cairn::stream

#endif  // CAIRN_DETECTOR_STREAM_STORED_READER_H_
