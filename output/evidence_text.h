// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_EVIDENCE_TEXT_H_
#define CAIRN_OUTPUT_EVIDENCE_TEXT_H_

#include <string>

#include "detector/findings/event.h"

namespace cairn::output {

// Why a pair was reported, in words for people, what decided first:
//
//   match 100%, run 7, lag 0.1 ms; by chance once in 10 days at this site
//   by slots: 7.5 deviations, lag 500 ms; delay suspected; by chance once in 20 years at this site
//
// `match` is the share of pauses that ended together in the better direction, `run` the consecutive
// coincidences of both directions, `lag` the median delay from one connection to the other.  Where
// slots decided: how far the amounts sent agree beyond time-shifted copies, in standard deviations,
// the lag at which they agree best, and the matched segments where those say more.  The odds are
// left out where there are none.
std::string EvidenceText(const Evidence& evidence);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_EVIDENCE_TEXT_H_
