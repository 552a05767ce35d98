// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_CONNECTIONS_TRUST_H_
#define CAIRN_DETECTOR_SENSOR_CONNECTIONS_TRUST_H_

#include "capture/segment.h"
#include "detector/sensor/connections/connection.h"
#include "detector/sensor/connections/observation.h"

namespace cairn::connections {

// What a segment that agrees adds to a flow's trust in its hop limit; each that does not takes one.
inline constexpr uint8_t kTrust = 8;
inline constexpr uint8_t kMostTrust = 240;

// The part of Judge() for rare cases.
Doubt JudgeUnusual(Connection& connection, const Segment& segment, unsigned flow);

// Does the segment's own header say that its receiver will ignore it?  By two things that a forger
// on the way can hardly get right without being believed by the receiver, too:
//
//  * its hop limit, where it differs from the flow's by more than a change of route explains;
//  * its checksum, where the flow's are right.  (A card that fills checksums in leaves all of a
//  flow's
//    wrong, so a flow's own right ones prove that none does.)
//
// The first hop limit, and whether the first checksum is right, are the flow's habit.  A hop limit
// is given up for another when that is all that comes for long enough: a few forgeries for each
// true segment do not shake it.  RSTs never do: firewalls send them in other hosts' names.  Either
// is given up at once when the receiver acknowledges what was doubted (flow_place.h), so that a
// real change costs nearly nothing.
//
// Cost: two comparisons.
inline Doubt Judge(Connection& connection, const Segment& segment, unsigned flow) {
  if (segment.hop_limit == connection.hop_limit[flow] && segment.checksum != Checksum::kBad)
      [[likely]] {
    uint8_t& trust = connection.hop_trust[flow];
    if (trust < kMostTrust) trust = static_cast<uint8_t>(trust + kTrust);
    if (segment.checksum == Checksum::kGood &&
        ((connection.checksums_right | connection.checksums_wrong) & Bit(flow)) == 0) {
      connection.checksums_right = (connection.checksums_right | Bit(flow)) & 3U;
    }
    return Doubt::kNone;
  }
  return JudgeUnusual(connection, segment, flow);
}

}  // namespace cairn::connections

#endif  // CAIRN_DETECTOR_SENSOR_CONNECTIONS_TRUST_H_
