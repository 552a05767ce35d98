// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_LINE_WRITER_H_
#define CAIRN_OUTPUT_LINE_WRITER_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/unique_fd.h"
#include "files/output_guard.h"

namespace cairn::output {

using files::ExistingFile;

// Writes whole records to a file descriptor, unbuffered: a record is one write(2), so that a killed
// process leaves complete records only.  When a regular file takes only a part of a record (disk
// full), the part is cut off again.
//
// Thread-compatible.  One system call per record: for alerts, which are few.
class LineWriter {
 public:
  // Opens a file for writing, creating it when needed.  Errors are the guard's.
  static absl::StatusOr<std::unique_ptr<LineWriter>> Open(
      const files::Output& output, const files::OutputGuard& guard = files::OutputGuard());
  // Writes to standard output, which is not closed.
  static std::unique_ptr<LineWriter> StandardOutput();

  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // Writes `records`, one or more that each end with a line feed, whole.  ResourceExhausted: no
  // room, and the first of several may have been written; Cancelled: the reader of the pipe has
  // gone (SIGPIPE must be ignored); Unknown: another fault.  After an error nothing more is
  // written: every further call returns the same.
  absl::Status Write(std::string_view records);

  int descriptor() const { return descriptor_; }
  const std::string& name() const { return name_; }
  // Of whole records, by this writer.
  uint64_t written_bytes() const { return written_bytes_; }

 private:
  LineWriter(std::string name, int descriptor, UniqueFd owned);
  absl::Status Fail(int error, std::string_view records, size_t written);

  int descriptor_;
  UniqueFd owned_;  // the same; none: it belongs to somebody else
  std::string name_;
  uint64_t written_bytes_ = 0;
  absl::Status fault_;
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_LINE_WRITER_H_
