// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_ROC_SVG_H_
#define CAIRN_EVALUATION_ROC_SVG_H_

#include <string>
#include <vector>

#include "evaluation/protocol.h"

namespace cairn::evaluation {

struct Figure {
  std::string name;  // of the file: roc-GROUP-DURATIONs.svg
  std::string svg;   // a whole document
};

// ROC curves, one figure for each duration and group of conditions: a panel for each condition, in
// it a curve for each method.  The false-positive rate is on a logarithmic axis from 1e-6 to 1; a
// curve begins at the lowest rate that the negatives can show.  The figure follows the reader's
// light or dark colour scheme.
std::vector<Figure> DrawRocCurves(const ProtocolReport& report);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_ROC_SVG_H_
