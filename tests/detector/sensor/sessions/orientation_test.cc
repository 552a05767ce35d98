// SPDX-License-Identifier: BSD-3-Clause
#include <vector>

#include "catch2/catch.hpp"

#include "tests/detector/sensor/sessions/talk.h"

namespace cairn::testing {
namespace {

Conversation Between(uint16_t client_port, uint16_t server_port) {
  return {At("192.0.2.7", client_port), At("198.51.100.9", server_port)};
}

TEST_CASE("a SYN or its answer says for certain who serves, whatever the ports") {
  const SessionRecord by_syn = OneRecord(Between(22, 50000).Client(kSyn, 0));
  CHECK(by_syn.server_confidence == 2);
  CHECK(by_syn.server().end.port == 50000);
  const SessionRecord by_answer = OneRecord(Between(22, 50000).Server(kSyn | kAck, 0, 0, 1));
  CHECK(by_answer.server_confidence == 2);
  CHECK(by_answer.server().end.port == 50000);
  CHECK(by_answer.client().packets == 0);
}

TEST_CASE("a SYN-ACK that was captured late says so, too") {
  const Conversation data = Between(22, 50000).Client(kAck | kPsh, 1, 10, 1);
  const SessionRecord late = OneRecord(Conversation(data).Server(kSyn | kAck, 0, 0, 1));
  CHECK(late.server().end.port == 50000);
  CHECK(late.server_confidence == 2);
  CHECK(OneRecord(data).server().end.port == 22);
}

TEST_CASE("when both sides send a SYN the first is the client's, with less confidence") {
  const SessionRecord record = OneRecord(Between(5000, 6000).Client(kSyn, 0).Server(kSyn, 0));
  CHECK(record.server_confidence == 1);
  CHECK(record.client().end.port == 5000);
}

TEST_CASE("in mid-stream a port below 1024 serves, and of two others the lower one is a guess") {
  const SessionRecord well_known = OneRecord(Between(50000, 22).Server(kAck, 1, 10, 1));
  CHECK(well_known.server_confidence == 1);
  CHECK(well_known.server().end.port == 22);
  const SessionRecord guess = OneRecord(Between(50000, 8080).Server(kAck, 1, 10, 1));
  CHECK(guess.server_confidence == 0);
  CHECK(guess.server().end.port == 8080);
  const SessionRecord both_low = OneRecord(Between(514, 513).Client(kAck, 1, 10, 1));
  CHECK(both_low.server_confidence == 0);
  CHECK(both_low.server().end.port == 513);
  const SessionRecord same = OneRecord(Between(179, 179).Server(kAck, 1, 10, 1));
  CHECK(same.server_confidence == 0);
  CHECK(same.client().end.ip == At("198.51.100.9", 1).ip);
}

TEST_CASE("in mid-stream a server that is known corrects what its port would say") {
  // The server listens high, and one of its clients sends from a lower port.
  Conversation earlier(At("203.0.113.1", 60000), At("198.51.100.9", 50000));
  earlier.Shake().Close(0, 0);
  Conversation later = Between(2000, 50000).At(Ms(1000)).Client(kAck, 1, 10, 1);
  const std::vector<SessionRecord> records = Records(Together({earlier, later}));
  REQUIRE(records.size() == 2);
  const SessionRecord& corrected = records[0].id == 2 ? records[0] : records[1];
  CHECK(corrected.server().end.port == 50000);
  CHECK(corrected.server_confidence == 1);
}

TEST_CASE("segments that start no connection have a session all the same") {
  for (const uint8_t flags : {uint8_t{kAck}, uint8_t{kFin | kAck}, uint8_t{kRst}, uint8_t{0}}) {
    INFO(int{flags});
    const Conversation talk = Between(50000, 22).Server(flags, 1, 0, 1);
    const Outcome outcome = Detect(WithSessions(), talk.segments());
    REQUIRE(outcome.sessions.size() == 1);
    CHECK(outcome.sessions[0].server().packets == 1);
    CHECK(outcome.sessions[0].server_confidence == 1);
    CHECK(outcome.counters.connections == 0);
    CHECK(outcome.counters.stray_segments == 1);
  }
}

TEST_CASE(
    "strays belong to the connection that their data shows, and not to one that a SYN begins") {
  Conversation goes_on = Between(50000, 22).Client(kAck, 1, 0, 1).Server(kAck, 1, 0, 1);
  CHECK(OneRecord(goes_on.Client(kAck, 1, 10, 1)).client().packets == 2);
  Conversation begins = Between(50000, 22).Server(kRst, 1);
  begins.Client(kSyn, 100).Server(kSyn | kAck, 100, 0, 101);
  const std::vector<SessionRecord> records = Records(begins.segments());
  REQUIRE(records.size() == 2);
  CHECK(records[0].end == SessionEnd::kReused);
  CHECK(records[1].client().packets == 1);
}

TEST_CASE("inbound is from outside the protected networks to inside") {
  DetectorOptions options = WithSessions();
  options.protected_networks.Add(*Prefix::Parse("198.51.100.0/24"));
  CHECK(OneRecord(Between(50000, 22).Client(kSyn, 0), options).inbound);
  CHECK_FALSE(OneRecord(Between(50000, 22).Client(kSyn, 0)).inbound);
  Conversation outward(ServerEnd(), ClientEnd());
  CHECK_FALSE(OneRecord(outward.Client(kSyn, 0), options).inbound);
}

}  // namespace
}  // namespace cairn::testing
