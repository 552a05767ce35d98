// SPDX-License-Identifier: BSD-3-Clause
// What counts as new data (Zhang & Paxson 2000: data not sent before): everything else tells
// nothing about when a person typed.
#include "catch2/catch.hpp"

#include "detector/sensor/connections/sequence.h"
#include "tests/detector/sensor/connections/tracker_rig.h"

namespace cairn::connections {
namespace {

using testing::At;
using testing::From;
using testing::Ms;
using testing::TraceBuilder;
using Bytes = std::vector<int64_t>;

const Endpoint kNewDataClient = At("192.0.2.7", 40000);
const Endpoint kNewDataServer = At("10.0.0.1", 22);

// One flow in mid-stream, whose next number is `next`.
class Flow {
 public:
  explicit Flow(uint32_t next = 1000) { Send(next - 10, 10); }
  std::optional<uint32_t> Send(uint32_t seq, uint32_t bytes, uint8_t flags = kAck) {
    now_ += 100;
    return rig_.Feed(Tcp(kNewDataClient, kNewDataServer, Ms(now_), flags, seq, bytes));
  }
  const Counters& counters() const { return rig_.counters(); }

 private:
  TrackerRig rig_;
  int64_t now_ = 0;
};

TEST_CASE("Handshake segments and pure ACKs are no data") {
  TrackerRig rig;
  TraceBuilder trace;
  const auto c = trace.Open(kNewDataClient, kNewDataServer, Ms(0));
  trace.Key(c, Ms(10)).Ack(c, From::kServer, Ms(11)).Echo(c, Ms(12)).Ack(c, From::kClient, Ms(13));
  CHECK(rig.Feed(trace) == Bytes{0, 0, 0, 48, 0, 48, 0});
}

TEST_CASE("Data on a SYN are new data") {
  TrackerRig rig;
  CHECK(rig.Feed(Tcp(kNewDataClient, kNewDataServer, Ms(0), kSyn, 100, 30)) == 30);
  CHECK(rig.Feed(Tcp(kNewDataClient, kNewDataServer, Ms(1000), kSyn, 100, 30)) == 0);
  CHECK(rig.counters().connections == 1);
  CHECK(rig.Feed(Tcp(kNewDataClient, kNewDataServer, Ms(1100), kAck, 131, 5)) == 5);
}

TEST_CASE("A retransmission is no new data") {
  Flow flow;
  CHECK(flow.Send(1000, 48) == 48);
  CHECK(flow.Send(1000, 48) == 0);
  CHECK(flow.Send(990, 10) == 0);
  CHECK(flow.counters().retransmitted_segments == 2);
  CHECK(flow.Send(1048, 48) == 48);
}

TEST_CASE("Of a retransmission that also brings new bytes only these count") {
  Flow flow;
  flow.Send(1000, 48);
  CHECK(flow.Send(1000, 60) == 12);
  CHECK(flow.Send(1040, 30) == 10);
  CHECK(flow.Send(1070, 1) == 1);
  CHECK(flow.counters().retransmitted_segments == 0);
}

TEST_CASE("A keep-alive probe is no new data, without a byte or with one") {
  Flow flow;
  flow.Send(1000, 48);
  CHECK(flow.Send(1047, 0) == 0);
  CHECK(flow.Send(1047, 1) == 0);
  CHECK(flow.Send(1048, 1) == 1);
}

TEST_CASE("Where nobody acknowledges, data beyond a gap count when the flow goes on from there") {
  Flow flow;
  CHECK(flow.Send(1048, 48) == 0);
  CHECK(flow.counters().out_of_order_segments == 1);
  SECTION("they overtook the data before them") {
    CHECK(flow.Send(1000, 48) == 48);
    CHECK(flow.Send(1096, 48) == 48);
  }
  SECTION("the data before them were lost") {
    CHECK(flow.Send(1096, 48) == 48);
    CHECK(flow.Send(1144, 48) == 48);
  }
}

TEST_CASE("Sequence numbers wrap") {
  Flow flow(0xffffffe0U);
  CHECK(flow.Send(0xffffffe0U, 48) == 48);  // up to 0x10
  CHECK(flow.Send(0xffffffe0U, 48) == 0);
  CHECK(flow.Send(0x10, 48) == 48);
  CHECK(flow.Send(0xfffffff0U, 32) == 0);
  CHECK(flow.Send(0xfffffff0U, 128) == 48);
}

TEST_CASE("However far the jump, the next segment decides") {
  Flow flow;
  const uint32_t far = GENERATE(0x2000U, 0x50000000U);
  SECTION("forged: the flow goes on where it was") {
    CHECK(flow.Send(far, 100) == 0);
    CHECK(flow.Send(1000, 48) == 48);
    CHECK(flow.Send(far + 200, 100) == 0);
  }
  SECTION("real: much was lost, and the flow has moved on") {
    CHECK(flow.Send(far, 100) == 0);
    CHECK(flow.Send(far + 100, 48) == 48);
    CHECK(flow.Send(far + 148, 48) == 48);
    CHECK(flow.Send(far + 100, 48) == 0);
  }
}

TEST_CASE("The two directions have their own sequence numbers") {
  TrackerRig rig;
  TraceBuilder trace;
  const auto c = trace.MidStream(kNewDataClient, kNewDataServer);
  trace.Key(c, Ms(1)).Echo(c, Ms(2)).Retransmit(c, From::kClient, Ms(3)).Echo(c, Ms(4));
  CHECK(rig.Feed(trace) == Bytes{48, 48, 0, 48});
}

TEST_CASE("A host that talks to itself over one port is tracked, too") {
  TrackerRig rig;
  const Endpoint self = At("10.0.0.9", 7);
  CHECK(rig.Feed(Tcp(self, self, Ms(0), kSyn, 5)) == 0);
  CHECK(rig.Feed(Tcp(self, self, Ms(1), kAck, 6, 3)) == 3);
  CHECK(rig.counters().connections == 1);
}

}  // namespace
}  // namespace cairn::connections
