// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/population.h"

#include "evaluation/parallel/for_each_index.h"
#include "evaluation/simulate.h"

namespace cairn::evaluation {

Population Simulate(const Condition& condition, PacketDelta duration, uint64_t seed,
                    uint32_t sessions, int threads) {
  Population population;
  population.sessions.resize(sessions);
  population.upstream.resize(sessions);
  population.downstream.resize(sessions);
  const PacketTime end = kSessionStart + duration;
  ForEachIndex(sessions, threads, [&](size_t i) {
    Session& session = population.sessions[i];
    session = SimulateSession(condition, duration, seed, static_cast<uint32_t>(i));
    population.upstream[i] = LegObserver(session.upstream).Until(end);
    population.downstream[i] = LegObserver(session.downstream).Until(end);
  });
  return population;
}

std::vector<PairScores> ScorePairs(const Population& population, std::span<const Method> methods,
                                   int threads) {
  const size_t count = population.sessions.size();
  std::vector<PairScores> scores(methods.size());
  for (PairScores& of_method : scores) {
    of_method.positives.resize(count);
    of_method.strangers.resize(count * (count - 1));
  }
  ForEachIndex(count, threads, [&](size_t up) {
    for (size_t down = 0; down < count; ++down) {
      const FlowPair pair(population.upstream[up], population.downstream[down]);
      for (size_t m = 0; m < methods.size(); ++m) {
        const double score = methods[m].score(pair);
        if (up == down) {
          scores[m].positives[up] = score;
        } else {
          scores[m].strangers[up * (count - 1) + down - (down > up ? 1 : 0)] = score;
        }
      }
    }
  });
  return scores;
}

std::vector<LookAlikeScores> ScoreLookAlikes(PacketDelta duration, uint64_t seed, uint32_t of_each,
                                             std::span<const Method> methods, int threads) {
  std::vector<LookAlikeScores> scores(methods.size());
  for (LookAlikeScores& of_method : scores) {
    for (std::vector<double>& of_kind : of_method) of_kind.resize(of_each);
  }
  const PacketTime end = kSessionStart + duration;
  ForEachIndex(kLookAlikes.size() * of_each, threads, [&](size_t i) {
    const size_t kind = i / of_each;
    const size_t number = i % of_each;
    const InnocentPair innocent =
        SimulateLookAlike(kLookAlikes[kind], duration, seed, static_cast<uint32_t>(number));
    const ObservedLeg upstream = LegObserver(innocent.upstream).Until(end);
    const ObservedLeg downstream = LegObserver(innocent.downstream).Until(end);
    const FlowPair pair(upstream, downstream);
    for (size_t m = 0; m < methods.size(); ++m) {
      scores[m][kind][number] = methods[m].score(pair);
    }
  });
  return scores;
}

}  // namespace cairn::evaluation
