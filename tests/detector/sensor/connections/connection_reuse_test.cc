// SPDX-License-Identifier: BSD-3-Clause
// The same addresses and ports, used again: when does a new connection begin?
#include "catch2/catch.hpp"

#include "tests/detector/sensor/connections/tracker_rig.h"

namespace cairn::connections {
namespace {

using testing::At;
using testing::From;
using testing::Ms;
using testing::TraceBuilder;
using ConnectionReuseEnds = std::vector<TrackerRig::End>;

const Endpoint kConnectionReuseClient = At("192.0.2.7", 40000);
const Endpoint kConnectionReuseServer = At("10.0.0.1", 22);
constexpr uint32_t kNewIsn = 3000000000U;

// An established connection: client's next number 1049, server's 5000049.
TrackerRig& Establish(TrackerRig& rig) {
  TraceBuilder trace;
  const auto c = trace.Open(kConnectionReuseClient, kConnectionReuseServer, Ms(0));
  trace.Key(c, Ms(50)).Echo(c, Ms(60));
  rig.Feed(trace);
  return rig;
}

TEST_CASE("After the old connection has closed a SYN starts a new one at once") {
  TrackerRig rig;
  TraceBuilder trace;
  const auto c = trace.Open(kConnectionReuseClient, kConnectionReuseServer, Ms(0));
  trace.Close(c, Ms(100));
  trace.Add(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(200), kSyn, kNewIsn));
  rig.Feed(trace);
  CHECK(rig.ends() == ConnectionReuseEnds{{1, "closed", Ms(101)}});
  CHECK(rig.Summary(kConnectionReuseClient, kConnectionReuseServer).uid == 2);
  CHECK(rig.Summary(kConnectionReuseClient, kConnectionReuseServer).start == Ms(200));
}

TEST_CASE("The server may be the next one to open a closed connection's ports") {
  TrackerRig rig;
  TraceBuilder trace;
  const auto c = trace.Open(kConnectionReuseClient, kConnectionReuseServer, Ms(0));
  trace.Close(c, Ms(100));
  trace.Add(Tcp(kConnectionReuseServer, kConnectionReuseClient, Ms(200), kSyn, kNewIsn));
  rig.Feed(trace);
  CHECK(rig.Summary(kConnectionReuseClient, kConnectionReuseServer).orig == kConnectionReuseServer);
}

TEST_CASE("A lone forged SYN does not end a connection") {
  TrackerRig rig;
  Establish(rig);
  rig.Feed(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(100), kSyn, kNewIsn));
  CHECK(rig.ends().empty());
  // The server's challenge ACK, and work going on.
  rig.Feed(Tcp(kConnectionReuseServer, kConnectionReuseClient, Ms(101), kAck, 5000049, 0, 1049));
  CHECK(rig.Feed(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(900), kAck, 1049, 48)) ==
        48);
  CHECK(rig.Feed(Tcp(kConnectionReuseServer, kConnectionReuseClient, Ms(950), kAck, 5000049, 48)) ==
        48);
  CHECK(rig.Summary(kConnectionReuseClient, kConnectionReuseServer).uid == 1);
  CHECK(rig.ends().empty());
}

TEST_CASE("A handshake in mid-connection is a new connection") {
  TrackerRig rig;
  Establish(rig);
  rig.Feed(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(100), kSyn, kNewIsn));
  rig.Feed(Tcp(kConnectionReuseServer, kConnectionReuseClient, Ms(101), kSyn | kAck, 77, 0,
               kNewIsn + 1));
  CHECK(rig.ends().empty());
  SECTION("once the client has acknowledged the answer") {
    CHECK(rig.Feed(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(102), kAck, kNewIsn + 1,
                       0, 78)) == 0);
    CHECK(rig.Feed(Tcp(kConnectionReuseServer, kConnectionReuseClient, Ms(102), kAck, 78, 5,
                       kNewIsn + 1)) == 5);
  }
  SECTION("or once the server goes on behind its answer") {
    CHECK(rig.Feed(Tcp(kConnectionReuseServer, kConnectionReuseClient, Ms(102), kAck, 78, 5,
                       kNewIsn + 1)) == 5);
    rig.Feed(
        Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(102), kAck, kNewIsn + 1, 0, 78));
  }
  CHECK(rig.ends() == ConnectionReuseEnds{{1, "reused", Ms(102)}});
  CHECK(rig.Summary(kConnectionReuseClient, kConnectionReuseServer).uid == 2);
  CHECK(rig.Summary(kConnectionReuseClient, kConnectionReuseServer).start ==
        Ms(100));  // with its SYN
  CHECK(rig.Summary(kConnectionReuseClient, kConnectionReuseServer).orig == kConnectionReuseClient);
  CHECK(rig.Feed(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(103), kAck, kNewIsn + 1, 8,
                     78)) == 8);
  CHECK(rig.Feed(Tcp(kConnectionReuseServer, kConnectionReuseClient, Ms(104), kAck, 83, 9,
                     kNewIsn + 9)) == 9);
}

