// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/output/sessions/sample_sessions.h"
#include "tests/output/sessions/session_files.h"

namespace cairn::output {
namespace {

// Another program's hold of a database.
class Other {
 public:
  explicit Other(const std::string& path) { REQUIRE(sqlite3_open(path.c_str(), &handle_) == 0); }
  ~Other() { sqlite3_close(handle_); }
  Other(const Other&) = delete;
  Other& operator=(const Other&) = delete;

  void Run(const std::string& sql) {
    INFO(sql);
    REQUIRE(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  std::string Text(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    INFO(sql);
    REQUIRE(sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    std::string text;
    if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0) != nullptr) {
      text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
    return text;
  }

 private:
  sqlite3* handle_ = nullptr;
};

absl::Status OpenStatus(const std::string& path, ExistingFile existing) {
  return OpenSessionWriter(path, SessionFormat::kSqlite, existing).status();
}

TEST_CASE("a closed database is one file, with indexes and a view that people can read") {
  const ScratchFolder scratch;
  WriteAll(scratch.File("s.db"), SessionFormat::kSqlite, {samples::OfReport()});
  CHECK(scratch.Names() == std::vector<std::string>{"s.db"});
  Other database(scratch.File("s.db"));
  CHECK(database.Text("SELECT count(*) FROM sqlite_master WHERE type = 'index' AND name LIKE "
                      "'sessions_by_%'") == "4");
  CHECK(database.Text("SELECT first_time FROM sessions_readable") ==
        "2003-11-15T00:05:12.726492000Z");
  CHECK(database.Text("SELECT first_time_ns || ' ' || client_ip || ' ' || server_flags || ' ' || "
                      "client_fingerprint || ' ' || end FROM sessions") ==
        "1068854712726492000 63.162.172.250 _AP_SF -4445 end_of_capture");
  CHECK(database.Text("SELECT vlan IS NULL AND alerts IS NULL FROM sessions") == "1");
  CHECK(database.Text("SELECT value FROM meta WHERE key = 'schema'") == "cairn-session/1");
}

TEST_CASE("readers see what is committed while the writer goes on") {
  const ScratchFolder scratch;
  const std::string path = scratch.File("s.db");
  auto writer = *OpenSessionWriter(path, SessionFormat::kSqlite, ExistingFile::kReplace);
  CHECK(ReadAll(path).sessions.empty());
  REQUIRE(writer->Write(samples::OfReport()).ok());
  CHECK(ReadAll(path).sessions.empty());
  REQUIRE(writer->Flush().ok());
  CHECK(ReadAll(path).sessions.size() == 1);
  CHECK(Other(path).Text("SELECT count(*) FROM sessions") == "1");
  REQUIRE(writer->Write(samples::OfReport()).ok());
  REQUIRE(writer->Close().ok());
  CHECK(ReadAll(path).sessions.size() == 2);
}

TEST_CASE("a database is replaced, or added to, as asked") {
  const ScratchFolder scratch;
  const std::string path = scratch.File("s.db");
  WriteAll(path, SessionFormat::kSqlite, samples::Random(20));
  WriteAll(path, SessionFormat::kSqlite, samples::Random(3), ExistingFile::kAppend);
  CHECK(ReadAll(path).sessions.size() == 23);
  Put(path + "-journal", "");
  WriteAll(path, SessionFormat::kSqlite, samples::Random(2));
  CHECK(ReadAll(path).sessions.size() == 2);
  CHECK(scratch.Names() == std::vector<std::string>{"s.db"});
}

TEST_CASE("what is no database of sessions is neither removed nor added to") {
  const ScratchFolder scratch;
  const std::string path = scratch.File("letter.txt");
  Put(path, "Dear all, this is a letter and not a database, although it has a name.");
  for (const ExistingFile existing : {ExistingFile::kReplace, ExistingFile::kAppend}) {
    const absl::Status status = OpenStatus(path, existing);
    CHECK(absl::IsInvalidArgument(status));
    CHECK_THAT(Message(status), Catch::Contains("another file"));
    CHECK_THAT(Contents(path), Catch::StartsWith("Dear all"));
  }
  Other(scratch.File("books.db")).Run("CREATE TABLE books(title)");
  for (const ExistingFile existing : {ExistingFile::kReplace, ExistingFile::kAppend}) {
    CHECK(absl::IsInvalidArgument(OpenStatus(scratch.File("books.db"), existing)));
  }
  CHECK(absl::IsInvalidArgument(ReadAll(scratch.File("books.db")).status));
  Put(scratch.File("empty"), "");
  CHECK(OpenStatus(scratch.File("empty"), ExistingFile::kAppend).ok());
  CHECK(absl::IsNotFound(OpenStatus(scratch.File("no/such/s.db"), ExistingFile::kReplace)));
  CHECK(absl::IsInvalidArgument(OpenStatus(scratch.File(""), ExistingFile::kReplace)));
  CHECK(absl::IsInvalidArgument(OpenStatus("-", ExistingFile::kReplace)));
}

TEST_CASE("a database of another version is neither added to nor read") {
  const ScratchFolder scratch;
  const std::string path = scratch.File("s.db");
  WriteAll(path, SessionFormat::kSqlite, samples::Random(2));
  Other(path).Run("UPDATE meta SET value = 'cairn-session/7'");
  CHECK_THAT(Message(OpenStatus(path, ExistingFile::kAppend)), Catch::Contains("cairn-session/1"));
  const ReadBack back = ReadAll(path);
  CHECK(absl::IsInvalidArgument(back.status));
  CHECK_THAT(Message(back.status), Catch::Contains("cairn-session/1"));
}

TEST_CASE("a database that another process writes to is locked, to replace as to add to") {
  const ScratchFolder scratch;
  const std::string path = scratch.File("s.db");
  WriteAll(path, SessionFormat::kSqlite, samples::Random(2));
  Other other(path);
  other.Run("BEGIN IMMEDIATE");
  for (const ExistingFile existing : {ExistingFile::kReplace, ExistingFile::kAppend}) {
    const absl::Status status = OpenStatus(path, existing);
    CHECK(absl::IsUnavailable(status));
    CHECK_THAT(Message(status), Catch::Contains("locked by another process"));
  }
  other.Run("ROLLBACK");
  // A second writer of sessions is kept out, too.
  auto writer = *OpenSessionWriter(path, SessionFormat::kSqlite, ExistingFile::kAppend);
  CHECK(absl::IsUnavailable(OpenStatus(path, ExistingFile::kReplace)));
  CHECK(writer->Close().ok());
  CHECK(ReadAll(path).sessions.size() == 2);
  // A reader waits for what locks readers out, and then gives up.
  other.Run("BEGIN EXCLUSIVE");
  CHECK(absl::IsUnavailable(ReadAll(path).status));
}

TEST_CASE("a table may have further columns, lack some, and hold values of other kinds") {
  const ScratchFolder scratch;
  const std::string path = scratch.File("s.db");
  WriteAll(path, SessionFormat::kSqlite, samples::Random(4));
  Other(path).Run(
      "ALTER TABLE sessions ADD COLUMN colour; UPDATE sessions SET colour = 'red';"
      "DROP VIEW sessions_readable; ALTER TABLE sessions DROP COLUMN vlan;"
      "UPDATE sessions SET client_port = 'ssh' WHERE session_id = 2;"
      "UPDATE sessions SET client_port = 70000 WHERE session_id = 3;"
      "UPDATE sessions SET client_off_share = 1 WHERE session_id = 4");
  const ReadBack back = ReadAll(path);
  CHECK(back.status == absl::OkStatus());
  REQUIRE(back.sessions.size() == 2);
  CHECK(back.sessions[0].vlan == std::nullopt);
  CHECK(back.sessions[1].client().off_share == 1);
  CHECK(back.result.bad_lines == 2);
  CHECK(back.result.first_bad_line == 2);
  CHECK_THAT(back.result.first_fault, Catch::Contains("client_port cannot be 'ssh'"));
  CHECK(back.result.unknown_columns == std::vector<std::string>{"colour"});
  CHECK(absl::IsInvalidArgument(OpenStatus(path, ExistingFile::kAppend)));

  Other(path).Run(
      "DROP INDEX sessions_by_server_port; ALTER TABLE sessions DROP COLUMN "
      "server_port");
  CHECK_THAT(Message(ReadAll(path).status), Catch::Contains("lacks server_port"));
}

TEST_CASE("a damaged database gives what comes before the damage, and says so") {
  const ScratchFolder scratch;
  const std::string path = scratch.File("s.db");
  WriteAll(path, SessionFormat::kSqlite, samples::Random(3000));
  std::string bytes = Contents(path);
  const size_t middle = bytes.size() / 4 / 8192 * 8192;
  Put(path, bytes.replace(middle, 16384, 16384, 'x'));
  const ReadBack back = ReadAll(path);
  CHECK(absl::IsDataLoss(back.status));
  CHECK(back.sessions.size() > 10);
  CHECK(back.sessions.size() < 3000);
  Put(path, bytes.substr(0, 2000));
  CHECK(absl::IsDataLoss(ReadAll(path).status));
  CHECK(OpenStatus(path, ExistingFile::kReplace).ok());
}

TEST_CASE("a compressed database is refused with a word on it") {
  const ScratchFolder scratch;
  WriteAll(scratch.File("s.db"), SessionFormat::kSqlite, samples::Random(3));
  const std::string command = "gzip " + scratch.File("s.db");
  REQUIRE(std::system(command.c_str()) == 0);  // NOLINT(concurrency-mt-unsafe): one thread
  const ReadBack back = ReadAll(scratch.File("s.db.gz"));
  CHECK(absl::IsInvalidArgument(back.status));
  CHECK_THAT(Message(back.status), Catch::Contains("compressed"));
}

// A copy of a database in use is what a killed process leaves.
void CopyInUse(const std::string& from, const std::string& to) {
  for (const std::string suffix : {"", "-wal", "-journal"}) {
    if (std::filesystem::exists(from + suffix)) Put(to + suffix, Contents(from + suffix));
  }
}

TEST_CASE("what a killed writer had committed is read, and can be added to") {
  const ScratchFolder scratch;
  const std::string path = scratch.File("s.db");
  const std::string left = scratch.File("left.db");
  auto writer = *OpenSessionWriter(path, SessionFormat::kSqlite, ExistingFile::kReplace);
  for (const SessionRecord& session : samples::Random(100)) REQUIRE(writer->Write(session).ok());
  REQUIRE(writer->Flush().ok());
  REQUIRE(writer->Write(samples::OfReport()).ok());
  CopyInUse(path, left);
  REQUIRE(std::filesystem::exists(left + "-wal"));
  CHECK(ReadAll(left).sessions.size() == 100);
  WriteAll(left, SessionFormat::kSqlite, samples::Random(1), ExistingFile::kAppend);
  CHECK(ReadAll(left).sessions.size() == 101);
  CHECK_FALSE(std::filesystem::exists(left + "-wal"));
}

TEST_CASE("what another program left half done is undone before reading") {
  const ScratchFolder scratch;
  const std::string path = scratch.File("s.db");
  const std::string left = scratch.File("left.db");
  WriteAll(path, SessionFormat::kSqlite, samples::Random(2000));
  {
    Other other(path);
    // So small a cache that pages are overwritten before the end of the transaction.
    other.Run("PRAGMA cache_size = 5; BEGIN; UPDATE sessions SET client_port = 1");
    CopyInUse(path, left);
  }
  REQUIRE(std::filesystem::exists(left + "-journal"));
  const ReadBack back = ReadAll(left);
  CHECK(back.status == absl::OkStatus());
  CHECK(back.sessions == samples::Random(2000));
}

// Runs `what` as a user who may write nothing here; true if it returned true.
template <typename What>
bool AsNobody(const What& what) {
  const pid_t child = fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (geteuid() == 0 && setuid(kNobody) != 0) _exit(2);
    _exit(what() ? 0 : 1);
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && status == 0;
}

TEST_CASE("a database is read where nothing may be written, or it is said what to do") {
  const ScratchFolder scratch;
  const std::string folder = scratch.File("locked");
  std::filesystem::create_directory(folder);
  const std::string path = folder + "/s.db";
  WriteAll(path, SessionFormat::kSqlite, samples::Random(50));
  // In the mode of a database in use, without its log.
  Other(path).Run("PRAGMA journal_mode = WAL");
  // And one that needs its last step undone.
  const std::string half = folder + "/half.db";
  {
    Other other(path);
    other.Run(
        "PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN;"
        "UPDATE sessions SET client_port = 1");
    CopyInUse(path, half);
  }
  Other(path).Run("PRAGMA journal_mode = WAL");
  REQUIRE(std::filesystem::exists(half + "-journal"));
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    chmod(entry.path().c_str(), 0444);
  }
  REQUIRE(chmod(scratch.File("").c_str(), 0755) == 0);
  REQUIRE(chmod(folder.c_str(), 0555) == 0);
  CHECK(AsNobody([&] { return ReadAll(path).sessions.size() == 50; }));
  CHECK(AsNobody([&] {
    const absl::Status status = ReadAll(half).status;
    return absl::IsPermissionDenied(status) && Message(status).find("copy") != std::string::npos;
  }));
  REQUIRE(chmod(folder.c_str(), 0755) == 0);
}

}  // namespace
}  // namespace cairn::output
