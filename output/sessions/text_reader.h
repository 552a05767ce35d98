// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_TEXT_READER_H_
#define CAIRN_OUTPUT_SESSIONS_TEXT_READER_H_

#include "absl/status/status.h"

#include "capture/byte_stream.h"
#include "output/sessions/interim_filter.h"
#include "output/sessions/session_reader.h"

namespace cairn::output {

// ReadSessions() of a stream in one of the text formats, told by its first line, but for
// result.records and result.interim, which the filter counts.
absl::Status ReadTextSessions(capture::ByteStream& stream, InterimFilter& sessions,
                              SessionsRead& result);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_TEXT_READER_H_
