// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/simulate.h"

#include "catch2/catch.hpp"

#include "tests/evaluation/sample_flows.h"

namespace cairn::evaluation {
namespace {

constexpr PacketDelta kSimulateTenMinutes = PacketDelta::FromSeconds(600);

Session SimulateMake(const std::string& condition, uint32_t number = 3, uint64_t seed = 7) {
  return SimulateSession(Named(condition), kSimulateTenMinutes, seed, number);
}

// The i-th of `later` comes at least `least` and at most `most` after the i-th of `earlier`.
void CheckFollows(const FlowTimes& earlier, const FlowTimes& later, PacketDelta least,
                  PacketDelta most) {
  // What the session's end cuts off is missing in `later` only.
  REQUIRE(later.size() <= earlier.size());
  REQUIRE(later.size() + 20 >= earlier.size());
  for (size_t i = 0; i < later.size(); ++i) {
    CHECK(later[i] - earlier[i] >= least);
    CHECK(later[i] - earlier[i] <= most);
  }
}

TEST_CASE("clean sessions relay each key and each echo within milliseconds") {
  const Session session = SimulateMake("clean");
  REQUIRE(session.keys.size() > 200);
  CHECK(session.upstream.forward == session.keys);
  CheckFollows(session.upstream.forward, session.downstream.forward,
               PacketDelta::FromMilliseconds(1), PacketDelta::FromMilliseconds(40));
  CheckFollows(session.downstream.backward, session.upstream.backward,
               PacketDelta::FromMilliseconds(1), PacketDelta::FromMilliseconds(40));
  CHECK(session.downstream.backward.size() > session.downstream.forward.size());
}

TEST_CASE("every condition's flows are in order and end with the session") {
  for (const Condition& condition : Conditions()) {
    const Session session = SimulateSession(condition, PacketDelta::FromSeconds(120), 1, 0);
    for (const FlowTimes* flow : FlowsOf(session)) {
      REQUIRE_FALSE(flow->empty());
      CHECK(IsAscending(*flow));
      CHECK(flow->front() >= kSessionStart);
      CHECK(flow->back() < kSessionStart + PacketDelta::FromSeconds(120));
    }
  }
}

TEST_CASE("delays hold back keys and echoes by at most what was asked, echoes after keys") {
  const Session session = SimulateMake("delay-1s");
  CheckFollows(session.upstream.forward, session.downstream.forward,
               PacketDelta::FromMilliseconds(1), PacketDelta::FromMilliseconds(1040));
  CheckFollows(session.downstream.backward, session.upstream.backward,
               PacketDelta::FromMilliseconds(1), PacketDelta::FromMilliseconds(1040));
  // The n-th echo needs n keys to have gone out.
  for (size_t i = 0;
       i < session.downstream.forward.size() && i < session.downstream.backward.size(); ++i) {
    CHECK(session.downstream.backward[i] >= session.downstream.forward.front());
  }
}

TEST_CASE("the same person types the same keys whatever is done to the traffic") {
  const Session clean = SimulateMake("clean");
  for (const char* name : {"openssh", "delay-2s", "chaff-5x", "loss-5pct"}) {
    CHECK(SimulateMake(name).keys == clean.keys);
  }
  CHECK(SimulateMake("clean", 4).keys != clean.keys);
  CHECK(SimulateMake("clean", 3, 8).keys != clean.keys);
  const Session shorter = SimulateSession(Named("clean"), PacketDelta::FromSeconds(60), 7, 3);
  CHECK(std::equal(shorter.keys.begin(), shorter.keys.end(), clean.keys.begin()));
}

TEST_CASE("Poisson chaff has the share asked for, in the flows asked for") {
  const Session clean = SimulateMake("clean");
  const auto ratio = [](const FlowTimes& with, const FlowTimes& without) {
    return static_cast<double>(with.size()) / static_cast<double>(without.size());
  };
  for (const auto& [name, times] :
       {std::pair{"chaff-0.2x", 0.2}, {"chaff-1x", 1.0}, {"chaff-5x", 5.0}}) {
    const Session chaffed = SimulateMake(name);
    for (size_t i = 0; i < 4; ++i) {
      CHECK(ratio(*FlowsOf(chaffed)[i], *FlowsOf(clean)[i]) == Approx(1 + times).epsilon(0.1));
    }
  }
  const Session one_flow = SimulateMake("chaff-3x-one-flow");
  CHECK(one_flow.upstream.forward == clean.upstream.forward);
  CHECK(one_flow.upstream.backward == clean.upstream.backward);
  CHECK(one_flow.downstream.backward == clean.downstream.backward);
  CHECK(ratio(one_flow.downstream.forward, clean.downstream.forward) == Approx(4).epsilon(0.1));
  const Session one_leg = SimulateMake("chaff-3x-one-leg");
  CHECK(one_leg.upstream.backward == clean.upstream.backward);
  CHECK(ratio(one_leg.downstream.backward, clean.downstream.backward) == Approx(4).epsilon(0.1));
}

TEST_CASE("chaff of the two legs is independent") {
  const Session session = SimulateMake("chaff-1x");
  FlowTimes common;
  std::set_intersection(session.upstream.forward.begin(), session.upstream.forward.end(),
                        session.downstream.forward.begin(), session.downstream.forward.end(),
                        std::back_inserter(common));
  CHECK(common.empty());
}

TEST_CASE("typing-like chaff adds as much as its typists type, and echoes of it") {
  double ratio = 0;
  constexpr int kSessions = 60;
  for (uint32_t i = 0; i < kSessions; ++i) {
    ratio += static_cast<double>(SimulateMake("typing-3x", i).downstream.forward.size()) /
             static_cast<double>(SimulateMake("clean", i).downstream.forward.size()) / kSessions;
  }
  CHECK(ratio > 3);
  CHECK(ratio < 6);  // a mean of quotients lies above the quotient of means
}

TEST_CASE("OpenSSH's obfuscation multiplies segments in both directions of both legs") {
  const Session clean = SimulateMake("clean");
  const Session obfuscated = SimulateMake("openssh");
  for (size_t i = 0; i < 4; ++i) {
    CHECK(FlowsOf(obfuscated)[i]->size() > 3 * FlowsOf(clean)[i]->size());
  }
}

TEST_CASE("repacketization changes how many segments there are") {
  const Session clean = SimulateMake("clean");
  CHECK(SimulateMake("merge-1s").downstream.forward.size() < clean.downstream.forward.size() / 2);
  CHECK(SimulateMake("merge-1s").upstream.forward == clean.upstream.forward);
  CHECK(SimulateMake("split").downstream.forward.size() == 2 * clean.downstream.forward.size());
  CHECK(SimulateMake("gro-1ms").upstream.backward.size() < clean.upstream.backward.size());
}

TEST_CASE("padded flows are clocks that do not depend on the keys") {
  const Session padded = SimulateMake("padding-100ms");
  for (const FlowTimes* flow : FlowsOf(padded)) CHECK(flow->size() == 6000);
}

}  // namespace
}  // namespace cairn::evaluation
