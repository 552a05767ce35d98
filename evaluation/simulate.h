// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_SIMULATE_H_
#define CAIRN_EVALUATION_SIMULATE_H_

#include <cstdint>

#include "base/time.h"
#include "evaluation/channel.h"
#include "evaluation/condition.h"
#include "evaluation/session.h"
#include "traces/chance/random.h"

namespace cairn::evaluation {

// The streams of one session, or of one innocent pair: each actor has its own, so that a condition
// changes nothing but what it is about.
class Actors {
 public:
  static constexpr uint64_t kMost = 64;
  // `scope` tells kinds of populations apart: sessions and each kind of look-alikes.
  Actors(uint64_t seed, uint64_t scope, uint32_t number)
      : seed_(seed), first_((scope << 40) + uint64_t{number} * kMost) {}
  // Requires: actor < kMost.
  traces::RandomStream Of(uint64_t actor) const {
    return traces::RandomStream(seed_, first_ + actor);
  }

 private:
  uint64_t seed_;
  uint64_t first_;
};

// A person types from the session's start to `end`: lines of 3 + Exp(8) keys with lognormal gaps
// (median 160 ms), thinking Pareto(`think_min_s`, shape 1.1, at most 120 s) before each.
inline constexpr double kBusyThinkMinSeconds = 0.6;
inline constexpr double kIdleThinkMinSeconds = 10;
Stream Type(PacketTime end, double think_min_s, traces::RandomStream& random);

// What the far end sends: an echo for each segment a round trip later, and, after a line, output: a
// command's run time later, a heavy-tailed number of segments.
Stream Reply(const Stream& keys, PacketDelta round_trip, traces::RandomStream& random);

// From the capture point to a target and back: lognormal over sessions, median 40 ms.
PacketDelta DrawRoundTrip(traces::RandomStream& random);

// Session `number` of the population of `seed`, under a condition.  The same number and seed type
// the same keys under every condition, and in a shorter session the first of them.
// Pure; O(segments log segments).
Session SimulateSession(const Condition& condition, PacketDelta duration, uint64_t seed,
                        uint32_t number);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_SIMULATE_H_
