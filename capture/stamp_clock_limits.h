// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_STAMP_CLOCK_LIMITS_H_
#define CAIRN_CAPTURE_STAMP_CLOCK_LIMITS_H_

#include <algorithm>
#include <cstddef>

#include "base/time.h"

// The figures of the clock rule (capture/stamp_clock.h), for its two sources only.
namespace cairn::capture::clock_rule {

// Ahead by less than this nobody would call a jump.
inline constexpr PacketDelta kNear = PacketDelta::FromMilliseconds(100);
// No card and no driver holds packets back for longer.
inline constexpr PacketDelta kLongestLateness = PacketDelta::FromSeconds(1);
// Less is not worth a step that is only likely.
inline constexpr PacketDelta kLeastStep = PacketDelta::FromMilliseconds(50);
// A silence that the next packet confirms; also what a clock that is looked at goes on after.
inline constexpr PacketDelta kShortSilence = PacketDelta::FromSeconds(10);
inline constexpr PacketDelta kConfirmingTime = PacketDelta::FromSeconds(60);
// Longer silences are believed only if many stamps confirm them.
inline constexpr PacketDelta kLongestSilence = PacketDelta::FromSeconds(30LL * 86400);
inline constexpr PacketDelta kLongestGap = PacketDelta::FromSeconds(1);
inline constexpr PacketDelta kLeastUndone = PacketDelta::FromSeconds(60);

inline constexpr size_t kSteady = 16;
inline constexpr size_t kLikely = 3;
inline constexpr size_t kSurelyReturned = 8;
inline constexpr size_t kLongOpening = 64;
inline constexpr size_t kMostHeld = 4096;

inline PacketDelta Least(PacketDelta a, PacketDelta b) { return std::min(a, b); }

}  // namespace cairn::capture::clock_rule

#endif  // CAIRN_CAPTURE_STAMP_CLOCK_LIMITS_H_
