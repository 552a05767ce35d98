// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_POPULATION_H_
#define CAIRN_EVALUATION_POPULATION_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/time.h"
#include "evaluation/condition.h"
#include "evaluation/flow.h"
#include "evaluation/look_alikes.h"
#include "evaluation/method.h"
#include "evaluation/session.h"

namespace cairn::evaluation {

// Many sessions at once, observed for as long as they last.
struct Population {
  std::vector<Session> sessions;
  std::vector<ObservedLeg> upstream;  // of the session with the same index
  std::vector<ObservedLeg> downstream;
};
Population Simulate(const Condition& condition, PacketDelta duration, uint64_t seed,
                    uint32_t sessions, int threads);

// The scores of one method.
struct PairScores {
  std::vector<double> positives;  // by session
  std::vector<double> strangers;  // by upstream session, then by downstream session
};
// One for each method.  O(sessions^2); the threads change nothing.
std::vector<PairScores> ScorePairs(const Population& population, std::span<const Method> methods,
                                   int threads);

// The scores of one method, by kind of look-alikes and by number.
using LookAlikeScores = std::array<std::vector<double>, kLookAlikes.size()>;
// One for each method; `of_each` pairs of each kind.
std::vector<LookAlikeScores> ScoreLookAlikes(PacketDelta duration, uint64_t seed, uint32_t of_each,
                                             std::span<const Method> methods, int threads);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_POPULATION_H_
