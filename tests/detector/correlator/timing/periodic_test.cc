// SPDX-License-Identifier: BSD-3-Clause
// Machines that talk by the clock (Zhang & Paxson 2000, section 5.7: correlations due to phase
// drift).
#include "catch2/catch.hpp"

#include "tests/detector/correlator/timing/scene.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

void CheckCarriedByPeriodTolerance(const std::vector<Segment>& segments) {
  DetectorOptions options = ByThresholds();
  CHECK(Detect(options, segments).pairs.empty());
  options.timing.direct.period_tolerance = PacketDelta::Zero();
  options.timing.indirect.period_tolerance = PacketDelta::Zero();
  CHECK(Detect(options, segments).pairs.size() == 1);
}

TEST_CASE("Flows of equal period are no stepping stone; the rule on periods sees to it") {
  CheckCarriedByPeriodTolerance(Clocks(Direct(), Millis(1000), Millis(1000), Millis(4)));
  CheckCarriedByPeriodTolerance(Clocks(Indirect(), Millis(1000), Millis(1000), Millis(4)));
}

TEST_CASE("Periodic flows that drift through each other are none; the same rule sees to it") {
  CheckCarriedByPeriodTolerance(
      Clocks(Direct(), Millis(1000), PacketDelta::FromMicroseconds(1000050), Millis(1)));
  CheckCarriedByPeriodTolerance(
      Clocks(Indirect(), Millis(1000), PacketDelta::FromMicroseconds(1000050), Millis(1)));
}

TEST_CASE("A person who works beside their own keep-alives is still found") {
  // Both legs send a keep-alive message every 15 seconds, each by its own clock.
  TwoLegs legs = DirectWork(40);
  for (int64_t i = 0; i < 8; ++i) {
    legs.trace.Data(legs.upstream, From::kClient, Ms(3000 + i * 15000), 36);
    legs.trace.Data(legs.downstream, From::kClient, Ms(9000 + i * 15000), 36);
  }
  CHECK(Detect(ByThresholds(), legs.trace.Build()).pairs.size() == 1);
}

}  // namespace
}  // namespace cairn
