// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_PACKET_TIME_H_
#define CAIRN_CAPTURE_PACKET_TIME_H_

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace cairn::capture {

// A capture's time stamp.  Damaged files hold impossible ones; both readers repair them alike: a
// fraction outside of its second becomes the second's last nanosecond, and a time outside of 1840
// to 2106 the nearest end of that range.
inline PacketTime TimeFromParts(int64_t seconds, int64_t nanoseconds) {
  constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;
  constexpr int64_t kFarthestSecond = 0xffffffff;
  const int64_t whole = std::clamp(seconds, -kFarthestSecond, kFarthestSecond);
  const bool possible = nanoseconds >= 0 && nanoseconds < kNanosecondsPerSecond;
  return PacketTime::FromNanoseconds(whole * kNanosecondsPerSecond +
                                     (possible ? nanoseconds : kNanosecondsPerSecond - 1));
}

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_PACKET_TIME_H_
