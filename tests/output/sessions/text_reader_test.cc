// SPDX-License-Identifier: BSD-3-Clause
#include <cstdlib>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/output/sessions/sample_sessions.h"
#include "tests/output/sessions/session_files.h"

namespace cairn::output {
namespace {

// Reads `contents` as a file of its own.
ReadBack ReadText(std::string_view contents) {
  const ScratchFolder scratch;
  Put(scratch.File("sessions"), contents);
  return ReadAll(scratch.File("sessions"));
}

std::string Written(SessionFormat format, const std::vector<SessionRecord>& sessions) {
  const ScratchFolder scratch;
  WriteAll(scratch.File("sessions"), format, sessions);
  return Contents(scratch.File("sessions"));
}

std::string Replaced(std::string text, std::string_view what, std::string_view by) {
  const size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

constexpr std::string_view kShortTsv =
    "first_time\tserver_port\tserver_ip\tcolour\tclient_port\tclient_ip\tclient_fingerprint\n"
    "2026-11-21T10:15:02Z\t22\t2001:db8::1\tred\t4305\t192.0.2.7\t-\n";

TEST_CASE("a TSV may have any of the columns in any order, and others") {
  const ReadBack back = ReadText(kShortTsv);
  CHECK(back.status == absl::OkStatus());
  CHECK(back.result.first_fault.empty());
  REQUIRE(back.sessions.size() == 1);
  CHECK(back.sessions[0].client().end.ToString() == "192.0.2.7:4305");
  CHECK(back.sessions[0].server().end.ToString() == "[2001:db8::1]:22");
  CHECK(back.sessions[0].first_time.ToNanoseconds() == 1795256102'000000000);
  CHECK(back.sessions[0].client().fingerprint == std::nullopt);
  CHECK(back.result.unknown_columns == std::vector<std::string>{"colour"});
}

TEST_CASE("a TSV without columns that no session can do without is refused with their names") {
  const ReadBack back = ReadText("session_id\tclient_ip\tclient_port\n1\t192.0.2.7\t4305\n");
  CHECK(absl::IsInvalidArgument(back.status));
  CHECK_THAT(Message(back.status), Catch::Contains("server_ip, server_port, first_time") &&
                                       !Catch::Contains("client_ip"));
}

TEST_CASE("a line that is no record is left out, counted and explained") {
  const std::string sound(kShortTsv);
  const std::string row = sound.substr(sound.find('\n') + 1);
  const auto bad = [&](std::string_view what, std::string_view by, std::string_view explained) {
    const ReadBack back = ReadText(sound + Replaced(row, what, by) + row);
    INFO(by);
    CHECK(back.status == absl::OkStatus());
    CHECK(back.sessions.size() == 2);
    CHECK(back.result.bad_lines == 1);
    CHECK(back.result.first_bad_line == 3);
    CHECK_THAT(back.result.first_fault, Catch::Contains(std::string(explained)));
  };
  bad("4305", "70000", "client_port cannot be '70000'");
  bad("4305", "-1", "client_port");
  bad("4305", "-", "client_port is not known");
  bad("192.0.2.7", "192.0.2.007", "client_ip cannot be '192.0.2.007'");
  bad("2026-11-21T10:15:02Z", "2260-11-21T10:15:02Z", "first_time cannot be '2260");
  bad("2026-11-21T10:15:02Z", "yesterday", "first_time cannot be 'yesterday'");
  bad("\tred", "", "6 columns, and the header 7");
  bad("red", "red\tgreen", "8 columns, and the header 7");
  bad("\t-\n", "\t99999999999\n", "client_fingerprint");
  bad("red", std::string(70'000, 'x'), "longer than 65536 bytes");
}

TEST_CASE("a line of the longest length is read, and one byte more is not") {
  const std::string sound(kShortTsv);
  const size_t row = sound.size() - sound.find('\n') - 2;  // without its line feed
  const auto read = [&](size_t bytes) {
    return ReadText(Replaced(sound, "red", std::string(bytes - row + 3, 'x')) +
                    sound.substr(sound.find('\n') + 1));
  };
  CHECK(read(65536).sessions.size() == 2);
  CHECK(read(65537).sessions.size() == 1);
  CHECK(read(65537).result.bad_lines == 1);
  CHECK(read(400'000).sessions.size() == 1);
}

TEST_CASE("lines may end as on Windows, and may be blank") {
  const ReadBack back = ReadText(std::string("\n \r\n") + samples::kReportLine + "\r\n" +
                                 Replaced(samples::kReportLine, "\n", "\r\n"));
  CHECK(back.result.bad_lines == 0);
  CHECK(back.sessions.size() == 2);
}

TEST_CASE("a last line that was cut off is no bad one, and not taken for whole") {
  for (const SessionFormat format : kTextFormats) {
    INFO(SessionFormatName(format));
    const std::string text = Written(format, samples::Random(3));
    const size_t last = text.rfind('\n', text.size() - 2) + 1;
    for (size_t end = last + 1; end < text.size() - 1; ++end) {
      const ReadBack back = ReadText(std::string_view(text).substr(0, end));
      INFO(end);
      REQUIRE(back.status == absl::OkStatus());
      REQUIRE(back.sessions.size() == 2);
      REQUIRE(back.result.cut);
      REQUIRE(back.result.bad_lines == 0);
    }
    CHECK_FALSE(ReadText(text).result.cut);
  }
}

TEST_CASE("a last line of JSON that lacks only its line feed counts") {
  std::string text = Written(SessionFormat::kJson, samples::Random(2));
  text.pop_back();
  const ReadBack back = ReadText(text);
  CHECK(back.sessions.size() == 2);
  CHECK_FALSE(back.result.cut);
}

TEST_CASE("JSON of another version is refused, and says which one is understood") {
  const std::string line = Written(SessionFormat::kJson, {samples::OfReport()});
  const std::string other = Replaced(line, "cairn-session/1", "cairn-session/7");
  const ReadBack back = ReadText(other + line);
  CHECK(absl::IsInvalidArgument(back.status));
  CHECK_THAT(Message(back.status),
             Catch::Contains("cairn-session/7") && Catch::Contains("'cairn-session/1'"));
  // Amid others it is a bad line.
  const ReadBack mixed = ReadText(line + other + line);
  CHECK(mixed.status == absl::OkStatus());
  CHECK(mixed.sessions.size() == 2);
  CHECK(mixed.result.bad_lines == 1);
  CHECK(mixed.result.first_bad_line == 2);
}

TEST_CASE("JSON may have further keys, with values of any kind, and lack most of its own") {
  const ReadBack back = ReadText(
      R"({"colour":{"a":[1,{"b":null}]},"first_time":"2026-11-21T10:15:02.5Z","weights":[[1.5],"x"],)"
      R"("server_port":80,"server_ip":"192.0.2.1","alerts":["ab"],"client_port":1,"schema":"cairn-session/1",)"
      R"("client_ip":"192.0.2.2","client_fingerprint":null,"client_off_share":1,"colour":2})"
      "\n");
  CHECK(back.result.first_fault.empty());
  REQUIRE(back.sessions.size() == 1);
  CHECK(back.sessions[0].server().end.port == 80);
  CHECK(back.sessions[0].client().off_share == 1);
  CHECK(back.sessions[0].alerts == std::vector<std::string>{"ab"});
  CHECK(back.result.unknown_columns == std::vector<std::string>{"colour", "weights"});
}

TEST_CASE("JSON with a value of the wrong kind is a bad line") {
  const std::string line = Written(SessionFormat::kJson, {samples::OfReport()});
  const auto bad = [&](std::string_view what, std::string_view by, std::string_view explained) {
    const ReadBack back = ReadText(line + Replaced(line, what, by) + line);
    INFO(by);
    CHECK(back.sessions.size() == 2);
    CHECK(back.result.bad_lines == 1);
    CHECK_THAT(back.result.first_fault, Catch::Contains(std::string(explained)));
  };
  bad("\"client_port\":4305", "\"client_port\":\"4305\"", "client_port");
  bad("\"client_port\":4305", "\"client_port\":4305.5", "client_port");
  bad("\"client_port\":4305", "\"client_port\":-1", "client_port");
  bad("\"client_port\":4305", "\"client_port\":null", "client_port cannot be null");
  bad("\"client_port\":4305", "\"client_port\":[4305]", "client_port cannot be a list");
  bad("\"client_port\":4305", "\"client_port\":{}", "client_port cannot be an object");
  bad("\"client_port\":4305", "\"c\":4305", "client_port is missing");
  bad("\"inbound\":false", "\"inbound\":0", "inbound");
  bad("\"client_off_share\":0", "\"client_off_share\":1.5", "client_off_share");
  bad("\"client_fingerprint\":-4445", "\"client_fingerprint\":18446744073709551615", "fingerprint");
  bad("\"alerts\":[]", "\"alerts\":\"\"", "alerts");
  bad("\"conn_state\":\"OTH\"", "\"conn_state\":\"XY\"", "conn_state cannot be 'XY'");
  bad("\"schema\":\"cairn-session/1\",", "", "\"schema\" is missing");
  bad("\"client_port\"", "client_port", "not JSON");
  bad(line.substr(0, line.size() - 1), "[1]", "not a JSON object");
}

TEST_CASE("the report's lines may lack the fingerprints, or have each time in one word") {
  const std::string line = samples::kReportLine;
  SessionRecord without = samples::OfReport();
  for (SessionSide& side : without.side) side.fingerprint.reset();
  CHECK(ReadText(Replaced(line, " -4445 -2968", "")).sessions ==
        std::vector<SessionRecord>{without});
  CHECK(ReadText(Replaced(Replaced(line, "712 726492", "712.726492"), "723 881319", "723.881319"))
            .sessions == std::vector<SessionRecord>{samples::OfReport()});
  CHECK(ReadText("  " + Replaced(line, " 2 ", "\t 2   ")).sessions ==
        std::vector<SessionRecord>{samples::OfReport()});
}

TEST_CASE("a report's line with a word that does not fit is a bad one") {
  const std::string line = samples::kReportLine;
  for (const auto& [what, by] :
       std::vector<std::pair<std::string, std::string>>{{" -2968", ""},
                                                        {" -2968", " -2968 1"},
                                                        {" -2968", " 99999999999"},
                                                        {"____S_", "____S"},
                                                        {"____S_", "S_____"},
                                                        {"712 726492", "712 1000000"},
                                                        {"712 726492", "712.5 726492"},
                                                        {" 0 0 0 ", " 0 2 0 "}}) {
    INFO(by);
    const ReadBack back = ReadText(line + Replaced(line, what, by) + line);
    CHECK(back.sessions.size() == 2);
    CHECK(back.result.bad_lines == 1);
    CHECK(back.result.first_bad_line == 2);
  }
}

TEST_CASE("a conn.log may have other columns and separators, and other protocols") {
  const ReadBack back = ReadText(
      "#separator \\x2c\n#unset_field,?\n"
      "#fields,id.resp_p,id.resp_h,id.orig_p,id.orig_h,ts,proto,history,colour,duration\n"
      "#types,port,addr,port,addr,time,enum,string,string,interval\n"
      "80,10.0.0.1,4000,10.0.0.2,1700000000.5,tcp,Sr,red,?\n"
      "53,10.0.0.1,4000,10.0.0.2,1700000000.5,udp,D,red,?\n"
      "80,10.0.0.1,4000,10.0.0.2,1700000000.5,tcp,S,red,2.25\n"
      "#close,2026-11-21-10-15-00\n");
  CHECK(back.status == absl::OkStatus());
  CHECK(back.result.first_fault.empty());
  REQUIRE(back.sessions.size() == 2);
  CHECK(OutcomeOfAttempt(back.sessions[0]) == AttemptOutcome::kRejected);
  CHECK(OutcomeOfAttempt(back.sessions[1]) == AttemptOutcome::kSilent);
  CHECK(back.sessions[0].duration() == PacketDelta::Zero());
  CHECK(back.sessions[1].duration() == PacketDelta::FromMilliseconds(2250));
  CHECK(back.result.unknown_columns == std::vector<std::string>{"colour"});
}

TEST_CASE("another log of Zeek's is refused with the columns that it lacks") {
  const ReadBack back = ReadText("#separator \\x09\n#path\tdns\n#fields\tts\tquery\n1.5\tx\n");
  CHECK(absl::IsInvalidArgument(back.status));
  CHECK_THAT(Message(back.status), Catch::Contains("id.orig_h"));
}

TEST_CASE("a file of something else is refused, and an empty one holds nothing") {
  for (const std::string_view text :
       {std::string_view("\xd4\xc3\xb2\xa1 and so on"), std::string_view("hello\n"),
        std::string_view("{\"event\":\"chain\",\"schema\":\"cairn-alert/1\"}\n"),
        std::string_view("12 apples\n"), std::string_view("\0\0\0\n", 4)}) {
    INFO(text);
    const ReadBack back = ReadText(text);
    CHECK(absl::IsInvalidArgument(back.status));
    CHECK_THAT(Message(back.status), Catch::Contains("sessions:"));
  }
  CHECK(ReadText("").status == absl::OkStatus());
  const ScratchFolder scratch;
  CHECK(absl::IsNotFound(ReadAll(scratch.File("none")).status));
  CHECK(absl::IsInvalidArgument(ReadAll(scratch.File("")).status));
}

TEST_CASE("gzip is read, and of a damaged one what comes before the damage") {
  const ScratchFolder scratch;
  const std::vector<SessionRecord> sessions = samples::Random(2000);
  for (const SessionFormat format : kTextFormats) {
    INFO(SessionFormatName(format));
    const std::string path = scratch.File(std::string(SessionFormatName(format)));
    WriteAll(path, format, sessions);
    REQUIRE(std::system(("gzip " + path).c_str()) ==
            0);  // NOLINT(concurrency-mt-unsafe): one thread
    CHECK(ReadAll(path + ".gz").sessions.size() == sessions.size());
    Put(path, Contents(path + ".gz").substr(0, 50'000));
    const ReadBack cut = ReadAll(path);
    CHECK(absl::IsDataLoss(cut.status));
    CHECK(cut.sessions.size() > 100);
    CHECK(cut.sessions.size() < sessions.size());
  }
}

TEST_CASE("reading ends when the taker wants no more") {
  for (const SessionFormat format : kAllFormats) {
    const ScratchFolder scratch;
    WriteAll(scratch.File("sessions"), format, samples::Random(10));
    SessionsRead result;
    uint64_t taken = 0;
    const absl::Status status = ReadSessions(
        scratch.File("sessions"), [&](const SessionRecord&) { return ++taken < 4; }, result);
    CHECK(status == absl::OkStatus());
    CHECK(taken == 4);
    CHECK(result.records == 4);
  }
}

}  // namespace
}  // namespace cairn::output
