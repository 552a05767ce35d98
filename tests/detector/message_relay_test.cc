// SPDX-License-Identifier: BSD-3-Clause
// Servers that pass messages on: truly correlated, yet no login chain.
#include "catch2/catch.hpp"

#include "tests/support/segment_builder.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

// Clients outside of a server on an inside host, which is linked with a server outside: who speaks
// is heard by the link and by everybody else.
std::vector<Segment> ChatRoom(uint16_t port, uint16_t link_port, uint32_t clients) {
  TraceBuilder trace;
  std::vector<TraceBuilder::Connection> client;
  for (uint32_t i = 0; i < clients; ++i) {
    client.push_back(
        trace.Open(At("198.51.100." + std::to_string(i + 1), 40000), At("10.0.0.15", port), Ms(i)));
  }
  const auto link = trace.Open(At("10.0.0.15", 50000), At("203.0.113.2", link_port), Ms(50));
  uint32_t turn = 0;
  for (const PacketTime word : Typing(1, 60, Ms(1000))) {
    const uint32_t speaker = turn++ % (clients + 1);
    if (speaker < clients) {
      trace.Key(client[speaker], word);
      trace.Key(link, word + Millis(2));
    } else {
      trace.Echo(link, word);
    }
    for (uint32_t i = 0; i < clients; ++i) {
      if (i != speaker) trace.Echo(client[i], word + Millis(3 + i));
    }
  }
  return trace.Build();
}

TEST_CASE("Chat between servers is a message relay, told by the ports of both connections") {
  const Outcome outcome = Detect({}, ChatRoom(6667, 6667, 1));
  CHECK(outcome.pairs.empty());
  CHECK(outcome.ends.empty());
  CHECK(outcome.chains.empty());
  REQUIRE(outcome.message_relays.size() == 1);
  CHECK(outcome.message_relays[0].reason == "ports");
  CHECK(outcome.message_relays[0].host == At("10.0.0.15", 0).ip);
  CHECK(outcome.message_relays[0].upstream.resp == At("10.0.0.15", 6667));
  CHECK(outcome.counters.message_relays == 1);
  CHECK(outcome.counters.stepping_stones == 0);
}

TEST_CASE("A login to a host that goes on to a chat server is a stepping stone") {
  const Outcome outcome = Detect({}, ChatRoom(22, 6667, 1));
  CHECK(outcome.message_relays.empty());
  CHECK(outcome.pairs.size() == 1);
}

TEST_CASE("A service that nobody knows shows by its clients") {
  const Outcome crowd = Detect({}, ChatRoom(31337, 31338, 5));
  CHECK(crowd.message_relays.size() >= 1);
  for (const MessageRelay& relay : crowd.message_relays) {
    CHECK(relay.reason == "fan_out");
    CHECK(relay.fan_out >= 3);
  }
  DetectorOptions options;
  options.messaging.min_fan_out = 100;
  CHECK(Detect(options, ChatRoom(31337, 31338, 5)).message_relays.empty());
}

TEST_CASE("Message relays can be reported as stepping stones") {
  DetectorOptions options;
  options.messaging.enabled = false;
  const Outcome outcome = Detect(options, ChatRoom(6667, 6667, 1));
  CHECK(outcome.message_relays.empty());
  CHECK(outcome.pairs.size() == 1);
}

}  // namespace
}  // namespace cairn
