// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_LOOK_ALIKES_H_
#define CAIRN_EVALUATION_LOOK_ALIKES_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "evaluation/session.h"

namespace cairn::evaluation {

// Pairs of connections that are no stepping stone and yet have something in common.
enum class LookAlike : uint8_t {
  kBroadcast,     // two people's terminals show the same messages at the same moments
  kEqualClocks,   // both clients send keep-alives of one period, close in phase, between keystrokes
  kNearClocks,    // of nearly one period: they slide through each other's phase
  kTwoWindows,    // one person types now into the one, now into the other
  kAutomation,    // one program runs the same commands on two hosts at once
  kMirroredLogs,  // both show the same growing log
};
inline constexpr std::array<LookAlike, 6> kLookAlikes = {
    LookAlike::kBroadcast,  LookAlike::kEqualClocks, LookAlike::kNearClocks,
    LookAlike::kTwoWindows, LookAlike::kAutomation,  LookAlike::kMirroredLogs};
std::string_view LookAlikeName(LookAlike kind);  // "broadcast", "equal-clocks", ...

// Two connections that a detector compares as if the first entered a stone and the second left it.
struct InnocentPair {
  Leg upstream;
  Leg downstream;
};

// Number `number` of the kind in the population of `seed`.  Half of the people who hear broadcasts,
// have clocks or watch logs work; the others are nearly idle.  Pure; O(segments log segments).
InnocentPair SimulateLookAlike(LookAlike kind, PacketDelta duration, uint64_t seed,
                               uint32_t number);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_LOOK_ALIKES_H_
