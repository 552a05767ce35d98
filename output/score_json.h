// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SCORE_JSON_H_
#define CAIRN_OUTPUT_SCORE_JSON_H_

#include <string>

#include "detector/findings/event.h"
#include "output/score_history.h"

namespace cairn::output {

// A host's score as one line of JSON in the form of docs/relay-scores.schema.json, with its line
// feed.  The same score always gives the same bytes.
std::string ToJsonLine(const HostScore& score);

// A host with its best score and all that are kept, as `cairn relays` prints it.
std::string ToJsonLine(const HostHistory& host);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SCORE_JSON_H_
