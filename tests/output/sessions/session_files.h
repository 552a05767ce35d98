// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_OUTPUT_SESSIONS_SESSION_FILES_H_
#define CAIRN_TESTS_OUTPUT_SESSIONS_SESSION_FILES_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "detector/findings/session_record.h"
#include "output/sessions/format.h"
#include "output/sessions/session_reader.h"
#include "output/sessions/session_writer.h"

namespace cairn::output {

// A folder of its own, removed at the end.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  std::string File(const std::string& name) const { return (path_ / name).string(); }
  std::vector<std::string> Names() const;  // sorted

 private:
  std::filesystem::path path_;
};

std::string Contents(const std::string& path);
void Put(const std::string& path, std::string_view contents);
std::string Message(const absl::Status& status);

// All into one file, which is closed.  Fails the test at an error.
void WriteAll(const std::string& path, SessionFormat format,
              const std::vector<SessionRecord>& sessions,
              ExistingFile existing = ExistingFile::kReplace);

struct ReadBack {
  absl::Status status;
  SessionsRead result;
  std::vector<SessionRecord> sessions;
};
ReadBack ReadAll(const std::string& path);

constexpr SessionFormat kAllFormats[] = {SessionFormat::kReport, SessionFormat::kTsv,
                                         SessionFormat::kJson, SessionFormat::kZeek,
                                         SessionFormat::kSqlite};
constexpr SessionFormat kTextFormats[] = {SessionFormat::kReport, SessionFormat::kTsv,
                                          SessionFormat::kJson, SessionFormat::kZeek};
constexpr SessionFormat kFullFormats[] = {SessionFormat::kTsv, SessionFormat::kJson,
                                          SessionFormat::kSqlite};

}  // namespace cairn::output

#endif  // CAIRN_TESTS_OUTPUT_SESSIONS_SESSION_FILES_H_
