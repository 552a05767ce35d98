// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_SQLITE_WRITER_H_
#define CAIRN_OUTPUT_SESSIONS_SQLITE_WRITER_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "output/line_writer.h"
#include "output/sessions/columns.h"
#include "output/sessions/session_writer.h"
#include "output/sessions/sqlite_database.h"
#include "output/sessions/text_buffer.h"
#include "output/sessions/text_parts.h"

namespace cairn::output {

// Session records as rows of a database: the table `sessions`, the view `sessions_readable` with
// times as text, and the table `meta` with the schema's name.
//
// Records are committed some thousand at a time.  While it is written the database has a
// write-ahead log beside it (-wal, -shm), so that readers neither wait for the writer nor keep it
// waiting, and a killed process leaves all that was committed; Close() leaves one file.  Meanwhile
// the database is locked against a second writer.
//
// Thread-compatible.  Memory: about 16 MiB of SQLite's cache.
class SqliteWriter : public SessionWriter {
 public:
  // InvalidArgument: the file holds something else, or a database of another version or with other
  // tables; nothing is removed then, unless the guard lets replace what is no database.
  static absl::StatusOr<std::unique_ptr<SessionWriter>> Open(const std::string& path,
                                                             ExistingFile existing,
                                                             const files::OutputGuard& guard);

  absl::Status Write(const SessionRecord& session) override;
  absl::Status Flush() override;
  absl::Status Close() override;
  uint64_t bytes() const override;
  uint64_t lost() const override { return lost_; }

 private:
  explicit SqliteWriter(std::unique_ptr<SqliteDatabase> database);
  absl::Status Begin();
  absl::Status Bind(const SessionRecord& session);
  // Requires: the cell holds what the column holds of the session.
  int BindColumn(int place, const Column& column, const SessionRecord& session);
  int BindText(int place, const char* text, size_t bytes);
  absl::Status Commit();
  absl::Status Keep(absl::Status fault);

  std::unique_ptr<SqliteDatabase> database_;
  SqliteStatement insert_;
  SqliteStatement page_count_;
  uint64_t page_bytes_ = 0;
  Cell cell_;
  // What SQLite reads of one record until it is in the table, a place for each column.
  std::vector<std::array<char, kLongestPart>> places_;
  TextBuffer words_;
  TimeWriter times_;
  uint64_t uncommitted_ = 0;
  uint64_t committed_ = 0;
  uint64_t committed_bytes_ = 0;
  uint64_t lost_ = 0;
  absl::Status fault_;
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_SQLITE_WRITER_H_
