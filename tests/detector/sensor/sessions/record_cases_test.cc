// SPDX-License-Identifier: BSD-3-Clause
// Situations whose records are easy to get wrong, as tests/end_to_end/cases/ has them in captures.
#include <vector>

#include "catch2/catch.hpp"

#include "tests/detector/sensor/sessions/talk.h"

namespace cairn::testing {
namespace {

constexpr uint8_t kSynAck = kSyn | kAck;
constexpr uint8_t kFinAck = kFin | kAck;
constexpr uint8_t kPush = kAck | kPsh;

Conversation RecordCasesPlain() { return Conversation(ClientEnd(), ServerEnd()); }

TEST_CASE("a RST in mid-stream ends no attempt, whoever sends it, and however little was seen") {
  CHECK(
      OneRecord(
          RecordCasesPlain().Client(kPush, 1, 100, 1).Server(kPush, 1, 200, 101).Client(kRst, 101))
          .state == ConnState::kOth);
  CHECK(
      OneRecord(
          RecordCasesPlain().Client(kPush, 1, 100, 1).Server(kPush, 1, 200, 101).Server(kRst, 201))
          .state == ConnState::kOth);
  CHECK(OneRecord(RecordCasesPlain().Client(kRst, 1)).state == ConnState::kOth);
  CHECK(OneRecord(RecordCasesPlain().Server(kRst, 1)).state == ConnState::kOth);
  CHECK(OneRecord(RecordCasesPlain().Client(kPush, 1, 100, 1).Client(kRst, 101)).state ==
        ConnState::kOth);
}

TEST_CASE("a FIN in mid-stream is no half-open attempt") {
  CHECK(OneRecord(RecordCasesPlain().Client(kFinAck, 1, 0, 1)).state == ConnState::kOth);
  CHECK(OneRecord(RecordCasesPlain().Server(kFinAck, 1, 0, 1)).state == ConnState::kOth);
}

TEST_CASE("FIN, RST and the peer's FIN are a normal close, by either side") {
  Conversation by_client =
      RecordCasesPlain().Shake().Client(kFinAck, 1, 0, 1).Server(kPush, 1, 50, 2);
  const SessionRecord closed = OneRecord(by_client.Client(kRst, 2).Server(kFinAck, 51, 0, 2));
  CHECK(closed.state == ConnState::kSf);
  CHECK(closed.closed_by == Side::kClient);
  CHECK(closed.history == "ShAFdRf");
  Conversation by_server =
      RecordCasesPlain().Shake().Server(kFinAck, 1, 0, 1).Client(kPush, 1, 50, 2);
  CHECK(OneRecord(by_server.Server(kRst, 2).Client(kFinAck, 51, 0, 2)).state == ConnState::kSf);
  Conversation without =
      RecordCasesPlain().Shake().Client(kFinAck, 1, 0, 1).Server(kPush, 1, 50, 2);
  CHECK(OneRecord(without.Client(kRst, 2)).state == ConnState::kRsto);
}

TEST_CASE("a connection whose SYN was lost is established by its SYN-ACK and what follows") {
  const auto open = [] {
    return RecordCasesPlain().Server(kSynAck, 0, 0, 1).Client(kAck, 1, 0, 1);
  };
  CHECK(OneRecord(open()).state == ConnState::kS1);
  CHECK(OneRecord(open().Server(kRst, 1)).state == ConnState::kRstr);
  CHECK(OneRecord(open().Client(kRst, 1)).state == ConnState::kRsto);
  CHECK(OneRecord(open().Server(kFinAck, 1, 0, 1)).state == ConnState::kS3);
  CHECK(OneRecord(open().Client(kFinAck, 1, 0, 1)).state == ConnState::kS2);
  CHECK(OneRecord(open().Close(0, 0)).state == ConnState::kSf);
}

TEST_CASE("a FIN that nobody believes changes neither state nor bytes") {
  Conversation talk =
      RecordCasesPlain().Shake().Client(kPush, 1, 100, 1).Server(kPush, 1, 200, 101);
  talk.Server(kFinAck, 100'000'201, 0, 101).Client(kPush, 101, 100, 201);
  const SessionRecord record = OneRecord(talk.Server(kPush, 201, 100, 201));
  CHECK(record.state == ConnState::kS1);
  CHECK_FALSE(record.closed_by.has_value());
  CHECK(record.client().bytes == 200);
  CHECK(record.server().bytes == 300);
}

TEST_CASE("a forged FIN does not hide data behind it, on the true FIN neither") {
  const uint8_t with_fin = GENERATE(uint8_t{0}, uint8_t{kFin});
  Conversation talk =
      RecordCasesPlain().Shake().Client(kPush, 1, 100, 1).Server(kPush, 1, 200, 101);
  talk.Server(kFinAck, 201, 0, 101).Client(kAck, 101, 0, 201);
  talk.Server(static_cast<uint8_t>(kPush | with_fin), 201, 900, 101).Client(kAck, 101, 0, 1101);
  const SessionRecord record = OneRecord(talk);
  CHECK(record.server().bytes == 1100);
  CHECK(record.server().missed_bytes == 0);
  CHECK(record.server().retransmitted_bytes == 0);
  CHECK(record.state == (with_fin != 0 ? ConnState::kS3 : ConnState::kS1));
}

TEST_CASE("each side tells whether it is local, as far as that is known") {
  const auto local = [](const char* network) {
    DetectorOptions options = WithSessions();
    if (network != nullptr) options.protected_networks.Add(*Prefix::Parse(network));
    const SessionRecord record = OneRecord(RecordCasesPlain().Shake(), options);
    return std::vector{record.client().local, record.server().local};
  };
  CHECK(local("192.0.2.0/24") == std::vector<std::optional<bool>>{true, false});
  CHECK(local("198.51.100.0/24") == std::vector<std::optional<bool>>{false, true});
  CHECK(local("0.0.0.0/0") == std::vector<std::optional<bool>>{true, true});
  CHECK(local("203.0.113.0/24") == std::vector<std::optional<bool>>{false, false});
  CHECK(local(nullptr) == std::vector<std::optional<bool>>{std::nullopt, std::nullopt});
}

TEST_CASE("a jump of 100 MB that the other side acknowledges is a gap") {
  constexpr uint32_t kMissed = 100'000'000;
  Conversation talk =
      RecordCasesPlain().Shake().Client(kPush, 1, 100, 1).Server(kPush, 1, 1000, 101);
  talk.Client(kAck, 101, 0, 1001).Client(kAck, 101, 0, 1001 + kMissed);
  for (uint32_t sent = 1001 + kMissed; sent < 6001 + kMissed; sent += 1000) {
    talk.Server(kPush, sent, 1000, 101).Client(kAck, 101, 0, sent + 1000);
  }
  const SessionRecord record = OneRecord(talk.Close(100, 6000 + kMissed));
  CHECK(record.server().bytes == 6000 + kMissed);
  CHECK(record.server().missed_bytes == kMissed);
  CHECK(record.server().retransmitted_packets == 0);
  CHECK(record.history.find('g') != std::string::npos);
  CHECK(record.history.find_first_of("tT") == std::string::npos);
}

TEST_CASE("segments that were swapped leave no gap, and what is missing at the end does") {
  Conversation swapped =
      RecordCasesPlain().Shake().Server(kPush, 501, 500, 1).Server(kPush, 1, 500, 1);
  const SessionRecord whole = OneRecord(swapped.Client(kAck, 1, 0, 1001).Close(0, 1000));
  CHECK(whole.history == "ShAdFf");
  CHECK(whole.server().missed_bytes == 0);
  Conversation lost = RecordCasesPlain().Shake().Server(kPush, 501, 500, 1);
  const SessionRecord holed = OneRecord(lost.Client(kAck, 1, 0, 1001).Close(0, 1000));
  CHECK(holed.history.find('g') != std::string::npos);
  CHECK(holed.server().missed_bytes == 500);
}

TEST_CASE("a copy of the handshake from another VLAN is no second session") {
  Conversation talk = RecordCasesPlain();
  for (int copy = 0; copy < 2; ++copy) {
    talk.At(Ms(100 * copy)).Shake();
    talk.Client(kPush, 1, 100, 1).Server(kPush, 1, 300, 101).Client(kAck, 101, 0, 301);
  }
  for (int copy = 0; copy < 2; ++copy) talk.At(Ms(240 + 100 * copy)).Close(100, 300);
  const SessionRecord record = OneRecord(talk);
  CHECK(record.client().packets == 12);
  CHECK(record.server().packets == 6);
  CHECK(record.client().bytes == 100);
  CHECK(record.server().bytes == 300);
  CHECK(record.state == ConnState::kSf);
}

TEST_CASE("ports in use again after a silent death begin a session with the SYN") {
  Conversation first = RecordCasesPlain().Shake().Client(kPush, 1, 10, 1).Server(kAck, 1, 0, 11);
  Conversation second(ClientEnd(), ServerEnd(), 900'000, 8000);
  second.At(Ms(12 * 3600 * 1000)).Shake();
  second.Client(kPush, 1, 33, 1).Server(kAck, 1, 0, 34).Close(33, 0);
  const std::vector<SessionRecord> records = Records(Together({first, second}));
  REQUIRE(records.size() == 2);
  CHECK(records[0].history == "ShADa");
  CHECK(records[0].client().packets == 3);
  CHECK(records[0].duration() == Millis(4));
  CHECK(records[1].history == "ShADaFf");
  CHECK(records[1].client().first_flags == kSyn);
  CHECK(records[1].client().packets == 5);
}

TEST_CASE("a SYN behind the end of its connection is no second session") {
  Conversation talk = RecordCasesPlain().Server(kSynAck, 0, 0, 1).Client(kAck, 1, 0, 1);
  talk.Client(kPush, 1, 10, 1).Close(10, 0).Client(kSyn, 0);
  const SessionRecord record = OneRecord(talk);
  CHECK(record.state == ConnState::kSf);
  CHECK(record.client().packets == 5);
  CHECK(record.client().bytes == 10);
}

TEST_CASE("a FIN that is repeated long after the close makes no session") {
  Conversation talk = RecordCasesPlain().Shake().Close(0, 0);
  talk.At(Ms(30'000)).Server(kFinAck, 1, 0, 2);
  CHECK(OneRecord(talk).state == ConnState::kSf);
}

}  // namespace
}  // namespace cairn::testing
