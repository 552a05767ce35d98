// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_COLUMNS_H_
#define CAIRN_OUTPUT_SESSIONS_COLUMNS_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "detector/findings/session_record.h"
#include "output/sessions/cell.h"
#include "output/sessions/text_buffer.h"
#include "output/sessions/text_parts.h"

// The columns of a stored session record.  One table drives the TSV, JSON and SQLite forms, their
// writers and their readers; a new column is one line in columns.cc (and one in the schema and the
// manual, which a test compares with this table).
namespace cairn::output {

// The name and version of the records; of JSON lines, and of a database.
inline constexpr std::string_view kSessionSchema = "cairn-session/1";

class RowText;

struct Column {
  std::string_view name;
  std::string_view sql_name;  // the same but for times, which a database holds as numbers
  CellType type;
  bool nullable;   // may be unknown
  bool essential;  // no record without it
  void (*get)(const SessionRecord& session, Cell& cell);
  // The same as text at `at`; returns its end (column_codec.h).
  char* (*put)(const SessionRecord& session, RowText& row, char* at);
  // False: the record cannot hold this value.  Null: derived, not read back.
  // Requires: cell.known.
  bool (*set)(SessionRecord& session, const Cell& cell);
};

std::span<const Column> SessionColumns();

// Appends a line with all columns as text, `separator` between them.  Nothing is allocated once the
// buffer has grown.
void AppendRow(const SessionRecord& session, char separator, TimeWriter& times, TextBuffer& out);

// Where the column of that name stands.  `guess` is looked at first, because files have the columns
// in this order.  `name_of` is &Column::name or &Column::sql_name.
std::optional<size_t> FindColumn(std::string_view name, std::string_view Column::*name_of,
                                 size_t guess = 0);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_COLUMNS_H_
