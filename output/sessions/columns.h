// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_COLUMNS_H_
#define CAIRN_OUTPUT_SESSIONS_COLUMNS_H_

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "absl/status/status.h"

#include "detector/findings/session_record.h"
#include "output/sessions/cell.h"
#include "output/sessions/row_text.h"

// The columns of a stored session record.  One table drives the TSV, JSON and SQLite forms and
// Heberlein's report, their writers and their readers; a new column is one line in columns.cc (and
// one in the schema and the manual, which a test compares with this table).
namespace cairn::output {

// The name and version of the records; of JSON lines, and of a database.
inline constexpr std::string_view kSessionSchema = "cairn-session/1";

// A report holds the first columns, and no others.
inline constexpr size_t kReportColumns = 25;

struct Column {
  // Writes the column as text at `at`, or that it is not known; returns its end (cell_forms.h).
  using Put = char* (*)(const SessionRecord& session, RowText& row, char* at);

  std::string_view name;
  std::string_view sql_name;  // the same but for times, which a database holds as numbers
  JsonKind json;
  SqlKind sql;
  bool nullable;           // may be unknown
  bool essential;          // no record without it
  std::array<Put, 3> put;  // of TextFormat::kTsv, kReport, kJson
  // False: it is not known, and there is nothing in the cell.
  bool (*get)(const SessionRecord& session, Cell& cell);
  // False: the record cannot hold this value.  Null: derived, not read back; so is `parse`.
  bool (*set)(SessionRecord& session, const Cell& cell);
  // The same of text, as columns or strings of JSON have it.
  bool (*parse)(SessionRecord& session, std::string_view text);

  constexpr Put PutOf(TextFormat format) const { return put[static_cast<size_t>(format)]; }
};

std::span<const Column> SessionColumns();

// Writes the columns of a format as text, and a line feed.  Nothing is allocated once the buffer
// has grown.
void AppendTsvRow(const SessionRecord& session, RowText& row);
void AppendReportRow(const SessionRecord& session, RowText& row);

// Puts a cell into the record.  InvalidArgument: it does not hold such a value; `text` is quoted.
absl::Status SetColumn(const Column& column, const Cell& cell, std::string_view text,
                       SessionRecord& session);
// The same of text.
absl::Status ParseColumn(const Column& column, std::string_view text, SessionRecord& session);
// The same of text of a form with columns, kUnknownWord included.
absl::Status SetColumnFromText(const Column& column, std::string_view text, SessionRecord& session);

// Where the column of that name stands.  `guess` is looked at first, because files have the columns
// in this order.  `name_of` is &Column::name or &Column::sql_name.
std::optional<size_t> FindColumn(std::string_view name, std::string_view Column::*name_of,
                                 size_t guess = 0);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_COLUMNS_H_
