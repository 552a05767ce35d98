// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_TIMING_THRESHOLD_JUDGE_H_
#define CAIRN_DETECTOR_CORRELATOR_TIMING_THRESHOLD_JUDGE_H_

#include "detector/correlator/timing/pair_judge.h"
#include "detector/correlator/timing/rules.h"

namespace cairn::timing {

// Rule::kThresholds: counts and ratios, as published (Zhang & Paxson 2000), for comparison.
// rules.h has the verdict itself.
class ThresholdJudge final : public PairJudge {
 public:
  // Requires: all three outlive it.
  ThresholdJudge(const Options& options, const ConnectionStates& states, const PairTable& pairs)
      : options_(options), states_(states), pairs_(pairs) {}

  PairSearch search() const override;
  bool IsDue(Pair& pair, const Trial& trial) const override;
  Verdict Judge(Pair& pair, PacketTime now, PacketDelta elapsed) override;
  bool IsHopeless(const Pair& pair, PacketTime now) const override;
  bool IsPromising(const Pair& pair, PacketTime now, PacketDelta elapsed) const override;

 private:
  const PairRules& RulesOf(PairKind kind) const {
    return kind == PairKind::kDirect ? options_.direct : options_.indirect;
  }
  const Pair* MirrorOf(const Pair& pair) const;
  PairView View(const Pair& pair) const;

  const Options& options_;
  const ConnectionStates& states_;
  const PairTable& pairs_;
};

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_CORRELATOR_TIMING_THRESHOLD_JUDGE_H_
