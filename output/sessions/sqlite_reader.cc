// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/sqlite_reader.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "fmt/format.h"

#include "output/sessions/cell_forms.h"
#include "output/sessions/columns.h"
#include "output/sessions/line_parser.h"
#include "output/sessions/sqlite_database.h"
#include "output/sessions/sqlite_schema.h"

namespace cairn::output {
namespace {

using Access = SqliteDatabase::Access;
// Of each column of the table; null: an unknown one.
using FileColumns = std::vector<const Column*>;

bool HasContents(const std::string& path) {
  std::error_code fault;
  return std::filesystem::file_size(path, fault) > 0 && !fault;
}

// Opens the database and takes a first look, since SQLite opens files when they are needed.
absl::StatusOr<std::unique_ptr<SqliteDatabase>> OpenAndLook(const std::string& path,
                                                            Access access) {
  absl::StatusOr<std::unique_ptr<SqliteDatabase>> database = SqliteDatabase::Open(path, access);
  if (!database.ok()) return database.status();
  const absl::StatusOr<std::string> tables =
      (*database)->Text("SELECT count(*) FROM sqlite_master");
  if (!tables.ok()) return tables.status();
  return database;
}

// Reading may need to write: to undo what a killed process left half done, or to take part in the
// protocol of a write-ahead log.
absl::StatusOr<std::unique_ptr<SqliteDatabase>> OpenToRead(const std::string& path) {
  absl::StatusOr<std::unique_ptr<SqliteDatabase>> database = OpenAndLook(path, Access::kRead);
  if (database.ok() || !absl::IsPermissionDenied(database.status())) return database;
  if (!HasContents(path + "-wal") && !HasContents(path + "-journal")) {
    return OpenAndLook(path, Access::kUnchanging);
  }
  database = OpenAndLook(path, Access::kReadWrite);
  if (database.ok() || !absl::IsPermissionDenied(database.status())) return database;
  return absl::PermissionDeniedError(
      fmt::format("{0}: the process that wrote it was ended, and its last step must be completed "
                  "before reading, for which you may not write here; copy {0} with its -wal or "
                  "-journal file to a place of your own and read it there",
                  path));
}

absl::StatusOr<FileColumns> ColumnsOf(SqliteDatabase& database, sqlite3_stmt* rows,
                                      UnknownColumns unknown) {
  FileColumns columns;
  for (int i = 0; i < sqlite3_column_count(rows); ++i) {
    const std::string_view name = sqlite3_column_name(rows, i);
    const std::optional<size_t> found = FindColumn(name, &Column::sql_name, columns.size());
    if (!found.has_value()) unknown.Note(name);
    columns.push_back(found.has_value() ? &SessionColumns()[*found] : nullptr);
  }
  std::string missing;
  for (const Column& column : SessionColumns()) {
    if (!column.essential || std::count(columns.begin(), columns.end(), &column) > 0) continue;
    missing += fmt::format("{}{}", missing.empty() ? "" : ", ", column.sql_name);
  }
  if (missing.empty()) return columns;
  return absl::InvalidArgumentError(
      fmt::format("{}: its table of sessions lacks {}", database.path(), missing));
}

std::string_view TextAt(sqlite3_stmt* row, int place) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, place));
  return text != nullptr
             ? std::string_view(text, static_cast<size_t>(sqlite3_column_bytes(row, place)))
             : std::string_view();
}

bool IsWhole(SqlKind kind) { return kind == SqlKind::kInteger || kind == SqlKind::kNanoseconds; }

absl::Status SetFromRow(const Column& column, sqlite3_stmt* row, int place, Cell& cell,
                        SessionRecord& session) {
  if (column.set == nullptr) return absl::OkStatus();
  const int type = sqlite3_column_type(row, place);
  if (type == SQLITE_NULL) return SetColumnFromText(column, kUnknownWord, session);
  if (type == SQLITE_INTEGER && IsWhole(column.sql)) {
    cell.number = static_cast<uint64_t>(sqlite3_column_int64(row, place));
    return SetColumn(column, cell, "this number", session);
  }
  if (type != SQLITE_TEXT && column.sql == SqlKind::kReal) {
    cell.real = sqlite3_column_double(row, place);
    return SetColumn(column, cell, "this number", session);
  }
  // Text as another program may have put it there.
  return SetColumnFromText(column, TextAt(row, place), session);
}

absl::Status ReadRows(SqliteDatabase& database, InterimFilter& sessions, SessionsRead& result) {
  const absl::StatusOr<SqliteStatement> statement = database.Prepare("SELECT * FROM sessions");
  if (!statement.ok()) return statement.status();
  sqlite3_stmt* row = statement->get();
  const absl::StatusOr<FileColumns> columns =
      ColumnsOf(database, row, UnknownColumns(result.unknown_columns));
  if (!columns.ok()) return columns.status();
  SessionRecord session;
  Cell cell;
  int code = sqlite3_step(row);
  for (uint64_t number = 1; code == SQLITE_ROW; ++number, code = sqlite3_step(row)) {
    session = {};
    absl::Status status;
    for (size_t i = 0; i < columns->size() && status.ok(); ++i) {
      const Column* column = (*columns)[i];
      if (column != nullptr) status = SetFromRow(*column, row, static_cast<int>(i), cell, session);
    }
    if (status.ok()) {
      if (!sessions.Add(session)) return absl::OkStatus();
    } else if (result.bad_lines++ == 0) {
      result.first_bad_line = number;
      result.first_fault = std::string(status.message());
    }
  }
  return code == SQLITE_DONE ? absl::OkStatus() : database.Fault(database.last_code());
}

}  // namespace

absl::Status ReadSqliteSessions(const std::string& path, InterimFilter& sessions,
                                SessionsRead& result) {
  const absl::StatusOr<std::unique_ptr<SqliteDatabase>> database = OpenToRead(path);
  if (!database.ok()) return database.status();
  absl::Status checked = CheckSessionTables(**database);
  if (!checked.ok()) return checked;
  return ReadRows(**database, sessions, result);
}

}  // namespace cairn::output
