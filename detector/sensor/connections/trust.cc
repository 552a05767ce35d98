// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/connections/trust.h"

#include <algorithm>

namespace cairn::connections {
namespace {

// A route gets longer or shorter by so much; what is to die behind the capture point differs by
// more, because systems begin at 64, 128 or 255 and paths are some twenty hops long.
constexpr int kRouteChange = 6;

bool DiffersInHops(uint8_t usual, uint8_t hop_limit) {
  if (usual == 0 || hop_limit == 0) return false;
  const int difference = static_cast<int>(hop_limit) - static_cast<int>(usual);
  return difference > kRouteChange || difference < -kRouteChange;
}

}  // namespace

Doubt JudgeUnusual(Connection& connection, const Segment& segment, unsigned flow) {
  uint8_t& usual = connection.hop_limit[flow];
  uint8_t& trust = connection.hop_trust[flow];
  if (DiffersInHops(usual, segment.hop_limit)) {
    if (trust > 0 || segment.Has(kRst)) {
      if (!segment.Has(kRst)) --trust;
      return Doubt::kHopLimit;
    }
    usual = segment.hop_limit;
  } else if (usual == 0) {
    usual = segment.hop_limit;
  }
  const unsigned bit = Bit(flow);
  if (segment.checksum == Checksum::kBad && (connection.checksums_right & bit) != 0) {
    return Doubt::kChecksum;
  }
  if (((connection.checksums_right | connection.checksums_wrong) & bit) == 0) {
    if (segment.checksum == Checksum::kBad) {
      connection.checksums_wrong = (connection.checksums_wrong | bit) & 3U;
    } else if (segment.checksum == Checksum::kGood) {
      connection.checksums_right = (connection.checksums_right | bit) & 3U;
    }
  }
  trust = std::min<uint8_t>(kMostTrust, static_cast<uint8_t>(trust + kTrust));
  return Doubt::kNone;
}

}  // namespace cairn::connections
