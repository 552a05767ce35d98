// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_TIMING_TRANSIT_H_
#define CAIRN_DETECTOR_TIMING_TRANSIT_H_

#include <algorithm>
#include <optional>

#include "capture/time.h"
#include "detector/connections/round_trip.h"
#include "detector/findings/event.h"

namespace cairn::timing {

// What passes the border to a far host and comes back from it has travelled for a round trip: it
// cannot come sooner, and what comes long after is a chance meeting again.  So coincidences are
// counted from the round trip on instead of from zero, and a far hop's keystrokes fall into the
// short windows, which say most (Zhang & Paxson 2000, section 5.7, leave it open).
//
// Three quarters of the least round trip are left out, because paths change while they are
// measured; and none of a near one, below 10 ms.

// How much later than at the border something reaches a host, doubled; and likewise back.
inline PacketDelta FarTrip(const connections::RoundTrip& round_trip) {
  constexpr PacketDelta kNear = PacketDelta::FromMilliseconds(10);
  constexpr PacketDelta kFarthest = PacketDelta::FromMilliseconds(2000);
  const PacketDelta least = round_trip.Least().value_or(PacketDelta::Zero());
  if (least < kNear) return PacketDelta::Zero();
  return PacketDelta::FromNanoseconds(std::min(least, kFarthest).ToNanoseconds() / 4 * 3);
}

// One way of it.
inline PacketDelta HalfOf(PacketDelta far_trip) {
  return PacketDelta::FromNanoseconds(far_trip.ToNanoseconds() / 2);
}

// The least lag from an onset that runs to one host to its relay, which comes from another, or from
// the same (`kind`).  `to`, `from`: their round trips, measured on either connection.
inline PacketDelta LeastTransit(PairKind kind, const connections::RoundTrip& to,
                                const connections::RoundTrip& from) {
  if (kind == PairKind::kIndirect) return HalfOf(FarTrip(to) + FarTrip(from));
  // Measured twice: the smaller is nearer the truth.
  if (!to.Least().has_value()) return FarTrip(from);
  if (!from.Least().has_value()) return FarTrip(to);
  return std::min(FarTrip(to), FarTrip(from));
}

// Does `later` come at most `window` after `earlier`, or after what that takes to come back?
inline bool Coincides(PacketTime earlier, PacketTime later, PacketDelta window,
                      PacketDelta transit = PacketDelta::Zero()) {
  if (!earlier.IsSet() || !later.IsSet()) return false;
  const PacketTime soonest = earlier + transit;
  return soonest <= later && later - soonest <= window;
}

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_TIMING_TRANSIT_H_
