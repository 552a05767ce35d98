// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_CLOCK_STEPS_H_
#define CAIRN_COMMANDS_CLOCK_STEPS_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "capture/segment_source.h"
#include "commands/outputs.h"
#include "commands/stream_file.h"
#include "detector/detector.h"

namespace cairn::commands {

// Hands batches to the detector, and writes each step of the capture's clock just before the first
// segment that is not older.  So the order of events does not depend on where batches end, nor on
// threads.  The first steps are also reported on standard error.
class ClockSteps {
 public:
  // Requires: all outlive this.  `stream`: where the sensor's stream is stored, which the steps are
  // written into, too; null: nowhere.
  ClockSteps(std::string_view command, bool quiet, capture::SegmentSource& source,
             Detector& detector, Outputs& outputs, StreamFile* stream)
      : command_(command),
        quiet_(quiet),
        source_(source),
        detector_(detector),
        outputs_(outputs),
        stream_(stream) {}

  // `segments`: what the source's last Read() gave.
  absl::Status Process(std::span<const Segment> segments);
  // Writes the steps that no segment has come after; of a stored stream, which has no segments,
  // those that were just found.
  absl::Status Finish();

 private:
  void Collect();
  absl::Status Write(const capture::ClockStep& step);

  std::string_view command_;
  bool quiet_;
  capture::SegmentSource& source_;
  Detector& detector_;
  Outputs& outputs_;
  StreamFile* stream_;
  std::vector<capture::ClockStep> waiting_;  // by time
  uint64_t told_ = 0;
};

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_CLOCK_STEPS_H_
