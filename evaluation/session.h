// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_SESSION_H_
#define CAIRN_EVALUATION_SESSION_H_

#include <vector>

#include "base/time.h"

// The protocol's flow-level traffic: when segments with new data pass the capture point, and
// nothing else of them.  Plain values.
namespace cairn::evaluation {

// When segments of one flow pass; ascending.  The session begins at time zero.
using FlowTimes = std::vector<PacketTime>;
inline constexpr PacketTime kSessionStart = PacketTime::FromNanoseconds(0);

// One connection of a relay.
struct Leg {
  FlowTimes forward;   // from the client: keystrokes
  FlowTimes backward;  // to the client: echoes and output
};

// One person's work over a stepping stone, as the capture point before the stone sees it.
struct Session {
  Leg upstream;    // from the person to the stone
  Leg downstream;  // from the stone to the target
  FlowTimes keys;  // when the person struck a key
};

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_SESSION_H_
