// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/activity/slot_counter.h"

#include <algorithm>
#include <vector>

#include "catch2/catch.hpp"

#include "detector/sensor/sensor.h"
#include "tests/support/event_tap.h"
#include "tests/support/segment_builder.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

class Slots : public testing::EventTap {
 public:
  void OnSlot(const slots::SlotCount& slot) override { slots.push_back(slot); }

  std::vector<slots::SlotCount> slots;
};

std::vector<slots::SlotCount> SlotsOf(const std::vector<Segment>& segments,
                                      const slots::Options& options = {},
                                      const PrefixSet& networks = {}) {
  Slots sink;
  Sensor sensor({.slots = options, .protected_networks = networks}, sink);
  sensor.Process(segments);
  return sink.slots;
}

const Endpoint kClient = At("198.51.100.7", 48224);
const Endpoint kServer = At("10.0.0.15", 22);
const Endpoint kServerAsClient = At("10.0.0.15", 37534);
const Endpoint kTarget = At("203.0.113.2", 22);

// With a connection that kServer opened long before, so that there is something to compare with.
std::vector<slots::SlotCount> SlotsAtStone(TraceBuilder trace, const slots::Options& options = {},
                                           const PrefixSet& networks = {}) {
  const auto opened = trace.Open(kServerAsClient, kTarget, Ms(-30000));
  trace.Key(opened, Ms(-20000)).Echo(opened, Ms(-19900)).Key(opened, Ms(-18000));
  std::vector<slots::SlotCount> slots = SlotsOf(trace.Build(), options, networks);
  std::erase_if(slots, [](const auto& slot) { return slot.flow.Summary().resp == kTarget; });
  return slots;
}

TEST_CASE(
    "New data is counted by slots of a tenth of a second, told when the next slot has begun") {
  TraceBuilder trace;
  const auto c = trace.Open(kClient, kServer, Ms(0));
  trace.Key(c, Ms(20000)).Key(c, Ms(20010)).Retransmit(c, From::kClient, Ms(20020));
  trace.Key(c, Ms(20090)).Key(c, Ms(20100)).Key(c, Ms(20700)).Echo(c, Ms(20705));
  trace.Key(c, Ms(23456));
  const std::vector<slots::SlotCount> slots = SlotsAtStone(trace);
  REQUIRE(slots.size() == 1);  // before the first echo the connection has shown one direction only
  CHECK(slots[0].count == 1);
  CHECK(slots[0].number == Ms(20700).ToNanoseconds() / 100000000);
  CHECK(slots[0].flow.time == Ms(23456));
  CHECK(slots[0].flow.Summary().orig == kClient);
  CHECK(slots[0].flow.source() == kClient.ip);
}

TEST_CASE("Both flows are counted, each on its own") {
  TraceBuilder trace;
  const auto c = trace.Open(kClient, kServer, Ms(0));
  for (int64_t ms = 20000; ms <= 20400; ms += 20) trace.Key(c, Ms(ms)).Echo(c, Ms(ms + 5));
  const std::vector<slots::SlotCount> slots = SlotsAtStone(trace);
  int from_client = 0;
  for (const slots::SlotCount& slot : slots) {
    CHECK(slot.count == 5);
    from_client += slot.flow.source() == kClient.ip ? 1 : 0;
  }
  CHECK(slots.size() == 8);
  CHECK(from_client == 4);
}

TEST_CASE("Young connections are left alone") {
  TraceBuilder trace;
  const auto c = trace.Open(kClient, kServer, Ms(0));
  for (int64_t ms = 0; ms < 12000; ms += 150) trace.Key(c, Ms(ms + 10)).Echo(c, Ms(ms + 15));
  for (const slots::SlotCount& slot : SlotsAtStone(trace)) CHECK(slot.flow.time >= Ms(5000));
  CHECK_FALSE(SlotsAtStone(trace).empty());
  slots::Options options;
  options.enabled = false;
  CHECK(SlotsAtStone(trace, options).empty());
}

TEST_CASE("What a flow sends by its own clock is left out, what comes between is not") {
  TraceBuilder trace;
  const auto c = trace.Open(kClient, kServer, Ms(0));
  trace.Echo(c, Ms(5));
  for (int64_t beat = 0; beat < 30; ++beat) trace.Key(c, Ms(20000 + beat * 3000));
  CHECK(SlotsAtStone(trace).size() <= 3);  // until the period is known
  trace.Key(c, Ms(120500)).Key(c, Ms(121900)).Key(c, Ms(122950));
  CHECK(SlotsAtStone(trace).size() <= 5);
  CHECK(SlotsAtStone(trace).size() >= 4);
}

TEST_CASE("A slot's count stays at the most it can tell") {
  TraceBuilder trace;
  const auto c = trace.Open(kClient, kServer, Ms(0));
  trace.Echo(c, Ms(5));
  for (int64_t i = 0; i < 400; ++i)
    trace.Key(c, Ms(20000) + PacketDelta::FromMicroseconds(i * 100));
  trace.Key(c, Ms(25000));
  const std::vector<slots::SlotCount> slots = SlotsAtStone(trace);
  REQUIRE(slots.size() == 1);
  CHECK(slots[0].count == 255);
}

