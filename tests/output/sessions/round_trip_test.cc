// SPDX-License-Identifier: BSD-3-Clause
#include "catch2/catch.hpp"

#include "output/sessions/columns.h"
#include "tests/output/sessions/sample_sessions.h"
#include "tests/output/sessions/session_files.h"

namespace cairn::output {
namespace {

// What the report's 27 columns keep of a session.
SessionRecord InReport(const SessionRecord& session) {
  SessionRecord kept;
  kept.id = session.id;
  kept.server_confidence = session.server_confidence;
  kept.transient_server = session.transient_server;
  kept.inbound = session.inbound;
  kept.full_analysis = session.full_analysis;
  for (size_t i = 0; i < 2; ++i) {
    const SessionSide& side = session.side[i];
    kept.side[i] = {.end = side.end,
                    .first_flags = side.first_flags,
                    .flags = side.flags,
                    .payload_bytes = side.payload_bytes,
                    .packets = side.packets,
                    .first_seq = side.first_seq,
                    .last_seq = side.last_seq,
                    .fingerprint = side.fingerprint,
                    .round_trip = {}};
  }
  const auto to_microseconds = [](PacketTime time) {
    return PacketTime::FromNanoseconds(time.ToNanoseconds() / 1000 * 1000);
  };
  kept.first_time = to_microseconds(session.first_time);
  kept.last_time = to_microseconds(session.last_time);
  return kept;
}

TEST_CASE("every column survives TSV, JSON and SQLite") {
  const ScratchFolder scratch;
  std::vector<SessionRecord> sessions = samples::Random(500);
  sessions.push_back(samples::Least());
  sessions.push_back(samples::Most());
  sessions.push_back(samples::OfReport());
  for (const SessionFormat format : kFullFormats) {
    INFO(SessionFormatName(format));
    const std::string path = scratch.File(std::string(SessionFormatName(format)));
    WriteAll(path, format, sessions);
    const ReadBack back = ReadAll(path);
    REQUIRE(back.status == absl::OkStatus());
    CHECK(back.result.first_fault.empty());
    CHECK(back.result.records == sessions.size());
    CHECK(back.result.unknown_columns.empty());
    CHECK_FALSE(back.result.cut);
    REQUIRE(back.sessions.size() == sessions.size());
    for (size_t i = 0; i < sessions.size(); ++i) {
      INFO(i);
      REQUIRE(back.sessions[i] == sessions[i]);
    }
  }
}

TEST_CASE("the report's 25 features survive its own form") {
  const ScratchFolder scratch;
  std::vector<SessionRecord> sessions = samples::Random(500);
  sessions.push_back(samples::Most());
  WriteAll(scratch.File("sessions"), SessionFormat::kReport, sessions);
  const ReadBack back = ReadAll(scratch.File("sessions"));
  CHECK(back.result.first_fault.empty());
  REQUIRE(back.sessions.size() == sessions.size());
  for (size_t i = 0; i < sessions.size(); ++i) REQUIRE(back.sessions[i] == InReport(sessions[i]));
}

TEST_CASE("the record printed in the report is written as it stands there, and read back") {
  const ScratchFolder scratch;
  const std::string path = scratch.File("sessions.txt");
  WriteAll(path, SessionFormat::kReport, {samples::OfReport()});
  CHECK(Contents(path) == samples::kReportLine);
  const ReadBack back = ReadAll(path);
  REQUIRE(back.sessions.size() == 1);
  CHECK(back.sessions[0] == samples::OfReport());
}

TEST_CASE("a fingerprint that is not known is no number in any format") {
  const ScratchFolder scratch;
  SessionRecord session = samples::OfReport();
  session.server().fingerprint.reset();
  for (const SessionFormat format : {SessionFormat::kReport, SessionFormat::kTsv,
                                     SessionFormat::kJson, SessionFormat::kSqlite}) {
    INFO(SessionFormatName(format));
    const std::string path = scratch.File(std::string(SessionFormatName(format)));
    WriteAll(path, format, {session});
    const ReadBack back = ReadAll(path);
    REQUIRE(back.sessions.size() == 1);
    CHECK(back.sessions[0].client().fingerprint == -4445);
    CHECK(back.sessions[0].server().fingerprint == std::nullopt);
  }
}

TEST_CASE("an IPv4 address within an IPv6 one survives every format as what it is") {
  const ScratchFolder scratch;
  SessionRecord session = samples::OfReport();
  session.client().end.ip = *IpAddress::Parse("::ffff:192.0.2.1");
  session.server().end.ip = *IpAddress::Parse("192.0.2.1");
  for (const SessionFormat format : kAllFormats) {
    INFO(SessionFormatName(format));
    const std::string path = scratch.File(std::string(SessionFormatName(format)));
    WriteAll(path, format, {session});
    const ReadBack back = ReadAll(path);
    REQUIRE(back.sessions.size() == 1);
    CHECK(back.sessions[0].client().end.ip.ToString() == "::ffff:192.0.2.1");
    CHECK(back.sessions[0].server().end.ip.ToString() == "192.0.2.1");
  }
}

TEST_CASE("what conn.log can say of a session survives it") {
  const ScratchFolder scratch;
  SessionRecord session = samples::OfReport();
  session.client().local = false;
  session.server().local = true;
  session.inbound = true;
  session.history = "ShADadfFR";
  session.state = ConnState::kSf;
  session.vlan = 12;
  session.client().bytes = 41;
  session.server().bytes = 554;
  WriteAll(scratch.File("conn.log"), SessionFormat::kZeek, {session, session});
  const ReadBack back = ReadAll(scratch.File("conn.log"));
  CHECK(back.result.first_fault.empty());
  REQUIRE(back.sessions.size() == 2);
  const SessionRecord& read = back.sessions[1];
  CHECK(read.id == 2);
  CHECK(read.server_confidence == 2);
  CHECK(read.inbound);
  CHECK(read.client().local == false);
  CHECK(read.server().local == true);
  CHECK(read.client().end == session.client().end);
  CHECK(read.server().end == session.server().end);
  CHECK(read.first_time == session.first_time);
  CHECK(read.last_time == session.last_time);
  CHECK(read.state == ConnState::kSf);
  CHECK(read.history == session.history);
  CHECK(read.closed_by == Side::kServer);
  CHECK(read.first_data_by == Side::kClient);
  CHECK(read.vlan == 12);
  CHECK(read.client().packets == 6);
  CHECK(read.server().payload_bytes == 554);
  CHECK(read.client().first_flags == kSyn);
  CHECK(read.server().first_flags == (kSyn | kAck));
  CHECK(read.client().flags == (kSyn | kAck | kFin | kRst));
  CHECK(OutcomeOfAttempt(read) == AttemptOutcome::kAccepted);
}

TEST_CASE("the same sessions give the same bytes in every text format") {
  const ScratchFolder scratch;
  const std::vector<SessionRecord> sessions = samples::Random(50);
  for (const SessionFormat format : kTextFormats) {
    const std::string name(SessionFormatName(format));
    WriteAll(scratch.File("a" + name), format, sessions);
    WriteAll(scratch.File("b" + name), format, sessions);
    CHECK(Contents(scratch.File("a" + name)) == Contents(scratch.File("b" + name)));
  }
}

TEST_CASE("each column is found by its name, and only by that") {
  for (const Column& column : SessionColumns()) {
    const auto found = FindColumn(column.name, &Column::name);
    REQUIRE(found.has_value());
    CHECK(&SessionColumns()[*found] == &column);
  }
  CHECK(SessionColumns().size() == 51);
  CHECK_FALSE(FindColumn("first_time_ns", &Column::name).has_value());
  CHECK(FindColumn("first_time_ns", &Column::sql_name).has_value());
}

}  // namespace
}  // namespace cairn::output
