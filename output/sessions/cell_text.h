// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_CELL_TEXT_H_
#define CAIRN_OUTPUT_SESSIONS_CELL_TEXT_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "detector/findings/session_record.h"
#include "output/sessions/cell.h"
#include "output/sessions/columns.h"
#include "output/sessions/text_buffer.h"
#include "output/sessions/text_parts.h"

namespace cairn::output {

inline constexpr char kUnknownText = '-';  // of a cell, in the forms with columns

// Appends a known cell as columns of text hold it.
void AppendCell(const Cell& cell, CellType type, TimeWriter& times, TextBuffer& out);

// Appends foreign text so that it stays one word of one line: everything but printing ASCII
// characters becomes '?'.
void AppendWord(std::string_view text, TextBuffer& out);
// Texts with commas between them; a comma within one becomes '?'.
void AppendWords(const std::vector<std::string>& texts, TextBuffer& out);

// Reads what AppendCell writes.  False: the text is not of this type.
bool ParseCell(std::string_view text, CellType type, Cell& cell);

// Puts a known cell into the record.  InvalidArgument: it does not hold such a value; `text` is
// quoted.
absl::Status SetColumn(const Column& column, const Cell& cell, std::string_view text,
                       SessionRecord& session);
// The same from text, kUnknownText included.
absl::Status SetColumnFromText(const Column& column, std::string_view text, SessionRecord& session);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_CELL_TEXT_H_
