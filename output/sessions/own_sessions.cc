// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/own_sessions.h"

#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>

#include "fmt/format.h"

#include "output/sessions/columns.h"
#include "output/sessions/line_parser.h"
#include "output/sessions/record_text.h"
#include "output/sessions/sqlite_database.h"
#include "output/sessions/sqlite_schema.h"

namespace cairn::output {
namespace {

using Access = SqliteDatabase::Access;
using files::ExistingFile;

using std::string_view_literals::operator""sv;
constexpr std::string_view kDatabaseBegin = "SQLite format 3\0"sv;
// Column names are only ever added, so that these begin the header of every version.
constexpr size_t kFirstColumns = 4;

bool IsReport(std::string_view head) {
  SessionRecord session;
  const absl::StatusOr<bool> parsed =
      MakeReportParser()->Parse(head.substr(0, head.find('\n')), session);
  return parsed.ok() && *parsed;
}

// What every file of the format begins with, of this version or of any.
std::string BeginOf(SessionFormat format, ExistingFile existing) {
  if (format == SessionFormat::kSqlite) return std::string(kDatabaseBegin);
  const bool any = existing == ExistingFile::kReplace;
  if (format == SessionFormat::kJson) {
    const std::string_view name = kSessionSchema;
    return fmt::format("{{\"schema\":\"{}", any ? name.substr(0, name.find('/') + 1) : name);
  }
  std::string header = MakeRecordText(format)->Header();
  if (!any) return header;
  // Zeek's own logs say there when they were begun.
  if (format == SessionFormat::kZeek)
    return header.substr(0, header.find("#fields\t") + std::string_view("#fields\t").size());
  size_t end = 0;
  for (size_t i = 0; i < kFirstColumns; ++i) end = header.find('\t', end) + 1;
  return header.substr(0, end);
}

}  // namespace

files::Output SessionOutput(const std::string& path, SessionFormat format, ExistingFile existing) {
  files::Output output{
      .option = "--sessions",
      .what = fmt::format("'{}' session records{}", SessionFormatName(format),
                          existing == ExistingFile::kAppend ? " of this version" : ""),
      .path = path,
      .existing = existing,
      .is_ours = IsReport};
  if (format != SessionFormat::kReport) {
    output.is_ours = [begin = BeginOf(format, existing)](std::string_view head) {
      return head.starts_with(begin);
    };
  }
  return output;
}

absl::Status CheckSessionDatabase(const std::string& path, ExistingFile existing) {
  std::error_code fault;
  if (!std::filesystem::is_regular_file(path, fault) ||
      std::filesystem::file_size(path, fault) == 0) {
    return absl::OkStatus();
  }
  const auto database = SqliteDatabase::Open(path, Access::kReadWrite);
  if (!database.ok()) return database.status();
  absl::Status locked = (*database)->Run("BEGIN IMMEDIATE; ROLLBACK");
  // A damaged one may be replaced.
  if (absl::IsDataLoss(locked) && existing == ExistingFile::kReplace) return absl::OkStatus();
  if (!locked.ok()) return locked;
  return CheckIsOfSessions(**database);
}

}  // namespace cairn::output
