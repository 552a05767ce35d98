// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_SEGMENT_SOURCE_H_
#define CAIRN_CAPTURE_SEGMENT_SOURCE_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"

#include "capture/clock_step.h"
#include "capture/counters.h"
#include "capture/segment.h"

namespace cairn::capture {

enum class SourceState {
  kMore,  // there may be more segments; read again
  kIdle,  // a live link or a pipe: no segment arrived within the poll interval (100 ms), or a
          // signal did
  kEnd,   // the input is exhausted
};

// How much time has passed since some moment, by a clock that nobody sets and that does not jump.
using MonotonicClock = std::function<PacketDelta()>;

// How far a source has come, for a progress bar.  total_bytes is 0 when it cannot be known
// (standard input, live).
struct Progress {
  uint64_t done_bytes = 0;
  uint64_t total_bytes = 0;
};

// Where segments come from: a capture file, several merged by time, a live link, or a test.
//
// Thread-compatible: one thread at a time calls it.
class SegmentSource {
 public:
  virtual ~SegmentSource() = default;

  // Appends segments to `batch` until it is full, the input ends, or (live) nothing more is
  // waiting.
  //
  // On an error the batch still holds every segment that was read before the fault: use it, then
  // report the status. DataLoss: the capture is damaged or cut (the message names the source, the
  // packet number and what to do). After an error or kEnd every further call returns the same.
  virtual absl::StatusOr<SourceState> Read(SegmentBatch& batch) = 0;

  // A source with several interfaces, each with its own clock and order, ends a batch where the
  // interface changes.  The interface of the segments of the last Read(), and how many interfaces
  // are known.
  virtual uint32_t interface() const { return 0; }
  virtual uint32_t interfaces() const { return 1; }

  virtual CaptureCounters counters() const = 0;
  virtual Progress progress() const { return {}; }
  // Appends the clock steps that were found since the last call, each before Read() gives the first
  // segment after it.
  virtual void TakeClockSteps(std::vector<ClockStep>&) {}
  // A live link: while it is silent, how far packet time has come, by a clock that nobody sets.  No
  // later Read() gives an older segment.  InfinitePast(): packets alone tell.
  virtual PacketTime SettledTime() { return PacketTime::InfinitePast(); }
};

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_SEGMENT_SOURCE_H_
