// SPDX-License-Identifier: BSD-3-Clause
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/output/sessions/sample_sessions.h"
#include "tests/output/sessions/session_files.h"

namespace cairn::output {
namespace {

int64_t Lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

// Stands for a disk that fills up: a file can be no longer than this while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit tight{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &tight) == 0);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

TEST_CASE("the TSV begins with its columns, and conn.log with Zeek's header") {
  const ScratchFolder scratch;
  WriteAll(scratch.File("s.tsv"), SessionFormat::kTsv, {});
  CHECK_THAT(
      Contents(scratch.File("s.tsv")),
      Catch::StartsWith("session_id\tserver_confidence\tclient_ip\t") &&
          Catch::EndsWith("\talerts\tclient_unbelieved_packets\tserver_unbelieved_packets\n"));
  WriteAll(scratch.File("conn.log"), SessionFormat::kZeek, {samples::OfReport()});
  CHECK(Contents(scratch.File("conn.log")) ==
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
        "#path\tconn\n"
        "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\t"
        "orig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\t"
        "orig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\ttunnel_parents\tvlan\tcommunity_id\n"
        "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\t"
        "string\tbool\tbool\tcount\tstring\tcount\tcount\tcount\tcount\tset[string]\tint\tstring\n"
        "1068854712.726492\tChKO9T2BPiE1HXfQv8\t63.162.172.250\t4305\t168.236.226.95\t80\ttcp\t-\t"
        "11.154827\t0\t0\tOTH\t-\t-\t0\t-\t6\t-\t7\t-\t-\t-\t1:FrzkpWF8QT/RINlMzqxUlvtvMF0=\n");
}

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

// The column of the only record of a conn.log.
std::string ZeekColumnOf(const SessionRecord& session, const std::string& name) {
  const ScratchFolder scratch;
  WriteAll(scratch.File("conn.log"), SessionFormat::kZeek, {session});
  const std::vector<std::string> lines = Split(Contents(scratch.File("conn.log")), '\n');
  const auto line_of = [&](std::string_view beginning) {
    return *std::find_if(lines.begin(), lines.end(), [&](const std::string& line) {
      return line.starts_with(beginning) && line.starts_with('#') != beginning.empty();
    });
  };
  const std::vector<std::string> names = Split(line_of("#fields"), '\t');
  const std::vector<std::string> words = Split(line_of(""), '\t');
  const auto place = std::find(names.begin(), names.end(), name);
  REQUIRE(place != names.end());
  return words[static_cast<size_t>(place - names.begin()) - 1];  // "#fields" is the first name
}

TEST_CASE("conn.log tells of each side whether it is local") {
  SessionRecord session = samples::OfReport();
  CHECK(ZeekColumnOf(session, "local_orig") == "-");
  session.client().local = true;
  session.server().local = false;
  CHECK(ZeekColumnOf(session, "local_orig") == "T");
  CHECK(ZeekColumnOf(session, "local_resp") == "F");
}

TEST_CASE("the uid is a session's own, whichever end is taken for the client") {
  SessionRecord session = samples::OfReport();
  const std::string uid = ZeekColumnOf(session, "uid");
  CHECK(uid.size() == 18);
  std::swap(session.client(), session.server());
  CHECK(ZeekColumnOf(session, "uid") == uid);
  ++session.id;
  CHECK(ZeekColumnOf(session, "uid") != uid);
  --session.id;
  std::swap(session.client().end.port, session.server().end.port);
  CHECK(ZeekColumnOf(session, "uid") != uid);
}

TEST_CASE("a file that is added to gets no second header, and keeps its columns") {
  const ScratchFolder scratch;
  const std::vector<SessionRecord> sessions = samples::Random(4);
  for (const SessionFormat format : kTextFormats) {
    INFO(SessionFormatName(format));
    const std::string path = scratch.File(std::string(SessionFormatName(format)));
    WriteAll(path, format, {sessions[0], sessions[1], sessions[2], sessions[3]});
    const std::string at_once = Contents(path);
    WriteAll(path, format, {sessions[0], sessions[1]});
    WriteAll(path, format, {sessions[2], sessions[3]}, ExistingFile::kAppend);
    CHECK(Contents(path) == at_once);
    // A line that was cut off does not grow together with the next.
    Put(path, at_once.substr(0, at_once.size() - 5));
    WriteAll(path, format, {sessions[0]}, ExistingFile::kAppend);
    const ReadBack back = ReadAll(path);
    CHECK(back.sessions.size() == 4);
    CHECK(back.result.bad_lines == 0);
    // But one that is whole stays.
    if (format != SessionFormat::kJson) continue;
    Put(path, at_once.substr(0, at_once.size() - 1));
    WriteAll(path, format, {sessions[0]}, ExistingFile::kAppend);
    CHECK(ReadAll(path).sessions.size() == 5);
  }
}

TEST_CASE("a file of something else is not added to") {
  const ScratchFolder scratch;
  const std::string path = scratch.File("sessions");
  for (const SessionFormat format : kAllFormats) {
    INFO(SessionFormatName(format));
    Put(path, "session_id\tclient_ip\n1\t192.0.2.1\n");
    const auto writer = OpenSessionWriter(path, format, ExistingFile::kAppend);
    CHECK(absl::IsInvalidArgument(writer.status()));
    CHECK_THAT(Message(writer.status()), Catch::Contains("another file"));
    CHECK(Contents(path) == "session_id\tclient_ip\n1\t192.0.2.1\n");
  }
}

TEST_CASE("records are seen by readers after Flush at the latest, and always whole") {
  const ScratchFolder scratch;
  for (const SessionFormat format : kTextFormats) {
    const std::string path = scratch.File(std::string(SessionFormatName(format)));
    const auto writer = *OpenSessionWriter(path, format, ExistingFile::kReplace);
    const std::vector<SessionRecord> sessions = samples::Random(2000);
    for (const SessionRecord& session : sessions) {
      REQUIRE(writer->Write(session).ok());
      if (session.id % 150 != 0) continue;
      const std::string text = Contents(path);
      REQUIRE((text.empty() || text.ends_with('\n')));
      REQUIRE(text.size() <= writer->bytes());
      REQUIRE(writer->bytes() - text.size() < 70'000);
    }
    CHECK(writer->Flush().ok());
    CHECK(ReadAll(path).sessions.size() == sessions.size());
    CHECK(writer->bytes() == Contents(path).size());
  }
}

TEST_CASE("on a full disk the records that fit stay whole, and the others are counted") {
  const ScratchFolder scratch;
  const std::vector<SessionRecord> sessions = samples::Random(1000);
  for (const SessionFormat format : kTextFormats) {
    INFO(SessionFormatName(format));
    const std::string path = scratch.File(std::string(SessionFormatName(format)));
    auto writer = *OpenSessionWriter(path, format, ExistingFile::kReplace);
    absl::Status status;
    {
      const FileSizeLimit limit(100'000);
      for (const SessionRecord& session : sessions) status = writer->Write(session);
      if (status.ok()) status = writer->Close();
    }
    CHECK(absl::IsResourceExhausted(status));
    CHECK_THAT(Message(status), Catch::Contains(path));
    const std::string text = Contents(path);
    CHECK(text.size() <= 100'000);
    CHECK(text.size() > 98'000);
    CHECK(text.ends_with('\n'));
    CHECK(writer->Write(sessions[0]) == status);
    const ReadBack back = ReadAll(path);
    CHECK(back.result.bad_lines == 0);
    CHECK(back.sessions.size() + writer->lost() == sessions.size() + 1);
  }
}

TEST_CASE("a disk without any room loses all records and says so") {
  for (const SessionFormat format : kTextFormats) {
    auto writer = *OpenSessionWriter("/dev/full", format, ExistingFile::kReplace);
    REQUIRE(writer->Write(samples::OfReport()).ok());
    REQUIRE(writer->Write(samples::OfReport()).ok());
    CHECK(absl::IsResourceExhausted(writer->Flush()));
    CHECK(writer->lost() == 2);
    CHECK(absl::IsResourceExhausted(writer->Close()));
    CHECK(writer->lost() == 2);
  }
}

TEST_CASE("a pipe whose reader has gone is Cancelled") {
  signal(SIGPIPE, SIG_IGN);
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  close(ends[0]);
  auto writer = *OpenSessionWriter("/dev/fd/" + std::to_string(ends[1]), SessionFormat::kTsv,
                                   ExistingFile::kAppend);
  REQUIRE(writer->Write(samples::OfReport()).ok());
  CHECK(absl::IsCancelled(writer->Flush()));
  close(ends[1]);
}

TEST_CASE("foreign text cannot break a line, nor steer a terminal") {
  const ScratchFolder scratch;
  SessionRecord session = samples::OfReport();
  session.history = "S\t\n\x1b[2J\"\\";
  session.alerts = {"a,b", "c\"\\\xff"};
  for (const SessionFormat format : kTextFormats) {
    INFO(SessionFormatName(format));
    const std::string path = scratch.File(std::string(SessionFormatName(format)));
    WriteAll(path, format, {});
    const int64_t header = Lines(Contents(path));
    WriteAll(path, format, {session});
    CHECK(Lines(Contents(path)) == header + 1);
    CHECK(ReadAll(path).sessions.size() == 1);
  }
  CHECK(ReadAll(scratch.File("json")).sessions[0].history == "S???[2J\"\\");
  CHECK(ReadAll(scratch.File("tsv")).sessions[0].alerts ==
        std::vector<std::string>{"a?b", "c\"\\?"});
}

TEST_CASE("a format is known by its name and by the end of a file's name") {
  for (const SessionFormat format : kAllFormats) {
    CHECK(SessionFormatFromName(SessionFormatName(format)) == format);
  }
  CHECK(SessionFormatFromName("xml") == std::nullopt);
  CHECK(SessionFormatFromPath("a/b.ndjson") == SessionFormat::kJson);
  CHECK(SessionFormatFromPath("conn.log") == SessionFormat::kZeek);
  CHECK(SessionFormatFromPath("x.sqlite3") == SessionFormat::kSqlite);
  CHECK(SessionFormatFromPath("x.txt") == SessionFormat::kReport);
  CHECK(SessionFormatFromPath("tsv") == std::nullopt);
}

}  // namespace
}  // namespace cairn::output