TEST_CASE("Who does not cross the border takes nobody's place") {
  TraceBuilder trace;
  const auto inside = trace.Open(At("10.0.0.7", 40000), kServer, Ms(0));
  const auto first = trace.Open(kClient, kServer, Ms(1));
  const auto second = trace.Open(At("198.51.100.8", 40000), kServer, Ms(2));
  for (int64_t ms = 20000; ms < 22000; ms += 130) {
    for (const auto c : {inside, first, second}) trace.Key(c, Ms(ms)).Echo(c, Ms(ms + 5));
  }
  slots::Options options;
  options.max_connections = 1;
  PrefixSet networks;
  networks.Add(Prefix::Parse("10.0.0.0/8").value());
  const std::vector<slots::SlotCount> slots = SlotsAtStone(trace, options, networks);
  CHECK_FALSE(slots.empty());
  for (const slots::SlotCount& slot : slots) CHECK(slot.flow.Summary().orig == kClient);
}

TEST_CASE("A place is free again when its connection has ended") {
  TraceBuilder trace;
  const auto first = trace.Open(kClient, kServer, Ms(0));
  const auto second = trace.Open(At("198.51.100.8", 40000), kServer, Ms(2));
  for (int64_t ms = 20000; ms < 36000; ms += 130) {
    if (ms < 22000) trace.Key(first, Ms(ms)).Echo(first, Ms(ms + 5));
    trace.Key(second, Ms(ms + 1)).Echo(second, Ms(ms + 6));
  }
  trace.Close(first, Ms(22100));
  slots::Options options;
  options.max_connections = 1;
  bool second_came = false;
  for (const slots::SlotCount& slot : SlotsAtStone(trace, options)) {
    const bool is_first = slot.flow.Summary().orig == kClient;
    CHECK(is_first == (slot.flow.time < Ms(22100)));
    second_came = second_came || !is_first;
  }
  CHECK(second_came);
}

TEST_CASE("What no other connection of its hosts could be compared with is not told of") {
  TraceBuilder trace;
  const auto in = trace.Open(kClient, kServer, Ms(0));
  const auto other = trace.Open(At("198.51.100.8", 40000), At("10.0.0.16", 22), Ms(0));
  for (int64_t ms = 20000; ms < 60000; ms += 130) {
    for (const auto c : {in, other}) trace.Key(c, Ms(ms)).Echo(c, Ms(ms + 5));
  }
  CHECK(SlotsOf(trace.Build()).empty());

  // The host that it runs to logs in elsewhere: from then on both are.
  const auto out = trace.Open(kServerAsClient, kTarget, Ms(30000));
  for (int64_t ms = 31000; ms < 60000; ms += 130) trace.Key(out, Ms(ms)).Echo(out, Ms(ms + 5));
  PacketTime first_in = Ms(1000000);
  PacketTime first_out = Ms(1000000);
  for (const slots::SlotCount& slot : SlotsOf(trace.Build())) {
    PacketTime& first = slot.flow.Summary().orig == kClient ? first_in : first_out;
    first = std::min(first, slot.flow.time);
    CHECK(slot.flow.Summary().resp.ip != At("10.0.0.16", 22).ip);
  }
  CHECK(first_out >= Ms(35000));
  CHECK(first_out < Ms(36000));
  CHECK(first_in >= Ms(35000));
  CHECK(first_in < Ms(37000));
}

TEST_CASE("A host that has lost the one of its two roles is a host like others") {
  TraceBuilder trace;
  const auto out = trace.Open(kServerAsClient, kTarget, Ms(0));
  for (int64_t ms = 20000; ms < 30000; ms += 130) trace.Key(out, Ms(ms)).Echo(out, Ms(ms + 5));
  trace.Close(out, Ms(31000));
  const auto in = trace.Open(kClient, kServer, Ms(40000));
  for (int64_t ms = 41000; ms < 70000; ms += 130) trace.Key(in, Ms(ms)).Echo(in, Ms(ms + 5));
  CHECK(SlotsOf(trace.Build()).empty());
}

TEST_CASE("A SYN that turns a counted connection round leaves no role behind") {
  // The answer first, then data that acknowledge nothing, so the handshake never ends; then a SYN
  // from the side that was taken for the server.
  TraceBuilder trace;
  const auto segment = [](bool from_server, int64_t ms, uint8_t flags, uint32_t seq,
                          uint32_t bytes) {
    Segment made;
    const Endpoint& from = from_server ? kServer : kClient;
    const Endpoint& to = from_server ? kClient : kServer;
    made.src = from.ip;
    made.src_port = from.port;
    made.dst = to.ip;
    made.dst_port = to.port;
    made.time = Ms(ms);
    made.flags = flags;
    made.seq = seq;
    made.payload_bytes = bytes;
    return made;
  };
  trace.Add(segment(true, 0, kSyn | kAck, 5000, 0));
  uint32_t sent = 0;
  for (int64_t ms = 1000; ms < 9000; ms += 130, sent += 10) {
    trace.Add(segment(false, ms, kPsh, 1001 + sent, 10));
    trace.Add(segment(true, ms + 5, kPsh, 5001 + sent, 10));
  }
  trace.Add(segment(true, 9100, kSyn, 5000 + sent, 0));
  trace.Add(segment(true, 9200, kRst, 5001 + sent, 0));
  CHECK(SlotsOf(trace.Build()).empty());

  for (const bool outward : {true, false}) {
    TraceBuilder next = trace;
    const auto later = outward ? next.Open(kServerAsClient, kTarget, Ms(20000))
                               : next.Open(At("198.51.100.8", 40000), kServer, Ms(20000));
    for (int64_t ms = 21000; ms < 40000; ms += 130) next.Key(later, Ms(ms)).Echo(later, Ms(ms + 5));
    CHECK(SlotsOf(next.Build()).empty());
  }
}

}  // namespace
}  // namespace cairn
