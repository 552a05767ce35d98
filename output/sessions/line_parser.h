// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_LINE_PARSER_H_
#define CAIRN_OUTPUT_SESSIONS_LINE_PARSER_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "detector/findings/session_record.h"

namespace cairn::output {

// Reads the lines of one file in one of the text formats.  Thread-compatible.
class LineParser {
 public:
  virtual ~LineParser() = default;

  // Whether the line held a record, which is then in `session` (fresh); comments do not hold one.
  // DataLoss: it seems cut off; FailedPrecondition: it is of another kind or version;
  // InvalidArgument: it is something else.  The message says what.
  virtual absl::StatusOr<bool> Parse(std::string_view line, SessionRecord& session) = 0;
  // Whether a line shows by itself that nothing of it was cut off.
  virtual bool ShowsItsEnd() const { return false; }
};

// What no column is known by, each name once, at most 16.
class UnknownColumns {
 public:
  // Requires: `names` outlives this.
  explicit UnknownColumns(std::vector<std::string>& names) : names_(names) {}
  void Note(std::string_view name);

 private:
  std::vector<std::string>& names_;
};

std::unique_ptr<LineParser> MakeReportParser();
// `header` is the first line.  InvalidArgument: columns are missing that no record can do without.
absl::StatusOr<std::unique_ptr<LineParser>> MakeTsvParser(std::string_view header,
                                                          UnknownColumns unknown);
bool IsTsvHeader(std::string_view line);
std::unique_ptr<LineParser> MakeJsonParser(UnknownColumns unknown);
// The header lines go through Parse(), too; one that lacks columns is FailedPrecondition.
std::unique_ptr<LineParser> MakeZeekParser(UnknownColumns unknown);

// Splits at every `separator`; `words` is reused.
void Split(std::string_view line, char separator, std::vector<std::string_view>& words);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_LINE_PARSER_H_
