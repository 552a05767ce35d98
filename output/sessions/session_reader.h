// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_SESSION_READER_H_
#define CAIRN_OUTPUT_SESSIONS_SESSION_READER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "detector/findings/session_record.h"
#include "output/sessions/format.h"

namespace cairn::output {

// What was read, and what was not.
struct SessionsRead {
  uint64_t records = 0;         // handed on
  uint64_t interim = 0;         // interim records that a later record of the same session replaced
  uint64_t bad_lines = 0;       // no records: left out
  uint64_t first_bad_line = 0;  // from 1; 0: none
  std::string first_fault;      // what is wrong with it
  bool cut = false;             // the last record was cut off, as by a process that was killed
  std::vector<std::string> unknown_columns;  // passed over; at most 16
};

// Reads stored records of any SessionFormat, told by the file's first bytes; text may be gzip.
// "-": standard input (no database).  Each record goes to `take`, in the order of the file; of a
// session with interim records only the last one (those without a final one come at the end).
// `take` returns false to stop.
//
// Columns that a format lacks keep their defaults; a Zeek conn.log's flags are made up from its
// history.  An error is the file's: NotFound, PermissionDenied, InvalidArgument (it holds something
// else: a capture, alerts), DataLoss; what was read before it has been handed on.  Thread-safe.
// Memory: one record, and one for each session of which only interim records have been seen (at
// most 1,000,000).
absl::Status ReadSessions(const std::string& path,
                          const std::function<bool(const SessionRecord&)>& take,
                          SessionsRead& result);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_SESSION_READER_H_
