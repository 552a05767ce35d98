// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_SQLITE_SCHEMA_H_
#define CAIRN_OUTPUT_SESSIONS_SQLITE_SCHEMA_H_

#include <string>

#include "absl/status/status.h"

#include "output/sessions/sqlite_database.h"

// The tables of a database of session records, made of the table of columns.
namespace cairn::output {

// Makes the tables in an empty database.
absl::Status CreateSessionTables(SqliteDatabase& database);
// OK: it has them.  InvalidArgument: it has others, or those of another version.
absl::Status CheckSessionTables(SqliteDatabase& database);
// The same of any version, and OK without tables.
absl::Status CheckIsOfSessions(SqliteDatabase& database);
// Those that surveys ask for; those that are there stay.
absl::Status CreateSessionIndexes(SqliteDatabase& database);
std::string InsertSessionSql();

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_SQLITE_SCHEMA_H_
