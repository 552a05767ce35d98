// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_ONSETS_FAR_TRIP_H_
#define CAIRN_DETECTOR_SENSOR_ONSETS_FAR_TRIP_H_

#include <algorithm>

#include "base/time.h"
#include "detector/sensor/connections/round_trip.h"

namespace cairn::timing {

// What of a round trip is left out.  Unknown: nothing.
inline PacketDelta FarTrip(const connections::RoundTrip& round_trip) {
  constexpr PacketDelta kNear = PacketDelta::FromMilliseconds(10);
  constexpr PacketDelta kFarthest = PacketDelta::FromMilliseconds(2000);
  const PacketDelta least = round_trip.Least().value_or(PacketDelta::Zero());
  if (least < kNear) return PacketDelta::Zero();
  return PacketDelta::FromNanoseconds(std::min(least, kFarthest).ToNanoseconds() / 4 * 3);
}

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_SENSOR_ONSETS_FAR_TRIP_H_
