// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_KNOWLEDGE_JOURNAL_FILE_H_
#define CAIRN_TRACEBACK_TRACING_KNOWLEDGE_JOURNAL_FILE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/unique_fd.h"

// A file of whole records: each is there as it was written, or not at all.
//
// 16 bytes of kJournalHead; then for each record kRecordMark, the length of what follows and its
// CRC-32, four bytes each in network order, and so many bytes, the first of which is its kind.
namespace cairn::tracing {

inline constexpr char kJournalName[] = "chains";
inline constexpr char kUnfinishedJournalName[] = ".new-chains";
inline constexpr std::string_view kJournalHead{"cairn chains 1\n\0", 16};
inline constexpr std::string_view kRecordMark = "CRc\n";
inline constexpr size_t kRecordHeadBytes = 12;
inline constexpr size_t kMostRecordBytes = 512 << 10;

// Adds one record to `bytes`.  Requires: at most kMostRecordBytes together.
void AppendRecord(std::string& bytes, uint8_t kind, std::string_view content);

struct JournalReading {
  uint64_t end = 0;        // where the last whole record ends
  uint64_t damaged = 0;    // stretches before it that are no record
  uint64_t cut_bytes = 0;  // behind it
};
using VisitRecord = std::function<void(uint8_t kind, std::string_view content)>;

// Calls `visit` with each whole record.  Memory: two records.  Time: linear, also with a file that
// was made to take long.  FailedPrecondition: it is none, or one of another version.
absl::StatusOr<JournalReading> ReadJournal(int file, const VisitRecord& visit);

// The file in its folder, to be written to.  Thread-compatible.
class JournalFile {
 public:
  // `folder`: a descriptor that outlives this.
  explicit JournalFile(int folder) : folder_(folder) {}
  ~JournalFile();
  JournalFile(const JournalFile&) = delete;
  JournalFile& operator=(const JournalFile&) = delete;

  // Reads what there is, and cuts off a torn end.  If there is no file, none is made yet.
  absl::StatusOr<JournalReading> Open(const VisitRecord& visit);
  // Whether there is no file yet, or one that cannot be written to; `looks`: or its name is another
  // file's, or nobody's.  Then Replace() comes before Append().
  bool NeedsReplacing(bool looks) const;
  // Records as AppendRecord() makes them: all of them, or none.
  absl::Status Append(std::string_view records);
  absl::Status Sync();
  // A new file with these records in place of the old one; on disk when this returns.
  using Write = std::function<absl::Status(std::string_view records)>;
  absl::Status Replace(const std::function<absl::Status(const Write& write)>& records);
  uint64_t bytes() const { return end_; }

 private:
  absl::Status Error(std::string_view doing, int error) const;

  int folder_;
  UniqueFd file_;
  uint64_t end_ = 0;
  bool is_dirty_ = false;
  bool is_writable_ = false;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_KNOWLEDGE_JOURNAL_FILE_H_
