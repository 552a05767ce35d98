// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/method.h"

#include <algorithm>

#include "detector/correlator/timing/evidence_rule.h"
#include "evaluation/published_rule.h"

namespace cairn::evaluation {
namespace {

// The evidence that the detector weighs, whatever else it asks for.
double CombinedNats(const FlowPair& pair) {
  static const timing::Options options = [] {
    timing::Options nothing_else;
    nothing_else.direct.min_hits = 0;
    nothing_else.min_weaker_evidence = 0;
    return nothing_else;
  }();
  return timing::ScoreOf({.direction = {pair.ForwardEvidence(), pair.BackwardEvidence()},
                          .client_to_server = {},
                          .sees_both_directions = true},
                         options, PairKind::kDirect);
}

// What the detector's verdict by onsets goes by, for a direct pair.
double VerdictNats(const FlowPair& pair) {
  static const timing::Options options;
  return timing::ScoreOf({.direction = {pair.ForwardEvidence(), pair.BackwardEvidence()},
                          .client_to_server = 0,
                          .sees_both_directions = true},
                         options, PairKind::kDirect);
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
       .what = "the same, with everything that the detector's verdict by onsets requires",
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
      {.name = "slots",
       .what = "slot correlation, the best of its scales",
       .score = [](const FlowPair& pair) { return pair.Slots().correlation; },
       .alert_at = needed_nats},
      {.name = "matching",
       .what = "greedy matching of slots under a bounded delay",
       .score = [](const FlowPair& pair) { return pair.Slots().matching; },
       .alert_at = std::nullopt},  // alone, it hardly ever reaches as much as is needed
      {.name = "whole",
       .what = "the detector: the larger of its verdicts by onsets and by slots",
       .score =
           [](const FlowPair& pair) { return std::max(VerdictNats(pair), pair.Slots().judged); },
       .alert_at = needed_nats},
  };
}

}  // namespace cairn::evaluation
