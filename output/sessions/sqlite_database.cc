// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/sqlite_database.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include "fmt/format.h"

namespace cairn::output {
namespace {

constexpr int kPrimaryCode = 0xff;  // of an extended one

// SQLite takes names that begin with "file:" or hold a '?' apart, so every name goes as a URI.
std::string Uri(const std::string& path, std::string_view query) {
  std::string uri = path.starts_with('/') ? "file:" : "file:./";
  for (const char c : path) {
    if (c == '?' || c == '#' || c == '%') {
      uri += fmt::format("%{:02x}", static_cast<unsigned>(c));
    } else {
      uri += c;
    }
  }
  return uri += query;
}

bool NoRoom(int system_error) {
  return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
}

absl::Status ResourceFault(const std::string& path, std::string_view why) {
  return absl::ResourceExhaustedError(
      fmt::format("{}: no room left to write ({}); make room or write elsewhere, then run again: "
                  "what was committed so far can be read",
                  path, why));
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteDatabase>> SqliteDatabase::Open(const std::string& path,
                                                                     Access access) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
  switch (access) {
    case Access::kCreate:
      flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
      break;
    case Access::kReadWrite:
      flags |= SQLITE_OPEN_READWRITE;
      break;
    case Access::kRead:
    case Access::kUnchanging:
      flags |= SQLITE_OPEN_READONLY;
      break;
  }
  sqlite3* handle = nullptr;
  const std::string uri = Uri(path, access == Access::kUnchanging ? "?immutable=1" : "");
  const int code = sqlite3_open_v2(uri.c_str(), &handle, flags, nullptr);
  if (handle == nullptr) {
    return absl::ResourceExhaustedError(fmt::format("{}: no memory to open it", path));
  }
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(handle, path));
  if (code != SQLITE_OK) return database->Fault(sqlite3_extended_errcode(handle));
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  // What a foreign file's schema says is not executed.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  return database;
}

SqliteDatabase::~SqliteDatabase() { sqlite3_close_v2(handle_); }

absl::Status SqliteDatabase::Run(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Fault(code);
}

absl::StatusOr<SqliteStatement> SqliteDatabase::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return Fault(code);
  return SqliteStatement(statement);
}

absl::StatusOr<std::string> SqliteDatabase::Text(std::string_view sql) {
  const absl::StatusOr<SqliteStatement> statement = Prepare(sql);
  if (!statement.ok()) return statement.status();
  const int code = sqlite3_step(statement->get());
  if (code == SQLITE_DONE) return std::string();
  if (code != SQLITE_ROW) return Fault(code);
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement->get(), 0));
  return text != nullptr ? std::string(text) : std::string();
}

absl::Status SqliteDatabase::Fault(int code) const {
  const int system_error = sqlite3_system_errno(handle_);
  const std::string why = sqlite3_errmsg(handle_);
  switch (code & kPrimaryCode) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError(fmt::format(
          "{}: the database is locked by another process; wait until that ends, or name another "
          "file",
          path_));
    case SQLITE_FULL:
      return ResourceFault(path_, why);
    case SQLITE_NOTADB:
      return absl::InvalidArgumentError(
          fmt::format("{}: is not an SQLite database, or compressed; name another file", path_));
    case SQLITE_CORRUPT:
      return absl::DataLossError(fmt::format(
          "{}: the database is damaged ({}); sqlite3's .recover may save the rest", path_, why));
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return absl::PermissionDeniedError(
          fmt::format("{}: cannot write: {}; choose a place that you may write to", path_, why));
    case SQLITE_CANTOPEN:
      if (system_error == ENOENT || system_error == ENOTDIR) {
        return absl::NotFoundError(
            fmt::format("{}: it or its folder does not exist; check the name", path_));
      }
      if (system_error == EISDIR) {
        return absl::InvalidArgumentError(
            fmt::format("{}: is a directory; name a file in it", path_));
      }
      return absl::PermissionDeniedError(
          fmt::format("{}: cannot be opened: {}; check its permissions and its folder's", path_,
                      system_error != 0 ? std::generic_category().message(system_error) : why));
    default:
      if (NoRoom(system_error)) return ResourceFault(path_, why);
      return absl::UnknownError(fmt::format("{}: {}; check the disk", path_, why));
  }
}

}  // namespace cairn::output
