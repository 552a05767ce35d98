// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_RELAYS_RELAY_DOCUMENTS_H_
#define CAIRN_EVALUATION_RELAYS_RELAY_DOCUMENTS_H_

#include <string>
#include <vector>

#include "evaluation/relays/relay_experiments.h"

namespace cairn::evaluation {

// One file of the report.
struct RelayDocument {
  std::string name;  // "table1.csv", "fig3.svg", ...
  std::string text;
};

// For each table and figure its points as CSV (RFC 4180, one header line) and, for the figures,
// curves of the share reported by mean delay as SVG.
std::vector<RelayDocument> RelayDocuments(const std::vector<RelayPoint>& points);

// The tables that people read first, as Markdown: Table 1, and the true positives at the working
// point by delay.
std::string RelayTables(const std::vector<RelayPoint>& points);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_RELAYS_RELAY_DOCUMENTS_H_
