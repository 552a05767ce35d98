// SPDX-License-Identifier: BSD-3-Clause
#include <string>

#include "catch2/catch.hpp"

#include "output/sessions/columns.h"
#include "tests/output/sessions/sample_sessions.h"

namespace cairn::output {
namespace {

// Column by column, by the pointers of the table.
std::string RowByColumns(const SessionRecord& session, TextFormat format, size_t columns,
                         char separator) {
  TextBuffer out;
  TimeWriter times;
  RowText row(times, out);
  for (const Column& column : SessionColumns().first(columns)) {
    if (out.size() > 0) out.Append(separator);
    row.Commit(column.PutOf(format)(session, row, row.Room()));
  }
  out.Append('\n');
  return std::string(out.text());
}

TEST_CASE("a row of text holds what each of its columns gives") {
  TextBuffer tsv;
  TextBuffer report;
  TimeWriter times;
  RowText tsv_row(times, tsv);
  RowText report_row(times, report);
  std::string expected_tsv;
  std::string expected_report;
  for (const SessionRecord& session : samples::Random(500)) {
    AppendTsvRow(session, tsv_row);
    AppendReportRow(session, report_row);
    expected_tsv += RowByColumns(session, TextFormat::kTsv, SessionColumns().size(), '\t');
    expected_report += RowByColumns(session, TextFormat::kReport, kReportColumns, ' ');
  }
  CHECK(tsv.text() == expected_tsv);
  CHECK(report.text() == expected_report);
}

TEST_CASE("what a column puts as text it reads back, and what a cell holds, too") {
  TextBuffer out;
  TimeWriter times;
  RowText row(times, out);
  for (const SessionRecord& session : samples::Random(200)) {
    SessionRecord by_text;
    SessionRecord by_cell;
    for (const Column& column : SessionColumns()) {
      INFO(column.name);
      out.Clear();
      row.Commit(column.PutOf(TextFormat::kTsv)(session, row, row.Room()));
      REQUIRE(SetColumnFromText(column, out.text(), by_text).ok());
      Cell cell;
      const bool known = column.get(session, cell);
      CHECK(known == (out.text() != "-"));
      if (!known) CHECK(column.nullable);
      if (!known || column.set == nullptr) continue;
      // What is a word to a database is read as text.
      const bool done = column.sql == SqlKind::kWord ? column.parse(by_cell, out.text())
                                                     : column.set(by_cell, cell);
      REQUIRE(done);
    }
    CHECK(by_text == session);
    CHECK(by_cell == session);
  }
}

}  // namespace
}  // namespace cairn::output
