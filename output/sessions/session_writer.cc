// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/session_writer.h"

#include "output/sessions/record_text.h"
#include "output/sessions/sqlite_writer.h"
#include "output/sessions/text_writer.h"

namespace cairn::output {

std::unique_ptr<RecordText> MakeRecordText(SessionFormat format) {
  switch (format) {
    case SessionFormat::kReport:
      return MakeReportText();
    case SessionFormat::kTsv:
      return MakeTsvText();
    case SessionFormat::kJson:
      return MakeJsonText();
    case SessionFormat::kZeek:
      return MakeZeekText();
    case SessionFormat::kSqlite:
      break;
  }
  return nullptr;
}

absl::StatusOr<std::unique_ptr<SessionWriter>> OpenSessionWriter(const std::string& path,
                                                                 SessionFormat format,
                                                                 ExistingFile existing,
                                                                 const files::OutputGuard& guard) {
  if (format != SessionFormat::kSqlite) return TextWriter::Open(path, format, existing, guard);
  if (path == "-") {
    return absl::InvalidArgumentError(
        "standard output: cannot take a database; name a file, or choose another format");
  }
  return SqliteWriter::Open(path, existing, guard);
}

}  // namespace cairn::output
