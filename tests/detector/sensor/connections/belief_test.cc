// SPDX-License-Identifier: BSD-3-Clause
// Believe what the end hosts believe: a segment that its receiver would ignore changes nothing.
#include <random>
#include <vector>

#include "catch2/catch.hpp"

#include "detector/sensor/connections/connection_end.h"
#include "tests/detector/sensor/connections/tracker_rig.h"

namespace cairn::connections {
namespace {

using testing::At;
using testing::From;
using testing::Ms;
using testing::TraceBuilder;

const Endpoint kClient = At("192.0.2.7", 40000);
const Endpoint kServer = At("10.0.0.1", 22);
constexpr uint32_t kKeyBytes = 36;

// A login whose hosts answer what they receive, and nothing else.
class Login {
 public:
  Login() {
    Send(kClient, kServer, kSyn, 999, 0, 0);
    Send(kServer, kClient, kSyn | kAck, 4999, 0, 1000);
    Send(kClient, kServer, kAck, 1000, 0, 5000);
    for (int i = 0; i < 8; ++i) Key();
  }

  // A key and its echo, both acknowledged.  The new bytes that the tracker saw in the key.
  uint32_t Key() {
    time_ms_ += 700;
    const uint32_t new_bytes = Send(kClient, kServer, kAck | kPsh, client_, kKeyBytes, server_);
    client_ += kKeyBytes;
    Send(kServer, kClient, kAck | kPsh, server_, kKeyBytes, client_);
    server_ += kKeyBytes;
    Send(kClient, kServer, kAck, client_, 0, server_);
    return new_bytes;
  }

  uint32_t Send(const Endpoint& from, const Endpoint& to, uint8_t flags, uint32_t seq,
                uint32_t bytes, uint32_t ack, Checksum checksum = Checksum::kGood,
                uint8_t hop_limit = 60) {
    time_ms_ += 10;
    Segment segment = Tcp(from, to, Ms(time_ms_), flags, seq, bytes, ack);
    segment.checksum = checksum;
    segment.hop_limit = hop_limit;
    return rig_.Feed(segment).value_or(0);
  }
  // By the client's address, with a checksum that cannot be verified.
  uint32_t Forge(uint8_t flags, uint32_t seq, uint32_t bytes) {
    return Send(kClient, kServer, flags, seq, bytes, server_, Checksum::kUnknown);
  }
  void Pause(int64_t ms) { time_ms_ += ms; }

  const Connection& connection() const { return *rig_.Find(kClient, kServer); }
  uint32_t next() const { return connection().next_seq[connection().originator_side]; }
  uint32_t acked() const { return connection().acked[connection().originator_side]; }
  uint32_t client() const { return client_; }
  uint32_t server() const { return server_; }
  TrackerRig& rig() { return rig_; }

