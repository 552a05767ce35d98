// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_PUBLISHED_RULE_H_
#define CAIRN_EVALUATION_PUBLISHED_RULE_H_

#include "evaluation/flow.h"

namespace cairn::evaluation {

// gamma: the ratio that a pair must reach (Zhang & Paxson 2000, section 5.6).
inline constexpr double kPublishedRatio = 0.3;

// The rule of Zhang & Paxson 2000 as published for direct pairs (idle 500 ms, delta 80 ms, two
// consecutive coincidences, 2 % of the onsets where there are many, upstream first): the better
// direction's ratio of coincidences, or 0 where too few are consecutive.  The pair is a stepping
// stone when it reaches kPublishedRatio.  O(onsets of both).
double PublishedRatio(const FlowPair& pair);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_PUBLISHED_RULE_H_
