// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/text_reader.h"

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "fmt/format.h"

#include "output/sessions/line_parser.h"
#include "output/sessions/line_reader.h"

namespace cairn::output {
namespace {

using Line = LineReader::Line;

bool IsBlank(const Line& line) {
  return !line.too_long && line.text.find_first_not_of(" \t") == std::string_view::npos;
}

absl::Status NoSessions(const capture::ByteStream& stream, std::string_view why) {
  return absl::InvalidArgumentError(
      fmt::format("{}: holds no session records: {}", stream.name(), why));
}

// What reads a file with this first line; null for a TSV header and other lines without records.
struct Begin {
  std::unique_ptr<LineParser> parser;
  bool header = false;  // the line is done with
};

absl::StatusOr<Begin> BeginOf(const Line& line, SessionsRead& result) {
  const std::string_view text = line.text;
  const UnknownColumns unknown(result.unknown_columns);
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return absl::InvalidArgumentError("its lines are too long");
  if (text[first] == '{') return Begin{.parser = MakeJsonParser(unknown)};
  if (text.starts_with("#separator") || text.starts_with("#fields")) {
    return Begin{.parser = MakeZeekParser(unknown)};
  }
  if (text[first] >= '0' && text[first] <= '9') return Begin{.parser = MakeReportParser()};
  if (!IsTsvHeader(text)) {
    return absl::InvalidArgumentError(
        "it begins neither as a database, nor as JSON, Zeek's conn.log, columns with a header or "
        "a report; name a file that was written with session records");
  }
  absl::StatusOr<std::unique_ptr<LineParser>> parser = MakeTsvParser(text, unknown);
  if (!parser.ok()) return parser.status();
  return Begin{.parser = *std::move(parser), .header = true};
}

void CountBad(const Line& line, std::string_view fault, SessionsRead& result) {
  if (result.bad_lines++ > 0) return;
  result.first_bad_line = line.number;
  result.first_fault = std::string(fault);
}

absl::Status ReadLines(LineReader& lines, Line line, LineParser& parser, InterimFilter& sessions,
                       SessionsRead& result) {
  SessionRecord session;
  do {
    if (IsBlank(line)) continue;
    if (!line.ended && !parser.ShowsItsEnd()) {
      result.cut = true;
      continue;
    }
    if (line.too_long) {
      CountBad(line, fmt::format("it is longer than {} bytes", LineReader::kMaxLineBytes), result);
      continue;
    }
    session = {};
    const absl::StatusOr<bool> parsed = parser.Parse(line.text, session);
    if (parsed.ok()) {
      if (*parsed && !sessions.Add(session)) return absl::OkStatus();
    } else if (!line.ended && absl::IsDataLoss(parsed.status())) {
      result.cut = true;
    } else {
      CountBad(line, std::string(parsed.status().message()), result);
      // A file of another kind or version: not a line of it is a record.
      if (absl::IsFailedPrecondition(parsed.status()) && sessions.added() == 0) {
        return parsed.status();
      }
    }
  } while (lines.Next(line));
  return lines.status();
}

}  // namespace

absl::Status ReadTextSessions(capture::ByteStream& stream, InterimFilter& sessions,
                              SessionsRead& result) {
  LineReader lines(stream);
  Line line;
  do {
    if (!lines.Next(line)) return lines.status();
  } while (IsBlank(line));
  absl::StatusOr<Begin> begin = BeginOf(line, result);
  if (!begin.ok()) return NoSessions(stream, std::string(begin.status().message()));
  if (begin->header && !lines.Next(line)) return lines.status();
  absl::Status status = ReadLines(lines, line, *begin->parser, sessions, result);
  if (absl::IsFailedPrecondition(status)) return NoSessions(stream, std::string(status.message()));
  if (status.ok() && sessions.added() == 0 && result.bad_lines > 0) {
    return NoSessions(stream,
                      fmt::format("line {}: {}", result.first_bad_line, result.first_fault));
  }
  return status;
}

}  // namespace cairn::output