TEST_CASE("A SYN and its SYN-ACK that both ends' networks forge do not end a connection") {
  TrackerRig rig;
  Establish(rig);
  for (int64_t ms = 100; ms < 2000; ms += 500) {
    rig.Feed(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(ms), kSyn, kNewIsn));
    rig.Feed(Tcp(kConnectionReuseServer, kConnectionReuseClient, Ms(ms + 1), kSyn | kAck, 77, 0,
                 kNewIsn + 1));
    const auto sent = static_cast<uint32_t>((ms - 100) / 500 * 48);
    CHECK(rig.Feed(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(ms + 200), kAck,
                       1049 + sent, 48, 5000049 + sent)) == 48);
    CHECK(rig.Feed(Tcp(kConnectionReuseServer, kConnectionReuseClient, Ms(ms + 210), kAck,
                       5000049 + sent, 48, 1097 + sent)) == 48);
  }
  CHECK(rig.ends().empty());
  CHECK(rig.counters().not_believed[static_cast<size_t>(Doubt::kSyn)] == 8);
}

TEST_CASE("A SYN-ACK that answers another SYN confirms nothing") {
  TrackerRig rig;
  Establish(rig);
  rig.Feed(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(100), kSyn, kNewIsn));
  rig.Feed(Tcp(kConnectionReuseServer, kConnectionReuseClient, Ms(101), kSyn | kAck, 77, 0,
               kNewIsn + 12345));
  CHECK(rig.ends().empty());
  CHECK(rig.Feed(Tcp(kConnectionReuseServer, kConnectionReuseClient, Ms(950), kAck, 5000049, 48)) ==
        48);
}

TEST_CASE("Where only one direction is captured a SYN's own first data confirm it") {
  TrackerRig rig;
  rig.Feed(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(0), kSyn, 1000));
  CHECK(rig.Feed(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(50), kAck, 1001, 48)) ==
        48);
  rig.Feed(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(100), kSyn, kNewIsn));
  CHECK(rig.Feed(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(102), kAck, kNewIsn + 1,
                     8)) == 8);
  CHECK(rig.ends() == ConnectionReuseEnds{{1, "reused", Ms(102)}});
}

TEST_CASE("A forged SYN and its data do not end a connection whose other side is captured") {
  TrackerRig rig;
  Establish(rig);
  rig.Feed(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(100), kSyn, kNewIsn));
  CHECK(rig.Feed(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(102), kAck, kNewIsn + 1,
                     8)) == 0);
  CHECK(rig.ends().empty());
  SECTION("It goes on") {
    CHECK(rig.Feed(Tcp(kConnectionReuseServer, kConnectionReuseClient, Ms(950), kAck, 5000049, 48,
                       1049)) == 48);
    CHECK(rig.ends().empty());
  }
  SECTION("Unless that side acknowledges them; its SYN-ACK was lost") {
    rig.Feed(
        Tcp(kConnectionReuseServer, kConnectionReuseClient, Ms(110), kAck, 78, 5, kNewIsn + 9));
    CHECK(rig.ends() == ConnectionReuseEnds{{1, "reused", Ms(110)}});
  }
}

TEST_CASE("A forged SYN is forgotten when the connection goes on") {
  TrackerRig rig;
  Establish(rig);
  rig.Feed(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(100), kSyn, kNewIsn));
  rig.Feed(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(900), kAck, 1049, 48));
  // An hour later one segment with the forged number must not pass for the SYN's confirmation.
  CHECK(rig.Feed(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(3600000), kAck, kNewIsn + 1,
                     8)) == 0);
  CHECK(rig.ends().empty());
  CHECK(rig.counters().retransmitted_segments == 1);
}

TEST_CASE("A repeated SYN is no new attempt, one with another number is") {
  TrackerRig rig;
  rig.Feed(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(0), kSyn, 100));
  rig.Feed(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(1000), kSyn, 100));
  CHECK(rig.counters().connections == 1);
  rig.Feed(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(3000), kSyn, 200));
  CHECK(rig.counters().connections == 2);
  CHECK(rig.ends() == ConnectionReuseEnds{{1, "reused", Ms(3000)}});
}

TEST_CASE("A SYN that is repeated after the answer ends nothing") {
  TrackerRig rig;
  TraceBuilder trace;
  trace.Open(kConnectionReuseClient, kConnectionReuseServer, Ms(0));
  trace.Add(Tcp(kConnectionReuseClient, kConnectionReuseServer, Ms(5), kSyn, 1000));
  rig.Feed(trace);
  rig.Feed(
      Tcp(kConnectionReuseServer, kConnectionReuseClient, Ms(6), kSyn | kAck, 5000000, 0, 1001));
  CHECK(rig.counters().connections == 1);
  CHECK(rig.ends().empty());
}

}  // namespace
}  // namespace cairn::connections
