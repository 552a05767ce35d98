// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_SESSION_WRITER_H_
#define CAIRN_OUTPUT_SESSIONS_SESSION_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "detector/findings/session_record.h"
#include "output/line_writer.h"
#include "output/sessions/format.h"

namespace cairn::output {

// Writes session records to one file.
//
// Records are gathered and written in pieces that end with a whole record: what a killed process
// leaves is complete up to its last record, and lacks at most what came after the last Flush().
// After an error nothing more is written; what was written stays readable.
//
// Thread-compatible.
class SessionWriter {
 public:
  virtual ~SessionWriter() = default;

  // ResourceExhausted: no room; Unavailable: locked by another process, or another fault;
  // Cancelled: the reader of the pipe has gone.  The message names the file and what to do.
  virtual absl::Status Write(const SessionRecord& session) = 0;
  // Makes what has been written visible to readers, whatever becomes of this process.
  virtual absl::Status Flush() = 0;
  // Flush, and what has to be done once at the end (a database's indexes).  Call once, last.
  virtual absl::Status Close() = 0;

  // Of the file so far, including what waits to be flushed.
  virtual uint64_t bytes() const = 0;
  // Records that are not in the file: those that an error left over.
  virtual uint64_t lost() const = 0;
};

// "-": standard output (not for kSqlite).  Errors are the guard's and the database's.
absl::StatusOr<std::unique_ptr<SessionWriter>> OpenSessionWriter(
    const std::string& path, SessionFormat format, ExistingFile existing,
    const files::OutputGuard& guard = files::OutputGuard());

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_SESSION_WRITER_H_
