// SPDX-License-Identifier: BSD-3-Clause
#include "tests/output/sessions/session_files.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>

#include "catch2/catch.hpp"

namespace cairn::output {

ScratchFolder::ScratchFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "cairn_XXXXXX").string();
  REQUIRE(mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

std::vector<std::string> ScratchFolder::Names() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void Put(const std::string& path, std::string_view contents) {
  std::ofstream(path, std::ios::binary) << contents;
}

std::string Message(const absl::Status& status) { return std::string(status.message()); }

void WriteAll(const std::string& path, SessionFormat format,
              const std::vector<SessionRecord>& sessions, ExistingFile existing) {
  auto writer = OpenSessionWriter(path, format, existing);
  INFO(writer.status());
  REQUIRE(writer.ok());
  for (const SessionRecord& session : sessions) REQUIRE((*writer)->Write(session).ok());
  REQUIRE((*writer)->Close().ok());
  CHECK((*writer)->lost() == 0);
}

ReadBack ReadAll(const std::string& path) {
  ReadBack back;
  back.status = ReadSessions(
      path,
      [&](const SessionRecord& session) {
        back.sessions.push_back(session);
        return true;
      },
      back.result);
  return back;
}

}  // namespace cairn::output
