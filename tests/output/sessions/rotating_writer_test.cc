// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/rotating_writer.h"

#include <sqlite3.h>

#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/output/sessions/sample_sessions.h"
#include "tests/output/sessions/session_files.h"

namespace cairn::output {
namespace {

using Names = std::vector<std::string>;

constexpr Rotation kHourly{.interval = PacketDelta::FromSeconds(3600)};

// A session whose last packet came so many minutes after 2026-11-21T10:00:00Z.
SessionRecord At(int64_t minutes) {
  SessionRecord session = samples::OfReport();
  session.first_time = PacketTime::FromNanoseconds(1'795'255'200'000'000'000);
  session.last_time = session.first_time + PacketDelta::FromSeconds(60 * minutes);
  session.client().packets = static_cast<uint64_t>(minutes);
  return session;
}

void WriteRotated(const std::string& path, SessionFormat format,
                  const std::vector<int64_t>& minutes, const Rotation& rotation,
                  ExistingFile existing = ExistingFile::kReplace) {
  auto writer = RotatingWriter::Open(path, format, existing, rotation);
  REQUIRE(writer.ok());
  for (const int64_t minute : minutes) REQUIRE((*writer)->Write(At(minute)).ok());
  REQUIRE((*writer)->Close().ok());
  CHECK((*writer)->lost() == 0);
}

std::vector<int64_t> MinutesIn(const std::string& path) {
  std::vector<int64_t> minutes;
  const ReadBack back = ReadAll(path);
  CHECK(back.status == absl::OkStatus());
  for (const SessionRecord& session : back.sessions) {
    minutes.push_back(static_cast<int64_t>(session.client().packets));
  }
  return minutes;
}

TEST_CASE("files are cut where packet time enters another stretch, in every format") {
  for (const SessionFormat format : kAllFormats) {
    INFO(SessionFormatName(format));
    const ScratchFolder scratch;
    // 50 comes late: it stays in the newer file.  Hours without records have no file.
    WriteRotated(scratch.File("s.dat"), format, {5, 59, 60, 50, 119, 300}, kHourly);
    CHECK(scratch.Names() == Names{"s-20261121T100000Z.dat", "s-20261121T110000Z.dat", "s.dat"});
    CHECK(MinutesIn(scratch.File("s-20261121T100000Z.dat")) == std::vector<int64_t>{5, 59});
    CHECK(MinutesIn(scratch.File("s-20261121T110000Z.dat")) == std::vector<int64_t>{60, 50, 119});
    CHECK(MinutesIn(scratch.File("s.dat")) == std::vector<int64_t>{300});
  }
}

TEST_CASE("files are cut by size, and named by their first records") {
  const ScratchFolder scratch;
  // Two records each: the second makes it too long.
  const Rotation by_size{.interval = {}, .max_bytes = 300};
  WriteRotated(scratch.File("s"), SessionFormat::kReport, {1, 1, 1, 1, 2, 1, 3}, by_size);
  CHECK(scratch.Names() ==
        Names{"s", "s-20261121T100100Z", "s-20261121T100100Z-1", "s-20261121T100200Z"});
  CHECK(MinutesIn(scratch.File("s-20261121T100200Z")) == std::vector<int64_t>{2, 1});
  CHECK(MinutesIn(scratch.File("s")) == std::vector<int64_t>{3});
}

TEST_CASE("what was put aside is replaced by the same run again, and kept when adding") {
  const ScratchFolder scratch;
  const std::string path = scratch.File("s.tsv");
  WriteRotated(path, SessionFormat::kTsv, {5, 65}, kHourly);
  const std::string first = Contents(scratch.File("s-20261121T100000Z.tsv"));
  WriteRotated(path, SessionFormat::kTsv, {5, 65}, kHourly);
  CHECK(scratch.Names() == Names{"s-20261121T100000Z.tsv", "s.tsv"});
  CHECK(Contents(scratch.File("s-20261121T100000Z.tsv")) == first);
  WriteRotated(path, SessionFormat::kTsv, {7, 67}, kHourly, ExistingFile::kAppend);
  CHECK(scratch.Names() == Names{"s-20261121T100000Z-1.tsv", "s-20261121T100000Z.tsv", "s.tsv"});
  CHECK(MinutesIn(scratch.File("s-20261121T100000Z-1.tsv")) == std::vector<int64_t>{65, 7});
}

TEST_CASE("a database that somebody has open is put aside a stretch later") {
  const ScratchFolder scratch;
  const std::string path = scratch.File("s.db");
  auto writer =
      *RotatingWriter::Open(path, SessionFormat::kSqlite, ExistingFile::kReplace, kHourly);
  REQUIRE(writer->Write(At(5)).ok());
  REQUIRE(writer->Flush().ok());
  sqlite3* reader = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &reader) == SQLITE_OK);
  REQUIRE(sqlite3_exec(reader, "SELECT count(*) FROM sessions", nullptr, nullptr, nullptr) ==
          SQLITE_OK);
  REQUIRE(writer->Write(At(65)).ok());
  CHECK_FALSE(std::filesystem::exists(scratch.File("s-20261121T100000Z.db")));
  sqlite3_close(reader);
  REQUIRE(writer->Write(At(125)).ok());
  REQUIRE(writer->Close().ok());
  CHECK(MinutesIn(scratch.File("s-20261121T100000Z.db")) == std::vector<int64_t>{5, 65});
  CHECK(MinutesIn(path) == std::vector<int64_t>{125});
}

TEST_CASE("the name that a file is put aside under keeps its folder and suffix") {
  const PacketTime time = At(15).last_time;
  CHECK(RotatedName("a.b/sessions.tsv", time, 0) == "a.b/sessions-20261121T101500Z.tsv");
  CHECK(RotatedName("a.b/sessions", time, 2) == "a.b/sessions-20261121T101500Z-2");
  CHECK(RotatedName(".hidden", time, 0) == ".hidden-20261121T101500Z");
}

TEST_CASE("standard output cannot be rotated, and a folder that has gone is told") {
  CHECK(absl::IsInvalidArgument(
      RotatingWriter::Open("-", SessionFormat::kTsv, ExistingFile::kReplace, kHourly).status()));
  const ScratchFolder scratch;
  std::filesystem::create_directory(scratch.File("gone"));
  const std::string path = scratch.File("gone/s.tsv");
  auto writer = *RotatingWriter::Open(path, SessionFormat::kTsv, ExistingFile::kReplace, kHourly);
  REQUIRE(writer->Write(At(5)).ok());
  std::filesystem::remove_all(scratch.File("gone"));
  const absl::Status status = writer->Write(At(65));
  CHECK(absl::IsUnavailable(status));
  CHECK_THAT(Message(status), Catch::Contains("cannot be renamed"));
  CHECK(writer->Write(At(66)) == status);
  CHECK(writer->lost() == 2);
  CHECK(writer->Close() == status);
}

}  // namespace
}  // namespace cairn::output
