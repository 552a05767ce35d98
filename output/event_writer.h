// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_EVENT_WRITER_H_
#define CAIRN_OUTPUT_EVENT_WRITER_H_

#include <cstdint>

#include "absl/status/status.h"

#include "detector/findings/event.h"
#include "detector/findings/session_record.h"
#include "output/any_event.h"

namespace cairn::output {

// One output of a run: a file, or standard output.  It takes what it is for, and passes over the
// rest.  Errors name the output and say what to do; after one, nothing more is written, and every
// further call returns the same.
//
// Thread-compatible.
class EventWriter {
 public:
  virtual ~EventWriter() = default;

  virtual absl::Status Write(const AnyEvent&) { return absl::OkStatus(); }
  virtual absl::Status WriteScore(const HostScore&) { return absl::OkStatus(); }
  virtual absl::Status WriteSession(const SessionRecord&) { return absl::OkStatus(); }

  // Makes what has been written visible to readers, whatever becomes of this process.
  virtual absl::Status Flush() { return absl::OkStatus(); }
  // What stands below the last event of a run that was told whole.  Called once at most.
  virtual absl::Status Conclude() { return absl::OkStatus(); }
  // What has to be done once, last, even after a fault.
  virtual absl::Status Close() { return absl::OkStatus(); }

  // Session records that it was given and that an error has cost.
  virtual uint64_t lost() const { return 0; }
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_EVENT_WRITER_H_
