// SPDX-License-Identifier: BSD-3-Clause
// How a connection begins, and how it ends.
#include "catch2/catch.hpp"

#include "tests/detector/sensor/connections/tracker_rig.h"

namespace cairn::connections {
namespace {

using testing::At;
using testing::From;
using testing::Ms;
using testing::TraceBuilder;
using Ends = std::vector<TrackerRig::End>;

const Endpoint kConnectionLifeClient = At("192.0.2.7", 40000);
const Endpoint kConnectionLifeServer = At("10.0.0.1", 22);

TEST_CASE("The sender of the first SYN is the originator") {
  TrackerRig rig;
  rig.Feed(Tcp(kConnectionLifeClient, kConnectionLifeServer, Ms(5), kSyn, 100));
  const ConnectionSummary summary = rig.Summary(kConnectionLifeClient, kConnectionLifeServer);
  CHECK(summary.orig == kConnectionLifeClient);
  CHECK(summary.resp == kConnectionLifeServer);
  CHECK(summary.originator == OriginatorSource::kSyn);
  CHECK(summary.start == Ms(5));
  CHECK(summary.uid == 1);
  CHECK(rig.Find(kConnectionLifeClient, kConnectionLifeServer)->phase == Phase::kHandshake);
}

TEST_CASE("A SYN-ACK alone names its receiver as the originator") {
  TrackerRig rig;
  rig.Feed(Tcp(kConnectionLifeServer, kConnectionLifeClient, Ms(0), kSyn | kAck, 500, 0, 101));
  CHECK(rig.Summary(kConnectionLifeClient, kConnectionLifeServer).orig == kConnectionLifeClient);
  CHECK(rig.Summary(kConnectionLifeClient, kConnectionLifeServer).originator ==
        OriginatorSource::kSynAck);
}

TEST_CASE("A SYN that the capture holds after its answer makes the originator certain") {
  TrackerRig rig;
  rig.Feed(Tcp(kConnectionLifeServer, kConnectionLifeClient, Ms(0), kSyn | kAck, 500, 0, 101));
  rig.Feed(Tcp(kConnectionLifeClient, kConnectionLifeServer, Ms(1), kSyn, 100));
  CHECK(rig.Summary(kConnectionLifeClient, kConnectionLifeServer).orig == kConnectionLifeClient);
  CHECK(rig.Summary(kConnectionLifeClient, kConnectionLifeServer).originator ==
        OriginatorSource::kSyn);
  CHECK(rig.counters().connections == 1);
  CHECK(rig.ends().empty());
}

TEST_CASE("A connection picked up in mid-stream is guessed to go to the lower port") {
  TrackerRig rig;
  const bool server_first = GENERATE(false, true);
  if (server_first) {
    CHECK(rig.Feed(Tcp(kConnectionLifeServer, kConnectionLifeClient, Ms(0), kAck, 900, 10)) == 10);
  } else {
    CHECK(rig.Feed(Tcp(kConnectionLifeClient, kConnectionLifeServer, Ms(0), kAck, 900, 10)) == 10);
  }
  CHECK(rig.Summary(kConnectionLifeClient, kConnectionLifeServer).orig == kConnectionLifeClient);
  CHECK(rig.Summary(kConnectionLifeClient, kConnectionLifeServer).originator ==
        OriginatorSource::kGuessed);
  CHECK(rig.Find(kConnectionLifeClient, kConnectionLifeServer)->phase == Phase::kEstablished);
  CHECK(rig.counters().midstream == 1);
}

TEST_CASE("Between equal ports the sender of the first data in mid-stream is the originator") {
  TrackerRig rig;
  const Endpoint a = At("10.0.0.1", 5000);
  const Endpoint b = At("10.0.0.2", 5000);
  rig.Feed(Tcp(b, a, Ms(0), kAck, 1, 4));
  CHECK(rig.Summary(a, b).orig == b);
}

TEST_CASE("A late ACK, FIN or RST of an unknown connection is a stray") {
  TrackerRig rig;
  CHECK_FALSE(
      rig.Feed(Tcp(kConnectionLifeClient, kConnectionLifeServer, Ms(0), kAck, 1)).has_value());
  CHECK_FALSE(rig.Feed(Tcp(kConnectionLifeClient, kConnectionLifeServer, Ms(1), kFin | kAck, 1))
                  .has_value());
  CHECK_FALSE(
      rig.Feed(Tcp(kConnectionLifeClient, kConnectionLifeServer, Ms(2), kRst, 1)).has_value());
  CHECK_FALSE(
      rig.Feed(Tcp(kConnectionLifeClient, kConnectionLifeServer, Ms(3), kRst, 1, 20)).has_value());
  CHECK(rig.counters().stray_segments == 4);
  CHECK(rig.counters().connections == 0);
}

TEST_CASE("Simultaneous open is one connection of the first SYN's sender") {
  TrackerRig rig;
  const Endpoint peer = At("10.0.0.1", 40000);
  rig.Feed(Tcp(kConnectionLifeClient, peer, Ms(0), kSyn, 100));
  rig.Feed(Tcp(peer, kConnectionLifeClient, Ms(1), kSyn, 900));
  rig.Feed(Tcp(kConnectionLifeClient, peer, Ms(2), kSyn | kAck, 100, 0, 901));
  rig.Feed(Tcp(peer, kConnectionLifeClient, Ms(2), kSyn | kAck, 900, 0, 101));
  CHECK(rig.Feed(Tcp(peer, kConnectionLifeClient, Ms(9), kAck, 901, 5, 101)) == 5);
  CHECK(rig.counters().connections == 1);
  CHECK(rig.ends().empty());
  CHECK(rig.Summary(kConnectionLifeClient, peer).orig == kConnectionLifeClient);
  CHECK(rig.Find(kConnectionLifeClient, peer)->phase == Phase::kEstablished);
}

TEST_CASE("A connection is closed by the second FIN, not by the first") {
  TrackerRig rig;
  TraceBuilder trace;
  const auto c = trace.Open(kConnectionLifeClient, kConnectionLifeServer, Ms(0));
  trace.Fin(c, From::kClient, Ms(100));
  rig.Feed(trace);
  CHECK(rig.ends().empty());
  rig.Feed(
      Tcp(kConnectionLifeServer, kConnectionLifeClient, Ms(170), kFin | kAck, 5000001, 0, 1002));
  CHECK(rig.ends() == Ends{{1, "closed", Ms(170)}});
  CHECK_FALSE(rig.IsOpen(kConnectionLifeClient, kConnectionLifeServer));
}

TEST_CASE(
    "Where only one direction is captured its FIN closes the connection, if nothing follows") {
  TrackerRig rig;
  TraceBuilder trace;
  const auto c = trace.MidStream(kConnectionLifeClient, kConnectionLifeServer);
  trace.Hide(c, From::kServer).Key(c, Ms(0)).Key(c, Ms(900)).Fin(c, From::kClient, Ms(1000));
  CHECK(rig.Feed(trace) == std::vector<int64_t>{48, 48, 0});
  CHECK(rig.ends().empty());
  rig.tracker().ExpireUntil(Ms(14000));
  CHECK(rig.ends() == Ends{{1, "closed", Ms(1000)}});
}

TEST_CASE("A connection seen from one side only lives like any other") {
  TrackerRig rig;
  TraceBuilder trace;
  const auto c = trace.MidStream(kConnectionLifeClient, kConnectionLifeServer);
  trace.Hide(c, From::kClient);
  trace.Add(
      Tcp(kConnectionLifeServer, kConnectionLifeClient, Ms(0), kSyn | kAck, 4999999, 0, 1000));
  trace.Echo(c, Ms(700)).Echo(c, Ms(90000)).Retransmit(c, From::kServer, Ms(90100));
  rig.Feed(trace);
  CHECK(rig.counters().connections == 1);
  CHECK(rig.Find(kConnectionLifeClient, kConnectionLifeServer)->phase == Phase::kEstablished);
  CHECK(rig.counters().retransmitted_segments == 1);
  CHECK(rig.Summary(kConnectionLifeClient, kConnectionLifeServer).originator ==
        OriginatorSource::kSynAck);
}

TEST_CASE("A RST that is awaited ends a connection, once, when nothing follows") {
  TrackerRig rig;
  TraceBuilder trace;
  const auto c = trace.Open(kConnectionLifeClient, kConnectionLifeServer, Ms(0));
  trace.Key(c, Ms(50)).Rst(c, From::kServer, Ms(80)).Rst(c, From::kClient, Ms(81));
  rig.Feed(trace);
  CHECK(rig.ends().empty());
  rig.tracker().ExpireUntil(Ms(13000));
  CHECK(rig.ends() == Ends{{1, "reset", Ms(80)}});
}

TEST_CASE("A refused connection is ended by its RST") {
  TrackerRig rig;
  rig.Feed(Tcp(kConnectionLifeClient, kConnectionLifeServer, Ms(0), kSyn, 100));
  rig.Feed(Tcp(kConnectionLifeServer, kConnectionLifeClient, Ms(1), kRst | kAck, 0, 0, 101));
  rig.tracker().ExpireUntil(Ms(13000));
  CHECK(rig.ends() == Ends{{1, "reset", Ms(1)}});
}

TEST_CASE("A forged RST, far from the flow's sequence numbers, is not believed") {
  TrackerRig rig;
  TraceBuilder trace;
  const auto c = trace.Open(kConnectionLifeClient, kConnectionLifeServer, Ms(0));
  trace.Key(c, Ms(50)).Echo(c, Ms(60));
  rig.Feed(trace);
  rig.Feed(Tcp(kConnectionLifeServer, kConnectionLifeClient, Ms(70), kRst, 5000001 + 0x40000000U));
  CHECK(rig.ends().empty());
  CHECK(rig.IsOpen(kConnectionLifeClient, kConnectionLifeServer));
  CHECK(rig.counters().not_believed[static_cast<size_t>(Doubt::kReset)] == 1);
}

TEST_CASE("A forged FIN, far from the flow's sequence numbers, is not believed") {
  TrackerRig rig;
  TraceBuilder trace;
  const auto c = trace.Open(kConnectionLifeClient, kConnectionLifeServer, Ms(0));
  trace.Key(c, Ms(50)).Echo(c, Ms(60));
  rig.Feed(trace);
  rig.Feed(Tcp(kConnectionLifeServer, kConnectionLifeClient, Ms(70), kFin | kAck,
               5000001 + 0x40000000U));
  rig.Feed(
      Tcp(kConnectionLifeClient, kConnectionLifeServer, Ms(71), kFin | kAck, 1001 + 0x40000000U));
  CHECK(rig.ends().empty());
  CHECK(rig.IsOpen(kConnectionLifeClient, kConnectionLifeServer));
}

TEST_CASE("Text that comes with a RST is no new data") {
  TrackerRig rig;
  TraceBuilder trace;
  trace.Open(kConnectionLifeClient, kConnectionLifeServer, Ms(0));
  rig.Feed(trace);
  CHECK(rig.Feed(Tcp(kConnectionLifeServer, kConnectionLifeClient, Ms(70), kRst, 5000001, 19)) ==
        0);
}

TEST_CASE(
    "A closed connection is remembered for the closing time-out, so that late segments start "
    "nothing") {
  TrackerRig rig;
  TraceBuilder trace;
  const auto c = trace.Open(kConnectionLifeClient, kConnectionLifeServer, Ms(0));
  trace.Key(c, Ms(50)).Close(c, Ms(100));
  trace.Retransmit(c, From::kClient, Ms(5000));
  CHECK(rig.Feed(trace).back() == 0);
  CHECK(rig.counters().connections == 1);
  rig.tracker().ExpireUntil(Ms(10000));
  CHECK(rig.tracker().table().size() == 1);
  rig.tracker().ExpireUntil(Ms(13000));
  CHECK(rig.tracker().table().size() == 0);
  CHECK(rig.counters().timed_out == 0);  // it had ended before
}

TEST_CASE(
    "A connection that goes on after a RST is the same one, whatever its hosts send meanwhile") {
  // Nobody can blind the monitor for the rest of a session with one packet.
  TrackerRig rig;
  TraceBuilder trace;
  const auto c = trace.Open(kConnectionLifeClient, kConnectionLifeServer, Ms(0));
  trace.Key(c, Ms(50)).Rst(c, From::kServer, Ms(100));
  for (int64_t second = 1; second <= 20; ++second) trace.Key(c, Ms(second * 1000));
  CHECK(rig.Feed(trace).back() == 48);
  CHECK(rig.IsOpen(kConnectionLifeClient, kConnectionLifeServer));
  CHECK(rig.ends().empty());
  CHECK(rig.Summary(kConnectionLifeClient, kConnectionLifeServer).uid == 1);
}

TEST_CASE("Each phase has its own time-out, by packet time") {
  const Options options{.max_connections = 100,
                        .handshake_timeout = PacketDelta::FromSeconds(60),
                        .established_timeout = PacketDelta::FromSeconds(3600),
                        .closing_timeout = PacketDelta::FromSeconds(10)};
  TrackerRig rig(options);
  SECTION("a SYN that nobody answers") {
    rig.Feed(Tcp(kConnectionLifeClient, kConnectionLifeServer, Ms(0), kSyn, 100));
    rig.tracker().ExpireUntil(Ms(59999));
    CHECK(rig.ends().empty());
    rig.tracker().ExpireUntil(Ms(62000));
    CHECK(rig.ends() == Ends{{1, "timeout", Ms(62000)}});
  }
  SECTION("a SYN that is repeated counts from its last copy") {
    rig.Feed(Tcp(kConnectionLifeClient, kConnectionLifeServer, Ms(0), kSyn, 100));
    rig.Feed(Tcp(kConnectionLifeClient, kConnectionLifeServer, Ms(30000), kSyn, 100));
    rig.tracker().ExpireUntil(Ms(89000));
    CHECK(rig.ends().empty());
    rig.tracker().ExpireUntil(Ms(92000));
    CHECK(rig.ends().size() == 1);
  }
  SECTION("an established connection") {
    TraceBuilder trace;
    const auto c = trace.Open(kConnectionLifeClient, kConnectionLifeServer, Ms(0));
    trace.Key(c, Ms(1800 * 1000));
    rig.Feed(trace);
    rig.tracker().ExpireUntil(Ms(5399 * 1000));
    CHECK(rig.ends().empty());
    // Late by no more than a bucket: 3600 s / 1024, and the second between two looks.
    rig.tracker().ExpireUntil(Ms(5405 * 1000));
    CHECK(rig.ends() == Ends{{1, "timeout", Ms(5405 * 1000)}});
    CHECK(rig.counters().timed_out == 1);
    CHECK(rig.tracker().table().size() == 0);
  }
}

TEST_CASE("At the end of the capture each open connection ends once") {
  TrackerRig rig;
  TraceBuilder trace;
  const auto closed = trace.Open(At("192.0.2.1", 1), kConnectionLifeServer, Ms(0));
  trace.Open(At("192.0.2.2", 2), kConnectionLifeServer, Ms(10));
  trace.Close(closed, Ms(20));
  trace.Add(Tcp(At("192.0.2.3", 3), kConnectionLifeServer, Ms(30), kSyn, 1));
  rig.Feed(trace);
  rig.tracker().EndAll(Ms(40));
  CHECK(rig.ends() ==
        Ends{{1, "closed", Ms(21)}, {3, "end_of_capture", Ms(40)}, {2, "end_of_capture", Ms(40)}});
}

}  // namespace
}  // namespace cairn::connections
