// SPDX-License-Identifier: BSD-3-Clause
// The examples of Heberlein's report, rebuilt as captures.
#include <vector>

#include "catch2/catch.hpp"

#include "tests/detector/sensor/sessions/talk.h"

namespace cairn::testing {
namespace {

uint32_t Delta(const SessionSide& side) { return side.last_seq - side.first_seq; }

// Section 3, the sample record.
TEST_CASE("the sample record's session gives the sample record's fields") {
  const Endpoint client = At("63.162.172.250", 4305);
  const Endpoint server = At("168.236.226.95", 80);
  Conversation talk(client, server, 667076575, 465154797);
  const PacketTime first = PacketTime::FromNanoseconds(1068854712'726492000);
  talk.At(first).Shake();
  talk.Client(kAck | kPsh, 1, 41, 1).Server(kAck, 1, 0, 42).Server(kAck | kPsh, 1, 277, 42);
  talk.Server(kAck | kPsh, 1, 277, 42).Server(kAck | kFin, 278, 0, 42).Client(kAck, 42, 0, 279);
  talk.Client(kAck | kFin, 42, 0, 279).Server(kAck, 279, 0, 43).Server(kAck, 279, 0, 43);
  talk.At(PacketTime::FromNanoseconds(1068854723'881319000)).Client(kRst, 43);
  DetectorOptions options = WithSessions();
  options.connections.closing_timeout = PacketDelta::FromSeconds(30);  // its last word comes late
  const SessionRecord record = OneRecord(talk, options);
  CHECK(record.server_confidence == 2);
  CHECK(record.client().end == client);
  CHECK(record.server().end == server);
  CHECK_FALSE(record.transient_server);
  CHECK_FALSE(record.inbound);
  CHECK(record.client().first_flags == kSyn);
  CHECK(record.server().first_flags == (kSyn | kAck));
  CHECK(record.client().flags == (kAck | kPsh | kRst | kSyn | kFin));
  CHECK(record.server().flags == (kAck | kPsh | kSyn | kFin));
  CHECK(record.client().payload_bytes == 41);
  CHECK(record.server().payload_bytes == 554);
  CHECK(record.client().packets == 6);
  CHECK(record.server().packets == 7);
  CHECK(record.client().first_seq == 667076575);
  CHECK(record.server().first_seq == 465154797);
  CHECK(record.client().last_seq == 667076618);
  CHECK(record.server().last_seq == 465155076);
  CHECK(record.first_time == first);
  CHECK(record.last_time == PacketTime::FromNanoseconds(1068854723'881319000));
  // What the report's sensor did not know yet.
  CHECK(record.client().bytes == 41);
  CHECK(record.server().bytes == 277);
  CHECK(record.server().retransmitted_bytes == 277);
  CHECK(record.closed_by == Side::kServer);
  CHECK(record.first_data_by == Side::kClient);
  CHECK(record.state == ConnState::kSf);
}

// Section 4, table 1: the same few bytes, sent again and again.
TEST_CASE("a storm of repeats does not change how much was sent") {
  for (const uint32_t packets : {39U, 18U, 55U, 56U}) {
    INFO(packets);
    Conversation talk(ClientEnd(), At("198.51.100.9", 554));
    talk.Client(kSyn, 0).Server(kSyn | kAck, 0, 0, 1);
    talk.Client(kAck, 1, 3, 1);
    for (uint32_t sent = 3; sent < packets; ++sent) talk.Client(kAck, 4, 1, 1);
    talk.Client(kAck, 5, 0, 1);
    const SessionRecord record = OneRecord(talk);
    CHECK(record.client().packets == packets);
    CHECK(record.client().payload_bytes == packets);
    CHECK(Delta(record.client()) == 5);
    CHECK(record.client().bytes == 4);
    CHECK(record.client().retransmitted_bytes == packets - 4);
  }
  Conversation quiet(ClientEnd(), At("198.51.100.9", 554));
  quiet.Client(kSyn, 0).Server(kSyn | kAck, 0, 0, 1).Client(kAck, 1, 23, 1);
  quiet.Client(kFin | kAck, 24, 0, 1);
  const SessionRecord record = OneRecord(quiet);
  CHECK(record.client().packets == 3);
  CHECK(record.client().payload_bytes == 23);
  CHECK(Delta(record.client()) == 24);
  CHECK(record.client().bytes == 23);
}

// Section 5, table 2: whoever ends the session first is two off, the other one.
TEST_CASE("the order of shutdown does not change how much was sent, and is told") {
  Conversation by_server(ClientEnd(), ServerEnd());
  by_server.Shake().Client(kAck | kPsh, 1, 22, 1).Server(kAck | kPsh, 1, 114, 23);
  by_server.Server(kFin | kAck, 115, 0, 23).Client(kFin | kAck, 23, 0, 116);
  by_server.Server(kAck, 116, 0, 24);
  const SessionRecord first = OneRecord(by_server);
  CHECK(Delta(first.client()) == 23);
  CHECK(Delta(first.server()) == 116);
  CHECK(first.client().bytes == 22);
  CHECK(first.server().bytes == 114);
  CHECK(first.closed_by == Side::kServer);

  // The client's last acknowledgement is not captured.
  Conversation by_client(ClientEnd(), ServerEnd());
  by_client.Shake().Client(kAck | kPsh, 1, 22, 1).Server(kAck | kPsh, 1, 161, 23);
  by_client.Client(kFin | kAck, 23, 0, 162).Server(kFin | kAck, 162, 0, 24);
  const SessionRecord second = OneRecord(by_client);
  CHECK(Delta(second.client()) == 23);
  CHECK(Delta(second.server()) == 162);
  CHECK(second.client().bytes == 22);
  CHECK(second.server().bytes == 161);
  CHECK(second.closed_by == Side::kClient);
}

// Section 7.2.1: the server sends nothing but its SYN-ACK, and the client repeats itself.
TEST_CASE("a session that was accepted and came to nothing shows who was silent") {
  Conversation talk(ClientEnd(), At("198.51.100.9", 1433));
  talk.Client(kSyn, 0).Server(kSyn | kAck, 0, 0, 1);
  for (int i = 0; i < 6; ++i) talk.Client(kSyn, 0);
  const SessionRecord record = OneRecord(talk);
  CHECK(record.client().packets == 7);
  CHECK(record.server().packets == 1);
  CHECK_FALSE(record.first_data_by.has_value());
  CHECK(OutcomeOfAttempt(record) == AttemptOutcome::kAccepted);
}

}  // namespace
}  // namespace cairn::testing
