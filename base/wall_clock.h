// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_BASE_WALL_CLOCK_H_
#define CAIRN_BASE_WALL_CLOCK_H_

#include <chrono>

#include "base/time.h"

namespace cairn {

// What the machine's clock says now: for what happens between machines.  Never for packets, whose
// time is their own.
inline PacketTime WallTime() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return PacketTime::FromNanoseconds(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

inline std::chrono::nanoseconds ToChrono(PacketDelta delta) {
  return std::chrono::nanoseconds(delta.ToNanoseconds());
}

}  // namespace cairn

#endif  // CAIRN_BASE_WALL_CLOCK_H_