 private:
  TrackerRig rig_;
  int64_t time_ms_ = 0;
  uint32_t client_ = 1000;
  uint32_t server_ = 5000;
};

TEST_CASE("data that jump ahead change nothing until they are acknowledged") {
  Login login;
  const uint32_t ahead = GENERATE(1U, 1000U, 1'000'000U, 60'000'000U, 1'000'000'000U);
  for (int i = 0; i < 20; ++i) {
    CHECK(login.Forge(kAck, login.client() + ahead, 200) == 0);
    CHECK(login.Key() == kKeyBytes);
    CHECK(login.next() == login.client());
    CHECK(login.acked() == login.client());
  }
}

TEST_CASE("who does not know the numbers changes nothing, by data nor by acknowledgements") {
  Login login;
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same numbers each time
  for (int i = 0; i < 20000; ++i) {
    // Half a number space away, give or take a quarter.
    const uint32_t seq = login.client() + 0x40000000U + static_cast<uint32_t>(random() >> 1U);
    const uint32_t ack = login.server() + 0x40000000U + static_cast<uint32_t>(random() >> 1U);
    login.Send(kClient, kServer, kAck, seq, static_cast<uint32_t>(i % 2), ack, Checksum::kUnknown);
    if (i % 4 != 0) continue;
    const uint32_t new_bytes = login.Key();
    const uint32_t next = login.next();
    const bool right = new_bytes == kKeyBytes && next == login.client();
    if (!right) FAIL("after " << i << " forged ones");
  }
  const unsigned server = 1U - login.connection().originator_side;
  CHECK(login.connection().next_seq[server] == login.server());
  CHECK(login.connection().acked[server] == login.server());
}

TEST_CASE("data beyond a gap count when they are acknowledged") {
  Login login;
  const uint32_t lost = GENERATE(1U, 1000U, 60'000'000U, 1'000'000'000U);
  const uint32_t behind = login.client() + lost;
  login.Send(kClient, kServer, kAck, behind, 100, login.server());
  CHECK(login.next() == login.client());
  login.Send(kServer, kClient, kAck, login.server(), 0, behind + 100);
  CHECK(login.next() == behind + 100);
}

TEST_CASE("data that begin where the receiver says that he is count at once") {
  Login login;
  const uint32_t lost = 100'000'000;
  login.Send(kServer, kClient, kAck, login.server(), 0, login.client() + lost);
  CHECK(login.next() == login.client());
  CHECK(login.Send(kClient, kServer, kAck, login.client() + lost, 50, login.server()) == 50);
  CHECK(login.next() == login.client() + lost + 50);
}

TEST_CASE("a forged acknowledgement of what was never sent is taken back by a true one") {
  Login login;
  for (int i = 0; i < 20; ++i) {
    login.Send(kServer, kClient, kAck, login.server(), 0, login.client() + 5000);
    CHECK(login.Key() == kKeyBytes);
    CHECK(login.next() == login.client());
    CHECK(login.acked() == login.client());
  }
}

TEST_CASE("forged data that a forged acknowledgement confirms are taken back by the true ones") {
  Login login;
  const uint32_t ahead = GENERATE(0U, 1U, 1'000'000U);
  for (int i = 0; i < 20; ++i) {
    login.Pause(3000);
    const uint32_t forged = login.client() + ahead;
    login.Forge(kAck, forged, 200);
    login.Send(kServer, kClient, kAck, login.server(), 0, forged + 200);
    login.Key();
    login.Key();
    CHECK(login.next() == login.client());
    CHECK(login.acked() == login.client());
  }
}

TEST_CASE("what was forged in order does not hide what the host goes on with") {
  Login login;
  for (int i = 0; i < 20; ++i) {
    login.Forge(kAck | kPsh, login.client(), 200);
    login.Key();
    CHECK(login.acked() == login.client());
  }
  // Past the last forgery all is new again.
  for (int i = 0; i < 6; ++i) login.Key();
  CHECK(login.Key() == kKeyBytes);
  CHECK(login.next() == login.client());
}

TEST_CASE("a hop limit unlike the flow's is no hop limit of the flow's host") {
  Login login;
  login.Send(kClient, kServer, kAck | kPsh, login.client(), 40, login.server(), Checksum::kGood, 1);
  CHECK(login.next() == login.client());
  CHECK(login.rig().counters().not_believed[static_cast<size_t>(Doubt::kHopLimit)] == 1);
  login.Send(kClient, kServer, kRst, login.client(), 0, 0, Checksum::kGood, 1);
  CHECK(login.connection().phase == Phase::kEstablished);
  CHECK(login.Key() == kKeyBytes);
}

TEST_CASE("RSTs that do not reach their host teach no hop limit, however long it is silent") {
  Login login;
  for (int i = 0; i < 1000; ++i) {
    login.Send(kClient, kServer, kRst, login.client(), 0, 0, Checksum::kGood, 1);
  }
  CHECK(login.connection().phase == Phase::kEstablished);
  CHECK(login.connection().hop_limit[login.connection().originator_side] == 60);
  CHECK(login.Key() == kKeyBytes);
}

TEST_CASE("a change of route is believed, and costs no data") {
  Login login;
  uint32_t seq = login.client();
  for (int i = 0; i < 30; ++i) {
    login.Send(kClient, kServer, kAck | kPsh, seq, 10, login.server(), Checksum::kGood, 44);
    seq += 10;
    login.Send(kServer, kClient, kAck, login.server(), 0, seq);
    CHECK(login.next() == seq);
  }
  CHECK(login.connection().hop_limit[login.connection().originator_side] == 44);
}

TEST_CASE("a wrong checksum counts against a flow whose own are right, and only there") {
  Login login;
  login.Send(kClient, kServer, kAck | kPsh, login.client(), 40, login.server(), Checksum::kBad);
  CHECK(login.next() == login.client());
  CHECK(login.rig().counters().not_believed[static_cast<size_t>(Doubt::kChecksum)] == 1);

  // A card fills the checksums in behind the capture point.
  TrackerRig rig;
  for (uint32_t i = 0; i < 20; ++i) {
    Segment segment = Tcp(kServer, kClient, Ms(10 * i), kAck, 500 + 10 * i, 10, 7);
    segment.checksum = Checksum::kBad;
    CHECK(rig.Feed(segment) == 10);
  }
}

TEST_CASE("a RST outside of the window is ignored") {
  Login login;
  const uint32_t off = GENERATE(0x10000000U, 0x70000000U, 0xf0000000U);
  login.Forge(kRst, login.client() + off, 0);
  CHECK(login.connection().phase == Phase::kEstablished);
  CHECK(login.rig().counters().not_believed[static_cast<size_t>(Doubt::kReset)] == 1);
}

TEST_CASE("a RST that its receiver would take ends the connection unless that goes on") {
  Login login;
  login.Forge(kRst, login.client(), 0);
  CHECK(MayHaveEnded(login.connection()));
  SECTION("nothing follows") {
    const PacketTime reset = login.connection().last_segment;
    CHECK(login.rig().ends().empty());
    login.rig().tracker().ExpireUntil(reset + PacketDelta::FromSeconds(400));
    REQUIRE(login.rig().ends().size() == 1);
    CHECK(login.rig().ends()[0].cause == "reset");
    CHECK(login.rig().ends()[0].time == reset);
  }
  SECTION("its host goes on") {
    CHECK(login.Key() == kKeyBytes);
    CHECK(login.connection().phase == Phase::kEstablished);
    CHECK(login.rig().counters().not_believed[static_cast<size_t>(Doubt::kReset)] == 1);
    CHECK(login.rig().Number(login.connection().uid) == 1);
  }
}

TEST_CASE("forged RSTs, one for each key, do not end a session") {
  Login login;
  for (int i = 0; i < 50; ++i) {
    login.Forge(kRst | kAck, login.client(), 0);
    CHECK(login.Key() == kKeyBytes);
  }
  CHECK(login.rig().Number(login.connection().uid) == 1);
  CHECK(login.connection().phase == Phase::kEstablished);
}

TEST_CASE("data in flight when a RST is sent do not contradict it") {
  Login login;
  login.Forge(kRst, login.client(), 0);
  login.Send(kServer, kClient, kAck | kPsh, login.server(), 40, login.client());
  CHECK(MayHaveEnded(login.connection()));
}

TEST_CASE("a FIN is taken back by data behind it") {
  Login login;
  login.Forge(kFin | kAck, login.client(), 0);
  CHECK(login.connection().fin_seen != 0);
  CHECK(login.Key() == kKeyBytes);
  CHECK(login.connection().fin_seen == 0);
  CHECK(login.rig().counters().not_believed[static_cast<size_t>(Doubt::kFin)] == 1);
}

TEST_CASE("FINs forged both ways do not end a session that goes on") {
  Login login;
  login.Forge(kFin | kAck, login.client(), 0);
  login.Send(kServer, kClient, kFin | kAck, login.server(), 0, login.client(), Checksum::kUnknown);
  CHECK(login.rig().ends().empty());
  CHECK(login.Key() == kKeyBytes);
  CHECK(login.connection().phase == Phase::kEstablished);
  CHECK(login.rig().ends().empty());
}

TEST_CASE("a FIN far off changes nothing") {
  Login login;
  login.Forge(kFin | kAck, login.client() + 100'000'000, 0);
  CHECK(login.connection().fin_seen == 0);
  CHECK(login.Key() == kKeyBytes);
}

TEST_CASE("where only one direction is captured the flow itself says where it is") {
  TrackerRig rig;
  int64_t ms = 0;
  uint32_t next = 1000;
  const auto send = [&](uint32_t seq, uint32_t bytes) {
    ms += 300;
    return rig.Feed(Tcp(kClient, kServer, Ms(ms), kAck | kPsh, seq, bytes, 77));
  };
  for (int i = 0; i < 10; ++i, next += 36) CHECK(send(next, 36) == 36);
  SECTION("a gap is believed when the flow goes on from behind it") {
    CHECK(send(next + 500, 36) == 0);
    CHECK(send(next + 536, 36) == 36);
    CHECK(send(next + 572, 36) == 36);
  }
  SECTION("data at the old place take a jump back") {
    send(next + 500, 36);
    send(next + 536, 36);
    send(next, 36);
    CHECK(send(next + 36, 36) == 36);
  }
  SECTION("single forgeries ahead are never believed") {
    for (int i = 0; i < 10; ++i, next += 36) {
      CHECK(send(next + 1'000'000, 5) == 0);
      CHECK(send(next, 36) == 36);
    }
  }
  SECTION("what was forged in order gives way to what the host goes on with") {
    for (int i = 0; i < 10; ++i, next += 36) {
      send(next, 200);
      send(next, 36);
    }
    CHECK(send(next, 36) == 36);
  }
}

}  // namespace
}  // namespace cairn::connections
