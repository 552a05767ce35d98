// SPDX-License-Identifier: BSD-3-Clause
#include <string>

#include "catch2/catch.hpp"

#include "output/sessions/cell_text.h"
#include "output/sessions/column_codec.h"
#include "output/sessions/columns.h"
#include "tests/output/sessions/sample_sessions.h"

namespace cairn::output {
namespace {

// By way of cells, as other formats go.
std::string RowByCells(const SessionRecord& session, char separator) {
  TextBuffer out;
  TimeWriter times;
  for (const Column& column : SessionColumns()) {
    if (out.size() > 0) out.Append(separator);
    Cell cell;
    column.get(session, cell);
    if (cell.known) {
      AppendCell(cell, column.type, times, out);
    } else {
      out.Append(kUnknownText);
    }
  }
  out.Append('\n');
  return std::string(out.text());
}

TEST_CASE("a row of text holds what the cells of its columns hold") {
  TextBuffer rows;
  TimeWriter times;
  std::string expected;
  for (const SessionRecord& session : samples::Random(500)) {
    AppendRow(session, '\t', times, rows);
    expected += RowByCells(session, '\t');
  }
  CHECK(rows.text() == expected);
}

}  // namespace
}  // namespace cairn::output
