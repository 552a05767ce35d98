// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/method.h"

#include "detector/timing/evidence_rule.h"
#include "evaluation/published_rule.h"

namespace cairn::evaluation {
namespace {

// What the detector's rule says that a direct pair still lacks when `needed` nats are needed.
double Lacking(const FlowPair& pair, bool sees_both_directions, double needed,
               const timing::Options& options) {
  return timing::LackingNats({pair.ForwardEvidence(), pair.BackwardEvidence()},
                             sees_both_directions, needed, options, PairKind::kDirect);
}

// The evidence that the detector weighs, whatever else it asks for.
double CombinedNats(const FlowPair& pair) {
  static const timing::Options options = [] {
    timing::Options any_hits;
    any_hits.direct.min_hits = 0;
    return any_hits;
  }();
  return 0.0 - Lacking(pair, false, 0, options);
}

// The most nats that may be needed for the detector still to report the pair; 0 where it would not
// if none were.  Searched for, so that nothing is assumed of the rule but that it does not ask for
// less when more is needed.
double VerdictNats(const FlowPair& pair) {
  static const timing::Options options;
  const auto reports = [&](double needed) { return Lacking(pair, true, needed, options) <= 0; };
  if (!reports(0)) return 0;
  constexpr double kPrecision = 1e-6;
  double enough = 0;
  double too_much = 1;
  while (reports(too_much)) {
    enough = too_much;
    too_much *= 2;
  }
  while (too_much - enough > kPrecision) {
    const double middle = (enough + too_much) / 2;
    (reports(middle) ? enough : too_much) = middle;
  }
  return enough;
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
       .what = "the most nats that the detector's verdict, with all it asks for, would bear",
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
