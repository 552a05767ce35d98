// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_FORMAT_H_
#define CAIRN_OUTPUT_SESSIONS_FORMAT_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace cairn::output {

// How session records are stored (docs/sessions.md describes each).
enum class SessionFormat : uint8_t {
  kReport,  // Heberlein's one line of 27 columns; holds the 25 features only
  kTsv,     // every column, tab-separated, with a header line
  kJson,    // every column, one object a line
  kZeek,    // Zeek's conn.log
  kSqlite,  // every column, in a database
};
std::string_view SessionFormatName(SessionFormat format);  // "report", "tsv", "json", ...
std::optional<SessionFormat> SessionFormatFromName(std::string_view name);
// By the end of a file's name: ".tsv"; ".json", ".jsonl", ".ndjson"; ".log" (Zeek's conn.log);
// ".sqlite", ".sqlite3", ".db"; ".sessions", ".txt" (report).
std::optional<SessionFormat> SessionFormatFromPath(std::string_view path);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_FORMAT_H_
