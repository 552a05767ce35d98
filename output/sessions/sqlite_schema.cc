// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/sqlite_schema.h"

#include <string_view>

#include "absl/status/statusor.h"
#include "fmt/format.h"

#include "output/sessions/columns.h"

namespace cairn::output {
namespace {

std::string_view SqlType(SqlKind kind) {
  switch (kind) {
    case SqlKind::kInteger:
    case SqlKind::kNanoseconds:
      return "INTEGER";
    case SqlKind::kReal:
      return "REAL";
    case SqlKind::kWord:
    case SqlKind::kWords:
    case SqlKind::kText:
      return "TEXT";
  }
  return "";
}

std::string TableSql() {
  std::string sql = "CREATE TABLE sessions(";
  std::string_view before;
  for (const Column& column : SessionColumns()) {
    sql += fmt::format("{}\n  \"{}\" {}{}", before, column.sql_name, SqlType(column.sql),
                       column.essential ? " NOT NULL" : "");
    before = ",";
  }
  return sql + ")";
}

// Times as in the text forms.
std::string ViewSql() {
  std::string sql = "CREATE VIEW sessions_readable AS SELECT";
  std::string_view before;
  for (const Column& column : SessionColumns()) {
    sql += column.sql == SqlKind::kNanoseconds
               ? fmt::format(
                     "{0}\n  strftime('%Y-%m-%dT%H:%M:%S', {1} / 1000000000, 'unixepoch') "
                     "|| printf('.%09dZ', {1} % 1000000000) AS {2}",
                     before, column.sql_name, column.name)
               : fmt::format("{}\n  \"{}\"", before, column.sql_name);
    before = ",";
  }
  return sql + "\nFROM sessions";
}

}  // namespace

absl::Status CreateSessionTables(SqliteDatabase& database) {
  return database.Run(
      fmt::format("CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
                  "INSERT INTO meta VALUES('schema', '{}');{};{};",
                  kSessionSchema, TableSql(), ViewSql()));
}

absl::Status CheckIsOfSessions(SqliteDatabase& database) {
  const absl::StatusOr<std::string> sound = database.Text(
      "SELECT count(*) = 0 OR "
      "sum(type = 'table' AND name IN ('sessions', 'meta')) = 2 FROM sqlite_master");
  if (!sound.ok()) return sound.status();
  if (*sound == "1") return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{}: is a database of something else than session records; name another file",
                  database.path()));
}

absl::Status CheckSessionTables(SqliteDatabase& database) {
  if (absl::Status others = CheckIsOfSessions(database); !others.ok()) return others;
  const absl::StatusOr<std::string> schema =
      database.Text("SELECT value FROM meta WHERE key = 'schema'");
  if (!schema.ok()) return schema.status();
  if (*schema == kSessionSchema) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{}: is a database of another version, and only '{}' is understood; name another "
                  "file",
                  database.path(), kSessionSchema));
}

absl::Status CreateSessionIndexes(SqliteDatabase& database) {
  absl::Status status;
  for (const std::string_view column : {"first_time_ns", "client_ip", "server_ip", "server_port"}) {
    status.Update(database.Run(
        fmt::format("CREATE INDEX IF NOT EXISTS sessions_by_{0} ON sessions({0})", column)));
  }
  return status;
}

std::string InsertSessionSql() {
  std::string names;
  std::string places;
  for (const Column& column : SessionColumns()) {
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ",", column.sql_name);
    places += places.empty() ? "?" : ",?";
  }
  return fmt::format("INSERT INTO sessions({}) VALUES({})", names, places);
}

}  // namespace cairn::output
