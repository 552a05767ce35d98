// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_DETECTOR_CORRELATOR_TIMING_SCENE_H_
#define CAIRN_TESTS_DETECTOR_CORRELATOR_TIMING_SCENE_H_

#include "tests/support/segment_builder.h"

// The hosts that the detector's tests speak of, and the scenes they play most often.
namespace cairn::testing {

inline const Endpoint kOutsider = At("198.51.100.7", 48224);  // who types
inline const Endpoint kStone = At("10.0.0.15", 22);           // where they log in
inline const Endpoint kStoneClient = At("10.0.0.15", 37534);  // and log in from
inline const Endpoint kTarget = At("203.0.113.2", 22);        // what they are after
inline const Endpoint kInnerClient = At("10.0.0.99", 41000);  // another host of the site

PrefixSet Protect(std::string_view cidr = "10.0.0.0/8");

// Counts and ratios decide, not evidence.
inline DetectorOptions ByThresholds() {
  DetectorOptions options;
  options.timing.rule = timing::Rule::kThresholds;
  return options;
}

// Two connections through one host.
struct TwoLegs {
  TraceBuilder trace;
  TraceBuilder::Connection upstream = 0;
  TraceBuilder::Connection downstream = 0;
};

// kOutsider > kStone, kStoneClient > kTarget, both open before time 0.
TwoLegs Direct();
// kOutsider > kStone, kInnerClient > kTarget: what lies between the two inner hosts is not seen.
TwoLegs Indirect();

// Direct() or Indirect() with `count` keystrokes, from Ms(1000) on, relayed.
TwoLegs DirectWork(size_t count, const RelayDelays& delays = {}, uint64_t seed = 1);
TwoLegs IndirectWork(size_t count, const RelayDelays& delays = {}, uint64_t seed = 1);

// `wall` on hosts here and elsewhere: six sessions into the site and six out of it hear it, each
// after its own wide-area delay.  In between everybody types a little of their own.
std::vector<Segment> Wall();

// Question and answer by the clock on two connections; the second begins when the first's rhythm is
// known, `phase` after a beat.
std::vector<Segment> Clocks(TwoLegs legs, PacketDelta period, PacketDelta other_period,
                            PacketDelta phase);

// "198.51.100.7>10.0.0.15": the hosts of a connection.
std::string Hosts(const ConnectionSummary& connection);

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_DETECTOR_CORRELATOR_TIMING_SCENE_H_
