// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_SQLITE_READER_H_
#define CAIRN_OUTPUT_SESSIONS_SQLITE_READER_H_

#include <string>

#include "absl/status/status.h"

#include "output/sessions/interim_filter.h"
#include "output/sessions/session_reader.h"

namespace cairn::output {

// ReadSessions() of a database, but for result.records and result.interim, which the filter counts.
// A bad line is a row.  Also while another process writes to it, and what a killed one left.
absl::Status ReadSqliteSessions(const std::string& path, InterimFilter& sessions,
                                SessionsRead& result);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_SQLITE_READER_H_
