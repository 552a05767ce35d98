// SPDX-License-Identifier: BSD-3-Clause
#include "tests/detector/correlator/timing/scene.h"

namespace cairn::testing {

PrefixSet Protect(std::string_view cidr) { return PrefixSet({Prefix::Parse(cidr).value()}); }

TwoLegs Direct() {
  TwoLegs legs;
  legs.upstream = legs.trace.Open(kOutsider, kStone, Ms(0));
  legs.downstream = legs.trace.Open(kStoneClient, kTarget, Ms(500));
  return legs;
}

TwoLegs Indirect() {
  TwoLegs legs;
  legs.upstream = legs.trace.Open(kOutsider, kStone, Ms(0));
  legs.downstream = legs.trace.Open(kInnerClient, kTarget, Ms(500));
  return legs;
}

TwoLegs DirectWork(size_t count, const RelayDelays& delays, uint64_t seed) {
  TwoLegs legs = Direct();
  Relay(legs.trace, legs.upstream, legs.downstream, Typing(seed, count, Ms(1000)), delays);
  return legs;
}

TwoLegs IndirectWork(size_t count, const RelayDelays& delays, uint64_t seed) {
  TwoLegs legs = Indirect();
  Relay(legs.trace, legs.upstream, legs.downstream, Typing(seed, count, Ms(1000)), delays);
  return legs;
}

std::string Hosts(const ConnectionSummary& connection) {
  return connection.orig.ip.ToString() + ">" + connection.resp.ip.ToString();
}

std::vector<Segment> Wall() {
  TraceBuilder trace;
  std::vector<TraceBuilder::Connection> sessions;
  for (uint16_t i = 0; i < 6; ++i) {
    const auto number = static_cast<uint32_t>(i);
    sessions.push_back(trace.Open({IpAddress::FromV4(0xc6336401U + number), 40000},
                                  {IpAddress::FromV4(0x0a000001U + number), 22}, Ms(i)));
    sessions.push_back(trace.Open({IpAddress::FromV4(0x0a000101U + number), 40000},
                                  {IpAddress::FromV4(0xcb007101U + number), 22}, Ms(i)));
  }
  const std::vector<PacketTime> walls = Typing(77, 40, Ms(5000), Millis(4000), Millis(20000));
  for (size_t i = 0; i < sessions.size(); ++i) {
    const auto delay = Millis(static_cast<int64_t>(i * 37 % 110));
    for (const PacketTime wall : walls) trace.Data(sessions[i], From::kServer, wall + delay, 80);
    Talk(trace, sessions[i],
         Typing(100 + i, 12, Ms(900000 + static_cast<int64_t>(i) * 3571), Millis(2000),
                Millis(40000)));
  }
  return trace.Build();
}

std::vector<Segment> Clocks(TwoLegs legs, PacketDelta period, PacketDelta other_period,
                            PacketDelta phase) {
  for (int64_t i = 0; i < 140; ++i) {
    const PacketTime beat = Ms(1000) + period * i;
    legs.trace.Key(legs.upstream, beat).Echo(legs.upstream, beat + Millis(25));
  }
  for (int64_t i = 0; i < 120; ++i) {
    const PacketTime beat = Ms(1000) + period * 20 + phase + other_period * i;
    legs.trace.Key(legs.downstream, beat).Echo(legs.downstream, beat + Millis(15));
  }
  return legs.trace.Build();
}

}  // namespace cairn::testing
