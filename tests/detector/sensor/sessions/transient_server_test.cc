// SPDX-License-Identifier: BSD-3-Clause
#include <vector>

#include "catch2/catch.hpp"

#include "tests/detector/sensor/sessions/talk.h"

namespace cairn::testing {
namespace {

const char* const kClient = "192.0.2.7";
const char* const kServer = "198.51.100.9";

// A session that lasts from its handshake at `start` over the given moments at which its client
// sends a line.
Conversation Control(uint16_t client_port, uint16_t server_port, const std::vector<int64_t>& lines,
                     int64_t start = 0) {
  Conversation talk(At(kClient, client_port), At(kServer, server_port));
  talk.At(Ms(start)).Shake();
  uint32_t seq = 1;
  for (const int64_t line : lines) {
    talk.At(Ms(line)).Client(kAck | kPsh, seq, 10, 1);
    seq += 10;
  }
  return talk;
}

Conversation Transfer(const Endpoint& from, const Endpoint& to, int64_t start) {
  Conversation talk(from, to);
  return talk.At(Ms(start))
      .Shake()
      .Server(kAck, 1, 1000, 1)
      .Client(kAck, 1, 0, 1001)
      .Close(0, 1000);
}

bool IsTransient(const std::vector<SessionRecord>& records, const Endpoint& server) {
  for (const SessionRecord& record : records) {
    if (record.server().end == server && record.transient_server) return true;
  }
  return false;
}

TEST_CASE("FTP's data connections go to transient servers, whoever opens them") {
  const Endpoint passive = At(kServer, 50123);
  const Endpoint active = At(kClient, 40777);
  const std::vector<SessionRecord> records = Records(
      Together({Control(40000, 21, {1000, 5000}), Transfer(At(kClient, 40001), passive, 1100),
                Transfer(At(kServer, 20), active, 5100)}));
  REQUIRE(records.size() == 3);
  CHECK(IsTransient(records, passive));
  CHECK(IsTransient(records, active));
  CHECK_FALSE(IsTransient(records, At(kServer, 21)));
}

TEST_CASE("a session long after the last command, or between other hosts, was not commanded") {
  const Endpoint later = At(kServer, 50123);
  const Endpoint elsewhere = At("198.51.100.10", 50124);
  const std::vector<SessionRecord> records =
      Records(Together({Control(40000, 21, {1000}), Transfer(At(kClient, 40001), later, 20'000),
                        Transfer(At(kClient, 40002), elsewhere, 1100)}));
  CHECK_FALSE(IsTransient(records, later));
  CHECK_FALSE(IsTransient(records, elsewhere));
}

TEST_CASE("a server that served before is none that a session called up") {
  const Endpoint web = At(kServer, 8080);
  const std::vector<SessionRecord> records =
      Records(Together({Transfer(At("203.0.113.3", 1111), web, 0), Control(40000, 21, {1000}, 500),
                        Transfer(At(kClient, 40001), web, 1100)}));
  CHECK_FALSE(IsTransient(records, web));
}

TEST_CASE("on another port it takes three servers that served once to learn it") {
  std::vector<Conversation> talks = {Control(40000, 2121, {1000, 11'000, 21'000, 31'000, 41'000})};
  for (uint16_t i = 0; i < 5; ++i) {
    talks.push_back(Transfer(At(kClient, static_cast<uint16_t>(41000 + i)),
                             At(kServer, static_cast<uint16_t>(50000 + i)), 1100 + 10'000 * i));
  }
  const std::vector<SessionRecord> records = Records(Together(talks));
  for (uint16_t i = 0; i < 5; ++i) {
    INFO(i);
    CHECK(IsTransient(records, At(kServer, static_cast<uint16_t>(50000 + i))) == (i >= 3));
  }
}

TEST_CASE("servers that are used again teach the opposite") {
  std::vector<Conversation> talks = {
      Control(40000, 22, {1000, 11'000, 21'000, 31'000, 41'000, 51'000})};
  for (uint16_t i = 0; i < 6; ++i) {
    const Endpoint server = At(kServer, static_cast<uint16_t>(8000 + i));
    const int64_t start = 1100 + 10'000 * i;
    talks.push_back(Transfer(At(kClient, static_cast<uint16_t>(41000 + i)), server, start));
    talks.push_back(
        Transfer(At("203.0.113.3", static_cast<uint16_t>(42000 + i)), server, start + 500));
  }
  for (const SessionRecord& record : Records(Together(talks))) {
    INFO(record.server().end.ToString());
    CHECK_FALSE(record.transient_server);
  }
}

}  // namespace
}  // namespace cairn::testing
