// SPDX-License-Identifier: BSD-3-Clause
// One text to many terminals at one moment (wall, talk): the commonest false alarm of a plain
// timing rule (Zhang & Paxson 2000, section 5.7).
#include "catch2/catch.hpp"

#include "tests/detector/timing/scene.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

// `wall` on hosts here and elsewhere: six sessions into the site and six out of it hear it, each
// after its own wide-area delay.  In between everybody types a little of their own.
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

TEST_CASE(
    "A broadcast to many hosts is no stepping stone; the rule on both directions sees to it") {
  const bool protect = GENERATE(false, true);
  DetectorOptions options;
  if (protect) options.protected_networks = Protect();
  CHECK(Detect(options, Wall()).pairs.empty());
  options.timing.indirect.both_directions = false;
  CHECK_FALSE(Detect(options, Wall()).pairs.empty());
}

TEST_CASE("A broadcast to two users of a stone hides neither them nor makes a third pair") {
  // A real pair and an innocent session hear the same broadcasts.
  TwoLegs legs = DirectWork(60);
  const auto innocent = legs.trace.Open(At("10.0.0.77", 40000), At("203.0.113.99", 22), Ms(10));
  for (const PacketTime wall : Typing(78, 20, Ms(200000), Millis(4000), Millis(20000))) {
    legs.trace.Echo(legs.downstream, wall + Millis(20)).Echo(legs.upstream, wall + Millis(23));
    legs.trace.Echo(innocent, wall + Millis(60));
  }
  Talk(legs.trace, innocent, Typing(79, 60, Ms(1000)));
  const Outcome outcome = Detect({}, legs.trace.Build());
  REQUIRE(outcome.pairs.size() == 1);
  CHECK(outcome.pairs[0].downstream.orig == kStoneClient);
}

}  // namespace
}  // namespace cairn
