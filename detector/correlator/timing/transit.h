// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_TIMING_TRANSIT_H_
#define CAIRN_DETECTOR_CORRELATOR_TIMING_TRANSIT_H_

#include <algorithm>

#include "base/time.h"
#include "detector/findings/event.h"

namespace cairn::timing {

// What crosses the border to a far host and comes back from it has travelled for a round trip: it
// cannot come sooner, and what comes much later is chance.  So lags are counted from the round trip
// on instead of from zero, and a far hop's keystrokes fall into the
// short windows, which say most (Zhang & Paxson 2000, section 5.7, leave it open).
//
// Three quarters of the least round trip are left out, because paths change while they are
// measured; and none of a near one, below 10 ms.
//
// Pure functions, O(1).

// One way of it.
inline PacketDelta HalfOf(PacketDelta far_trip) {
  return PacketDelta::FromNanoseconds(far_trip.ToNanoseconds() / 2);
}

// The least lag from an onset that runs to one host to its relay, which comes from another, or from
// the same (`kind`).  `to`, `from`: far trips to the hosts.
inline PacketDelta LeastTransit(PairKind kind, PacketDelta to, PacketDelta from) {
  // One host measured twice: the smaller is nearer the truth.
  return kind == PairKind::kDirect ? std::min(to, from) : HalfOf(to + from);
}

// Does `later` come at most `window` after `earlier`, or after what that takes to come back?
inline bool Coincides(PacketTime earlier, PacketTime later, PacketDelta window,
                      PacketDelta transit = PacketDelta::Zero()) {
  if (!earlier.IsSet() || !later.IsSet()) return false;
  const PacketTime soonest = earlier + transit;
  return soonest <= later && later - soonest <= window;
}

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_CORRELATOR_TIMING_TRANSIT_H_
