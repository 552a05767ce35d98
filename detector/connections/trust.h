// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CONNECTIONS_TRUST_H_
#define CAIRN_DETECTOR_CONNECTIONS_TRUST_H_

#include "capture/segment.h"
#include "detector/connections/connection.h"
#include "detector/connections/observation.h"

namespace cairn::connections {

inline constexpr uint8_t kMostTrust = 15;

// The part of Judge() for what is not as usual.
Doubt JudgeUnusual(Connection& connection, const Segment& segment, unsigned flow);

// Does the segment's own header say that its receiver will ignore it?  By two things that a forger on
// the way can hardly get right without being believed by the receiver, too:
//
//  * its hop limit, where it differs from the flow's by more than a change of route explains;
//  * its checksum, where the flow's are right.  (A card that fills checksums in leaves all of a flow's
//    wrong, so a flow's own right ones prove that none does.)
//
// Both are learnt from the flow and forgotten when they no longer hold: each segment that agrees adds
// to the trust, each that does not takes from it.  So a real change costs a few segments, which count
// all the same once they are acknowledged (flow_place.h).
//
// Cost: two comparisons.
inline Doubt Judge(Connection& connection, const Segment& segment, unsigned flow) {
  if (segment.hop_limit == connection.hop_limit[flow] && segment.checksum != Checksum::kBad)
      [[likely]] {
    uint8_t& hop = connection.hop_trust[flow];
    if (hop < kMostTrust) ++hop;
    uint8_t& checksum = connection.checksum_trust[flow];
    if (segment.checksum == Checksum::kGood && checksum < kMostTrust) ++checksum;
    return Doubt::kNone;
  }
  return JudgeUnusual(connection, segment, flow);
}

}  // namespace cairn::connections

#endif  // CAIRN_DETECTOR_CONNECTIONS_TRUST_H_
