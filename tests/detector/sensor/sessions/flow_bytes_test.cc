// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/sessions/flow_bytes.h"

#include <algorithm>
#include <random>
#include <set>

#include "catch2/catch.hpp"

namespace cairn::sessions {
namespace {

// A flow whose segments are given by their place, counted from the first byte.
class Flow {
 public:
  explicit Flow(uint32_t isn) : isn_(isn) {}

  SegmentDelta Send(int64_t place, uint32_t bytes, unsigned flags = kAck) {
    Segment segment;
    segment.seq = isn_ + 1 + static_cast<uint32_t>(place);
    segment.payload_bytes = bytes;
    segment.flags = static_cast<uint8_t>(flags);
    const SegmentDelta delta = flow_.Take(segment, segment.Has(kFin), gaps_);
    payload_ += bytes;
    repeated_ += delta.repeated_bytes;
    // What always holds.
    CHECK(flow_.bytes() == payload_ - repeated_ + gaps_.missed_bytes());
    return delta;
  }
  SegmentDelta Syn(uint32_t bytes = 0) { return Send(-1, bytes, kSyn); }
  SegmentDelta Fin(int64_t place, uint32_t bytes = 0) { return Send(place, bytes, kFin | kAck); }

  uint64_t bytes() const { return flow_.bytes(); }
  uint64_t missed() const { return gaps_.missed_bytes(); }
  uint64_t repeated() const { return repeated_; }

