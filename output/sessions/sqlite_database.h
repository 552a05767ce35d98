// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_SQLITE_DATABASE_H_
#define CAIRN_OUTPUT_SESSIONS_SQLITE_DATABASE_H_

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cairn::output {

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using SqliteStatement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

// One connection to a database file, and SQLite's errors as Cairn's.  Thread-compatible.
class SqliteDatabase {
 public:
  enum class Access : uint8_t {
    kCreate,      // read and write, made when it is not there
    kReadWrite,   // of an existing file
    kRead,        // with the side files (-wal, -shm) that concurrent writers have
    kUnchanging,  // as a file that nobody writes to, without looking at side files
  };

  // How long a lock of another process is waited for.
  static constexpr int kBusyMilliseconds = 1000;

  static absl::StatusOr<std::unique_ptr<SqliteDatabase>> Open(const std::string& path,
                                                              Access access);
  ~SqliteDatabase();
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  // Runs statements whose rows are not asked for.
  absl::Status Run(const std::string& sql);
  absl::StatusOr<SqliteStatement> Prepare(std::string_view sql);
  // The first column of the first row as text; empty if there is none.
  absl::StatusOr<std::string> Text(std::string_view sql);

  // What the error `code` of the last call means.  Unavailable: locked by another process;
  // ResourceExhausted: no room; DataLoss: damaged; InvalidArgument: no database;
  // PermissionDenied, NotFound, Unknown.
  absl::Status Fault(int code) const;
  int last_code() const { return sqlite3_extended_errcode(handle_); }
  const std::string& path() const { return path_; }

 private:
  SqliteDatabase(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}

  sqlite3* handle_;
  std::string path_;
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_SQLITE_DATABASE_H_
