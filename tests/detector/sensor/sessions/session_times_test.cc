// SPDX-License-Identifier: BSD-3-Clause
// Round trips, onsets and the share of time OFF.
#include "catch2/catch.hpp"

#include "tests/detector/sensor/sessions/talk.h"

namespace cairn::testing {
namespace {

constexpr uint8_t kSessionTimesSynAck = kSyn | kAck;

Conversation& Stamp(Conversation& talk, uint32_t stamp, uint32_t echo) {
  talk.details().timestamp = stamp;
  talk.details().timestamp_echo = echo;
  talk.details().known |= SegmentDetails::kTimestamps;
  return talk;
}

TEST_CASE("the handshake tells each side's round trip, seen from the capture point") {
  Conversation talk(ClientEnd(), ServerEnd());
  talk.At(Ms(0))
      .Client(kSyn, 0)
      .At(Ms(30))
      .Server(kSessionTimesSynAck, 0, 0, 1)
      .At(Ms(35))
      .Client(kAck, 1, 0, 1);
  const SessionRecord record = OneRecord(talk);
  CHECK(record.server().round_trip == Millis(30));
  CHECK(record.client().round_trip == Millis(5));
}

TEST_CASE("a repeated SYN makes the handshake's round trip longer, and time stamps correct it") {
  Conversation talk(ClientEnd(), ServerEnd());
  Stamp(talk.At(Ms(0)).Client(kSyn, 0), 100, 0);
  Stamp(talk.At(Ms(1000)).Client(kSyn, 0), 1100, 0);
  Stamp(talk.At(Ms(1030)).Server(kSessionTimesSynAck, 0, 0, 1), 7, 1100);
  Stamp(talk.At(Ms(1031)).Client(kAck, 1, 0, 1), 1131, 7);
  CHECK(OneRecord(talk).server().round_trip == Millis(1030));
  for (uint32_t i = 0; i < 16; ++i) {
    const int64_t now = 2000 + 100 * static_cast<int64_t>(i);
    Stamp(talk.At(Ms(now)).Client(kAck, 1 + i, 1, 1), 2000 + 100 * i, 7);
    Stamp(talk.At(Ms(now + 25)).Server(kAck, 1, 0, 2 + i), 8 + i, 2000 + 100 * i);
  }
  CHECK(OneRecord(talk).server().round_trip == Millis(25));
}

TEST_CASE("without a handshake and without time stamps no round trip is known") {
  Conversation talk(ClientEnd(), ServerEnd());
  for (uint32_t i = 0; i < 30; ++i) talk.Client(kAck, 1 + i, 1, 1).Server(kAck, 1 + i, 1, 2 + i);
  const SessionRecord record = OneRecord(talk);
  CHECK_FALSE(record.server().round_trip.has_value());
  CHECK_FALSE(record.client().round_trip.has_value());
}

TEST_CASE("an old echo is no answer") {
  Conversation talk(ClientEnd(), ServerEnd());
  Stamp(talk.At(Ms(0)).Client(kSyn, 0), 0xfffffff0, 0);
  Stamp(talk.At(Ms(5)).Server(kSessionTimesSynAck, 0, 0, 1), 7, 0xffffffef);
  CHECK_FALSE(OneRecord(talk).server().round_trip.has_value());
  Stamp(talk.At(Ms(9)).Server(kAck, 1, 0, 1), 8, 3);  // later, beyond the wrap
  CHECK(OneRecord(talk).server().round_trip == Millis(9));
}

TEST_CASE("onsets and the share of time OFF tell a person from a transfer") {
  Conversation typed(ClientEnd(), ServerEnd());
  typed.At(Ms(0))
      .Client(kSyn, 0)
      .At(Ms(0))
      .Server(kSessionTimesSynAck, 0, 0, 1)
      .At(Ms(0))
      .Client(kAck, 1, 0, 1);
  for (uint32_t i = 0; i < 10; ++i)
    typed.At(Ms(1000 * (i + 1) + 217 * (i % 3))).Client(kAck, 1 + i, 1, 1);
  const SessionRecord person = OneRecord(typed);
  CHECK(person.client().onsets == 10);
  CHECK(person.client().off_share == 1);  // a second between any two
  CHECK(person.server().off_share == 1);  // it sent nothing at all
  CHECK(person.server().onsets == 0);

  Conversation sent(ClientEnd(), ServerEnd());
  sent.Shake();
  for (uint32_t i = 0; i < 100; ++i) sent.At(Ms(100 * (i + 1))).Client(kAck, 1 + 100 * i, 100, 1);
  sent.At(Ms(20'000)).Client(kAck, 10001, 0, 1);
  const SessionRecord transfer = OneRecord(sent);
  CHECK(transfer.client().onsets == 1);
  CHECK(transfer.client().off_share == Approx(0.5));  // the last ten seconds
}

TEST_CASE("a session of one moment has no share of time OFF") {
  const SessionRecord record = OneRecord(Conversation(ClientEnd(), ServerEnd()).Client(kSyn, 0));
  CHECK(record.client().off_share == 0);
  CHECK(record.duration() == PacketDelta::Zero());
}

}  // namespace
}  // namespace cairn::testing
