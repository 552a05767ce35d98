// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/method.h"

#include "detector/timing/evidence_rule.h"
#include "evaluation/published_rule.h"

namespace cairn::evaluation {
namespace {

double MinusLacking(const FlowPair& pair, bool sees_both_directions,
                    const timing::Options& options) {
  return 0.0 - timing::LackingNats({pair.ForwardEvidence(), pair.BackwardEvidence()},
                                   sees_both_directions, 0, options, PairKind::kDirect);
}

// The evidence that the detector weighs, whatever else it asks for.
double CombinedNats(const FlowPair& pair) {
  static const timing::Options options = [] {
    timing::Options any_hits;
    any_hits.direct.min_hits = 0;
    return any_hits;
  }();
  return MinusLacking(pair, false, options);
}

// The most evidence at which the detector would still report the pair; 0 where it never would.
double VerdictNats(const FlowPair& pair) {
  static const timing::Options options;
  return MinusLacking(pair, true, options) >= 0 ? CombinedNats(pair) : 0;
}

}  // namespace

std::vector<Method> Methods(double needed_nats) {
  return {
      {.name = "classic",
       .what = "ratio of coincidences, Zhang & Paxson 2000 as published",
       .score = PublishedRatio,
       .alert_at = kPublishedRatio},
      {.name = "onset",
       .what = "onset evidence, the stronger direction and half of the weaker",
       .score = CombinedNats,
       .alert_at = needed_nats},
      {.name = "onset-rule",
       .what = "the same, 0 unless the detector's other requirements hold",
       .score = VerdictNats,
       .alert_at = needed_nats},
      {.name = "onset-forward",
       .what = "onset evidence of the keystrokes alone",
       .score = [](const FlowPair& pair) { return pair.ForwardEvidence().nats; },
       .alert_at = needed_nats},
      {.name = "onset-backward",
       .what = "onset evidence of the echoes alone",
       .score = [](const FlowPair& pair) { return pair.BackwardEvidence().nats; },
       .alert_at = needed_nats},
  };
}

}  // namespace cairn::evaluation
