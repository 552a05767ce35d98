// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/timing/pair_judge.h"

#include "detector/correlator/timing/evidence_judge.h"
#include "detector/correlator/timing/threshold_judge.h"

namespace cairn::timing {

std::unique_ptr<PairJudge> MakePairJudge(const Options& options, const ConnectionStates& states,
                                         const PairTable& pairs) {
  if (options.rule == Rule::kThresholds) {
    return std::make_unique<ThresholdJudge>(options, states, pairs);
  }
  return std::make_unique<EvidenceJudge>(options, states, pairs);
}

}  // namespace cairn::timing
