// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_TIMING_PAIR_FLOWS_H_
#define CAIRN_DETECTOR_CORRELATOR_TIMING_PAIR_FLOWS_H_

#include <cstdint>

#include "detector/correlator/timing/connection_states.h"
#include "detector/correlator/timing/pair.h"

namespace cairn::timing {

// What the flows of a pair say, read from the states of its two connections.  Pure functions, O(1).

inline uint8_t Reverse(uint8_t flow) { return static_cast<uint8_t>(1U - flow); }

inline const ConnectionState::Flow& FlowOf(const ConnectionState& state, uint8_t flow,
                                           PairKind kind) {
  return state.flow[flow][IndexOf(kind)];
}

// Does the capture hold both flows of both connections?
inline bool SeesBothDirections(const ConnectionStates& states, const Pair& pair) {
  return states[pair.input[0].state].seen == 3 && states[pair.input[1].state].seen == 3;
}

// What direction `d` has gathered until `now`.
inline Significance ViewEvidence(const ConnectionStates& states, const Pair& pair, unsigned d,
                                 PacketTime now) {
  const Pair::Input& first = pair.input[d];
  return pair.direction[d].evidence.View(
      FlowOf(states[first.state], first.flow, pair.kind).CoveredUntil(now));
}

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_CORRELATOR_TIMING_PAIR_FLOWS_H_
