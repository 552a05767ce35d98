// SPDX-License-Identifier: BSD-3-Clause
// One text to many terminals at one moment (wall, talk): the commonest false alarm of a plain
// timing rule (Zhang & Paxson 2000, section 5.7).
#include "catch2/catch.hpp"

#include "tests/detector/correlator/timing/scene.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

TEST_CASE(
    "A broadcast to many hosts is no stepping stone; the rule on both directions sees to it") {
  const bool protect = GENERATE(false, true);
  DetectorOptions options = ByThresholds();
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
  const Outcome outcome = Detect(ByThresholds(), legs.trace.Build());
  REQUIRE(outcome.pairs.size() == 1);
  CHECK(outcome.pairs[0].downstream.orig == kStoneClient);
}

}  // namespace
}  // namespace cairn
