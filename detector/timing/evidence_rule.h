// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_TIMING_EVIDENCE_RULE_H_
#define CAIRN_DETECTOR_TIMING_EVIDENCE_RULE_H_

#include <array>
#include <cstdint>

#include "capture/time.h"
#include "detector/findings/event.h"
#include "detector/timing/options.h"

namespace cairn::timing {

// The verdict by evidence: is what two connections have in common too improbable for strangers?
// Pure functions, O(1).

// The evidence, in nats, that a pair needs: of so many pairs a day, each of which reaches x by
// chance with e^-x, `false_alarms_per_day` do.
double NeededNats(uint64_t pairs_so_far, PacketDelta elapsed, double false_alarms_per_day);

// How much a pair still lacks; zero or less: it is a stepping stone.  `track`: the two directions,
// in any order.
double LackingNats(const std::array<Significance, 2>& track, bool sees_both_directions,
                   double needed, const Options& options, PairKind kind);

// Trials that a pair needs at least to make up for what it lacks.
uint8_t TrialsFor(double lacking_nats);

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_TIMING_EVIDENCE_RULE_H_
