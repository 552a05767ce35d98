// SPDX-License-Identifier: BSD-3-Clause
// When records are written, and what they say of their session's end.
#include <algorithm>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/detector/sensor/sessions/talk.h"

namespace cairn::testing {
namespace {

Conversation Number(uint16_t i) {
  return {At("192.0.2.7", static_cast<uint16_t>(20000 + i)), ServerEnd()};
}

uint64_t Packets(const std::vector<SessionRecord>& records) {
  uint64_t packets = 0;
  for (const SessionRecord& record : records) {
    packets += record.client().packets + record.server().packets;
  }
  return packets;
}

TEST_CASE("no records without being asked") {
  CHECK(Records(Number(1).Shake().segments(), DetectorOptions()).empty());
}

TEST_CASE("late segments belong to the session that has ended") {
  Conversation talk = Number(1).Shake().Close(0, 0);
  talk.At(Ms(3000)).Server(kFin | kAck, 1, 0, 2).Client(kRst, 2);
  const SessionRecord record = OneRecord(talk);
  CHECK(record.client().packets == 5);
  CHECK(record.server().packets == 3);
  CHECK(record.end == SessionEnd::kClosed);
  CHECK(record.last_time == Ms(3001));
}

TEST_CASE("the record says why it was written") {
  DetectorOptions options = WithSessions();
  Conversation idle = Number(1).Shake();
  Conversation closed = Number(2).Shake().Close(0, 0);
  Conversation reset = Number(3).Shake().Client(kRst, 1);
  Conversation silent = Number(4).Client(kSyn, 0);
  Conversation late = Number(5).At(Ms(70'000)).Client(kSyn, 0);
  const std::vector<SessionRecord> records =
      Records(Together({idle, closed, reset, silent, late}), options);
  REQUIRE(records.size() == 5);
  const auto end_of = [&records](uint16_t i) {
    return std::find_if(records.begin(), records.end(),
                        [i](const SessionRecord& r) { return r.client().end.port == 20000 + i; })
        ->end;
  };
  CHECK(end_of(1) == SessionEnd::kEndOfCapture);
  CHECK(end_of(2) == SessionEnd::kClosed);
  CHECK(end_of(3) == SessionEnd::kReset);
  CHECK(end_of(4) == SessionEnd::kTimeout);
  CHECK(end_of(5) == SessionEnd::kEndOfCapture);
}

TEST_CASE("a full table writes what it drops, marked as evicted, and loses no packet") {
  DetectorOptions options = WithSessions();
  options.connections.max_connections = 10;
  std::vector<Conversation> talks;
  for (uint16_t i = 0; i < 100; ++i) talks.push_back(Number(i).At(Ms(10 * i)).Shake());
  const std::vector<Segment> segments = Together(talks);
  const std::vector<SessionRecord> records = Records(segments, options);
  CHECK(records.size() == 100);
  CHECK(Packets(records) == segments.size());
  CHECK(std::count_if(records.begin(), records.end(),
                      [](const SessionRecord& r) { return r.end == SessionEnd::kEvicted; }) == 90);
}

TEST_CASE("strays go first when the table is full") {
  DetectorOptions options = WithSessions();
  options.connections.max_connections = 10;
  std::vector<Conversation> talks = {Number(0).Shake()};
  for (uint16_t i = 1; i < 100; ++i) {
    talks.push_back(Number(i).At(Ms(10 * i)).Client(kAck, 1, 0, 1));
  }
  const Outcome outcome = Detect(options, Together(talks));
  CHECK(outcome.counters.evicted_strays == 90);
  CHECK(outcome.counters.evicted_idle == 0);
  CHECK(outcome.sessions.size() == 100);
}

TEST_CASE("a port that is used again makes a new session") {
  Conversation talk = Number(1).Shake().Close(0, 0);
  Conversation again(At("192.0.2.7", 20001), ServerEnd(), 900'000, 800'000);
  again.At(Ms(500)).Shake();
  const std::vector<SessionRecord> records = Records(Together({talk, again}));
  REQUIRE(records.size() == 2);
  CHECK(records[0].id == 1);
  CHECK(records[0].end == SessionEnd::kClosed);
  CHECK(records[0].client().packets == 4);
  CHECK(records[1].id == 2);
  CHECK(records[1].first_time == Ms(500));
}

TEST_CASE("a long session is told of in between, and its last record is the whole of it") {
  DetectorOptions options = WithSessions();
  options.sessions.interim_interval = PacketDelta::FromSeconds(10);
  Conversation talk = Number(1).Shake();
  for (uint32_t i = 0; i < 50; ++i) talk.At(Ms(1000 * (i + 1))).Client(kAck, 1 + i, 1, 1);
  const std::vector<SessionRecord> records = Records(talk.segments(), options);
  REQUIRE(records.size() == 6);
  for (size_t i = 0; i + 1 < records.size(); ++i) {
    CHECK(records[i].end == SessionEnd::kInterim);
    CHECK(records[i].id == 1);
    CHECK(records[i].last_time == Ms(static_cast<int64_t>(10'000 * (i + 1))));
  }
  CHECK(records.back().end == SessionEnd::kEndOfCapture);
  CHECK(records.back().client().packets == 52);
}

TEST_CASE("every segment is in one record, and findings are the same with records and without") {
  TraceBuilder trace;
  const auto up = trace.Open(At("192.0.2.1", 40000), At("10.0.0.1", 22), Ms(0));
  const auto down = trace.Open(At("10.0.0.1", 50000), At("203.0.113.1", 22), Ms(100));
  Relay(trace, up, down, Typing(1, 60, Ms(1000)));
  const auto middle = trace.MidStream(At("192.0.2.9", 50001), At("10.0.0.1", 80));
  for (int i = 0; i < 30; ++i) trace.Ack(middle, From::kServer, Ms(500 + 2000 * i));
  trace.Close(up, Ms(400'000));
  const std::vector<Segment> segments = trace.Build();
  DetectorOptions options;
  options.protected_networks.Add(*Prefix::Parse("10.0.0.0/8"));
  const Outcome without = Detect(options, segments);
  const Outcome with = Detect(WithSessions(options), segments);
  REQUIRE(without.events.size() == with.events.size());
  for (size_t i = 0; i < with.events.size(); ++i) {
    CHECK(Describe(with.events[i]) == Describe(without.events[i]));
  }
  CHECK(Packets(with.sessions) == segments.size());
  REQUIRE(with.pairs.size() == 1);
  size_t named = 0;
  for (const SessionRecord& record : with.sessions) {
    const bool names = std::find(record.alerts.begin(), record.alerts.end(),
                                 with.pairs[0].alert_id) != record.alerts.end();
    const bool of_pair = record.client().end == with.pairs[0].upstream.orig ||
                         record.client().end == with.pairs[0].downstream.orig;
    CHECK(names == of_pair);
    CHECK(of_pair == (std::find(record.alerts.begin(), record.alerts.end(), with.pairs[0].chain) !=
                      record.alerts.end()));
    CHECK(record.full_analysis == of_pair);
    if (names) ++named;
  }
  CHECK(named == 2);
}

TEST_CASE("tunnel, VLAN and fingerprints are those of the first segment that has them") {
  Conversation talk(ClientEnd(), ServerEnd());
  talk.Client(kSyn, 0);
  talk.details() = {.vlan = 42, .tunnel = Tunnel::kVxlan, .known = SegmentDetails::kVlan};
  talk.Server(kSyn | kAck, 0, 0, 1).Client(kAck, 1, 10, 1);
  talk.details() = {.fingerprint = 0, .known = SegmentDetails::kFingerprint};
  talk.Client(kAck, 11, 10, 1);
  talk.details() = {.fingerprint = 7, .known = SegmentDetails::kFingerprint};
  talk.Server(kAck, 1, 10, 21).Server(kAck, 11, 10, 21);
  talk.details() = {.fingerprint = 8, .known = SegmentDetails::kFingerprint};
  const SessionRecord record = OneRecord(talk);
  CHECK(record.vlan == 42);
  CHECK(record.tunnel == Tunnel::kVxlan);
  CHECK(record.client().fingerprint == 0);
  // The first data were cut: what came later is no fingerprint of them.
  CHECK_FALSE(record.server().fingerprint.has_value());
}

}  // namespace
}  // namespace cairn::testing
