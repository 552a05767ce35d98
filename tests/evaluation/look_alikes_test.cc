// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/look_alikes.h"

#include <string>

#include "catch2/catch.hpp"

#include "tests/evaluation/sample_flows.h"

namespace cairn::evaluation {
namespace {

constexpr PacketDelta kTenMinutes = PacketDelta::FromSeconds(600);

InnocentPair Make(LookAlike kind, uint32_t number = 1) {
  return SimulateLookAlike(kind, kTenMinutes, 5, number);
}

// How many of `one` have a segment of `other` within `window` on either side.
double ShareNear(const FlowTimes& one, const FlowTimes& other, PacketDelta window) {
  size_t near = 0;
  for (const PacketTime time : one) {
    const auto next = std::lower_bound(other.begin(), other.end(), time - window);
    near += next != other.end() && *next <= time + window ? 1U : 0U;
  }
  return static_cast<double>(near) / static_cast<double>(one.size());
}

TEST_CASE("look-alikes have ordered flows and are the same each time") {
  for (const LookAlike kind : kLookAlikes) {
    INFO(LookAlikeName(kind));
    const InnocentPair pair = Make(kind);
    for (const Leg* leg : {&pair.upstream, &pair.downstream}) {
      CHECK_FALSE(leg->forward.empty());
      CHECK(IsAscending(leg->forward));
      CHECK(IsAscending(leg->backward));
    }
    CHECK(Make(kind).upstream.backward == pair.upstream.backward);
    CHECK(Make(kind, 3).upstream.backward != pair.upstream.backward);
  }
}

TEST_CASE("broadcasts and logs reach both servers' flows and neither client's") {
  constexpr PacketDelta kNear = PacketDelta::FromMilliseconds(150);
  for (const LookAlike kind : {LookAlike::kBroadcast, LookAlike::kMirroredLogs}) {
    const InnocentPair pair = Make(kind);  // an odd number: people are nearly idle
    const double echoes = ShareNear(pair.upstream.backward, pair.downstream.backward, kNear);
    const double keys = ShareNear(pair.upstream.forward, pair.downstream.forward, kNear);
    CHECK(echoes > keys + 0.05);
  }
}

TEST_CASE("the windows of one person are never typed into at once") {
  const InnocentPair pair = Make(LookAlike::kTwoWindows);
  CHECK(ShareNear(pair.upstream.forward, pair.downstream.forward,
                  PacketDelta::FromMilliseconds(30)) < 0.02);
}

TEST_CASE("automation's commands go to both hosts") {
  const InnocentPair pair = Make(LookAlike::kAutomation);
  CHECK(ShareNear(pair.upstream.forward, pair.downstream.forward, PacketDelta::FromSeconds(1)) >
        0.9);
}

}  // namespace
}  // namespace cairn::evaluation
