// SPDX-License-Identifier: BSD-3-Clause
#include "detector/connections/trust.h"

#include <algorithm>

namespace cairn::connections {
namespace {

// From here on what a flow showed is its habit.
constexpr uint8_t kProven = 4;

// A route gets longer or shorter by so much; what is to die behind the capture point differs by more,
// because systems begin at 64, 128 or 255 and paths are some twenty hops long.
constexpr int kRouteChange = 6;

bool DiffersInHops(uint8_t usual, uint8_t hop_limit) {
  if (usual == 0 || hop_limit == 0) return false;
  const int difference = static_cast<int>(hop_limit) - static_cast<int>(usual);
  return difference > kRouteChange || difference < -kRouteChange;
}

}  // namespace

Doubt JudgeUnusual(Connection& connection, const Segment& segment, unsigned flow) {
  uint8_t& usual = connection.hop_limit[flow];
  uint8_t& hop = connection.hop_trust[flow];
  if (DiffersInHops(usual, segment.hop_limit)) {
    if (hop >= kProven) {
      --hop;
      return Doubt::kHopLimit;
    }
    usual = segment.hop_limit;
    hop = 1;
  } else if (usual == 0) {
    usual = segment.hop_limit;
  }
  uint8_t& checksum = connection.checksum_trust[flow];
  if (segment.checksum == Checksum::kBad) {
    const bool proven = checksum >= kProven;
    if (checksum > 0) --checksum;
    if (proven) return Doubt::kChecksum;
  } else if (segment.checksum == Checksum::kGood && checksum < kMostTrust) {
    ++checksum;
  }
  return Doubt::kNone;
}

}  // namespace cairn::connections
