// SPDX-License-Identifier: BSD-3-Clause
#include "tests/detector/timing/scene.h"

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

}  // namespace cairn::testing
