// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_TIMING_EVIDENCE_JUDGE_H_
#define CAIRN_DETECTOR_CORRELATOR_TIMING_EVIDENCE_JUDGE_H_

#include <array>
#include <optional>

#include "detector/correlator/timing/evidence_rule.h"
#include "detector/correlator/timing/pair_judge.h"

namespace cairn::timing {

// Rule::kEvidence: by how improbable it is that strangers have so much in common.  A pair is judged
// again only once hits can have added what it lacked (Pair::lacking).  evidence_rule.h has the
// verdict itself.
class EvidenceJudge final : public PairJudge {
 public:
  // Requires: all three outlive it.
  EvidenceJudge(const Options& options, const ConnectionStates& states, const PairTable& pairs)
      : options_(options), states_(states), pairs_(pairs) {}

  PairSearch search() const override;
  bool IsDue(Pair& pair, const Trial& trial) const override;
  Verdict Judge(Pair& pair, PacketTime now, PacketDelta elapsed) override;
  bool IsHopeless(const Pair& pair, PacketTime now) const override;
  bool IsPromising(const Pair& pair, PacketTime now, PacketDelta elapsed) const override;
  void CalibrateBy(const std::array<NullScores, kKinds>& scores) override {
    calibration_ = &scores;
  }
  void RecordScores(std::array<NullScores, kKinds>& scores) override { recorded_ = &scores; }

 private:
  std::optional<unsigned> ClientToServerDirection(const Pair& pair) const;
  PairEvidence EvidenceOf(const Pair& pair, PacketTime now) const;
  const NullScores* Measured(PairKind kind) const;
  double NeededBy(PairKind kind, PacketDelta elapsed) const;
  void Record(Pair& pair, const PairEvidence& evidence);

  const Options& options_;
  const ConnectionStates& states_;
  const PairTable& pairs_;
  const std::array<NullScores, kKinds>* calibration_ = nullptr;
  std::array<NullScores, kKinds>* recorded_ = nullptr;
};

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_CORRELATOR_TIMING_EVIDENCE_JUDGE_H_
