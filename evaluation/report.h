// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_REPORT_H_
#define CAIRN_EVALUATION_REPORT_H_

#include <string>

#include "evaluation/protocol.h"

namespace cairn::evaluation {

enum class ProtocolFormat { kTable, kJson, kMarkdown };

// The report as text, without the ROC curves (roc_svg.h).  Tables: for each duration, how many true
// pairs are found at a false-positive rate of 1e-3; for the longest, also at the other rates, at
// the methods' own thresholds and how soon, and what look-alikes do in the first condition.  JSON:
// one object, with everything.  Ends in a newline.  Requires: at least one result.
std::string FormatReport(const ProtocolReport& report, ProtocolFormat format);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_REPORT_H_
