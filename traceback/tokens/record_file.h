// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_RECORD_FILE_H_
#define CAIRN_TRACEBACK_TOKENS_RECORD_FILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "traceback/tokens/store_files.h"

// Names and contents of the files in the folder of records.
namespace cairn::tokens {

inline constexpr char kRecordsFolder[] = "records";
inline constexpr uint64_t kMostRecordBytes = 64 << 20;  // unpacked; of any record that is read
inline constexpr uint64_t kMostNextBytes = 64 << 10;    // of answers of previous hosts to one token

std::string RecordName(const std::string& token, bool compressed);
std::string NextName(const std::string& token);
// The token of a record's file; unset: it is none's.
std::optional<std::string> TokenOfFile(std::string_view name);
// The same of a file of answers.
std::optional<std::string> TokenOfAnswers(std::string_view name);

// gzip.
std::string Compressed(std::string_view text);
// The JSON text of a record, whichever form it has on disk.  NotFound: there is none.
// InvalidArgument: a link, no file, too large, or no gzip.
absl::StatusOr<std::string> ReadRecordText(const Folder& records, const std::string& token);

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_RECORD_FILE_H_