 private:
  uint32_t isn_;
  FlowBytes flow_;
  SequenceGaps gaps_;
  uint64_t payload_ = 0;
  uint64_t repeated_ = 0;
};

TEST_CASE("SYN and FIN are no bytes, nor are keep-alives and repeated FINs") {
  for (const uint32_t isn : {0U, 77U, 0xffffffffU, 0xfffffff0U, 0x7fffffffU}) {
    INFO(isn);
    Flow flow(isn);
    flow.Syn();
    flow.Syn();  // once more
    flow.Send(0, 0);
    CHECK(flow.bytes() == 0);
    flow.Send(0, 22);
    flow.Send(21, 0);
    flow.Send(21, 1);
    CHECK(flow.repeated() == 1);
    flow.Fin(22);
    flow.Send(23, 0);
    flow.Fin(22);
    flow.Send(23, 0);
    CHECK(flow.bytes() == 22);
    CHECK(flow.missed() == 0);
  }
}

TEST_CASE("data on the SYN and on the FIN count") {
  Flow flow(9);
  flow.Syn(10);
  flow.Fin(10, 5);
  flow.Send(16, 0);
  CHECK(flow.bytes() == 15);
}

TEST_CASE("a flow of many gigabytes is counted right across every wrap") {
  Flow flow(0xfffff000);
  flow.Syn();
  constexpr uint32_t kStep = 60'000'000;
  uint64_t sent = 0;
  for (int i = 0; i < 200; ++i) {  // 12 GB: nearly three times around
    flow.Send(static_cast<int64_t>(sent), kStep);
    sent += kStep;
  }
  flow.Fin(static_cast<int64_t>(sent));
  CHECK(flow.bytes() == 12'000'000'000);
  CHECK(flow.repeated() == 0);
}

TEST_CASE("a gap counts as missed until it is filled, and its filling is no repeat") {
  Flow flow(5);
  flow.Syn();
  flow.Send(0, 100);
  CHECK(flow.Send(300, 100).gap);
  CHECK(flow.missed() == 200);
  CHECK(flow.bytes() == 400);
  CHECK(flow.Send(100, 100).repeated_bytes == 0);
  CHECK(flow.missed() == 100);
  CHECK(flow.Send(150, 150).repeated_bytes == 50);  // half of it was there
  CHECK(flow.missed() == 0);
  CHECK(flow.Send(0, 400).repeated_bytes == 400);
}

TEST_CASE("what is lost before the FIN shows by the FIN's number") {
  Flow flow(5);
  flow.Syn();
  flow.Send(0, 100);
  CHECK(flow.Fin(150).gap);
  CHECK(flow.bytes() == 150);
  CHECK(flow.missed() == 50);
}

TEST_CASE("a pure acknowledgement and a RST move nothing, whatever their numbers") {
  Flow flow(5);
  flow.Syn();
  flow.Send(0, 10);
  flow.Send(5000, 0);
  flow.Send(7000, 0, kRst);
  CHECK(flow.Send(10, 30, kRst | kAck).repeated_bytes == 30);  // a stack's farewell
  CHECK(flow.bytes() == 10);
}

TEST_CASE("data behind the FIN are none of the flow's") {
  Flow flow(5);
  flow.Syn();
  flow.Fin(0, 4);
  CHECK(flow.Send(5, 9).repeated_bytes == 9);
  CHECK(flow.bytes() == 4);
}

TEST_CASE("a gap of any size is counted") {
  FlowBytes flow;
  SequenceGaps gaps;
  Segment segment;
  segment.flags = kAck;
  segment.seq = 5;
  segment.payload_bytes = 1000;
  flow.Take(segment, false, gaps);
  CHECK(flow.MoveTo(5 + 1000 + 100'000'000, gaps).gap);
  segment.seq = 5 + 1000 + 100'000'000;
  segment.payload_bytes = 5000;
  CHECK(flow.Take(segment, false, gaps).repeated_bytes == 0);
  CHECK(flow.bytes() == 100'006'000);
  CHECK(gaps.missed_bytes() == 100'000'000);
}

TEST_CASE("what waited beyond a gap counts when it is believed, and what was passed does not") {
  FlowBytes flow;
  SequenceGaps gaps;
  Segment segment;
  segment.flags = kAck;
  segment.seq = 0;
  segment.payload_bytes = 100;
  flow.Take(segment, false, gaps);
  CHECK_FALSE(flow.TakeWaiting(50, 90, gaps).gap);
  CHECK(flow.bytes() == 100);
  CHECK(flow.TakeWaiting(150, 200, gaps).gap);
  CHECK(flow.bytes() == 200);
  CHECK(gaps.missed_bytes() == 50);
}

TEST_CASE("a flow that is set back loses what lies behind, and its gaps there") {
  FlowBytes flow;
  SequenceGaps gaps;
  Segment segment;
  segment.flags = kAck;
  segment.seq = 0;
  segment.payload_bytes = 100;
  flow.Take(segment, false, gaps);
  segment.seq = 1000;
  flow.Take(segment, false, gaps);
  CHECK(flow.bytes() == 1100);
  flow.MoveTo(120, gaps);
  CHECK(flow.bytes() == 120);
  CHECK(gaps.missed_bytes() == 20);
}

TEST_CASE(
    "in mid-stream the flow begins with its first segment, or before it, if that comes late") {
  Flow flow(5);
  flow.Send(1000, 100);
  CHECK(flow.bytes() == 100);
  CHECK(flow.Send(900, 100).repeated_bytes == 0);
  CHECK(flow.bytes() == 200);
  CHECK(flow.missed() == 0);
  CHECK(flow.Send(700, 100).repeated_bytes == 0);
  CHECK(flow.bytes() == 400);
  CHECK(flow.missed() == 100);
  CHECK(flow.Send(800, 100).repeated_bytes == 0);
  CHECK(flow.missed() == 0);
}

TEST_CASE("a probe of a connection that was idle when the capture began is no new byte") {
  Flow flow(5);
  flow.Send(1000, 0);
  flow.Send(999, 1);
  flow.Send(1000, 10);
  CHECK(flow.bytes() == 10);
  CHECK(flow.repeated() == 1);
}

TEST_CASE("a SYN that the capture holds late sets the beginning") {
  Flow flow(5);
  flow.Send(0, 10);
  flow.Syn();
  CHECK(flow.bytes() == 10);
  CHECK(flow.missed() == 0);
  Flow lossy(5);
  lossy.Send(30, 10);
  lossy.Syn();
  CHECK(lossy.bytes() == 40);
  CHECK(lossy.missed() == 30);
}

TEST_CASE("a FIN that is forged before the SYN-ACK changes nothing") {
  Flow flow(90'000);
  flow.Fin(-90'001);
  flow.Syn();
  flow.Send(0, 79);
  CHECK(flow.bytes() == 79);
  CHECK(flow.repeated() == 0);
  CHECK(flow.missed() == 0);
}

TEST_CASE("any order of segments, with losses and repeats, is counted as a set of bytes would be") {
  std::mt19937 random(7);
  for (int trial = 0; trial < 300; ++trial) {
    INFO(trial);
    Flow flow(static_cast<uint32_t>(random()));
    flow.Syn();
    std::set<uint64_t> seen;
    uint64_t payload = 0;
    uint64_t highest = 0;
    uint64_t next = 0;
    // At most two gaps at once, so that none is given up.
    for (int i = 0; i < 40; ++i) {
      const auto bytes = static_cast<uint32_t>(1 + random() % 9);
      uint64_t begin = next;
      const uint64_t missing = highest - seen.size();
      if (random() % 4 == 0 && missing == 0) begin = next + 1 + random() % 12;
      if (random() % 3 == 0 && next > 0) begin = random() % next;
      // The middle of a gap would leave two.
      if (begin < next && missing > 0) {
        begin = 0;
        while (seen.count(begin) > 0) ++begin;
      }
      flow.Send(static_cast<int64_t>(begin), bytes);
      payload += bytes;
      for (uint64_t at = begin; at < begin + bytes; ++at) seen.insert(at);
      highest = std::max(highest, begin + bytes);
      next = highest;
    }
    CHECK(flow.bytes() == highest);
    CHECK(flow.missed() == highest - seen.size());
    CHECK(flow.repeated() == payload - seen.size());
  }
}

TEST_CASE("of three gaps the earliest is given up and stays missed") {
  Flow flow(1);
  flow.Syn();
  for (const int64_t place : {10, 30, 50}) flow.Send(place, 10);
  CHECK(flow.missed() == 30);
  CHECK(flow.Send(0, 10).repeated_bytes == 10);
  CHECK(flow.Send(20, 10).repeated_bytes == 0);
  CHECK(flow.Send(40, 10).repeated_bytes == 0);
  CHECK(flow.missed() == 10);
}

}  // namespace
}  // namespace cairn::sessions
