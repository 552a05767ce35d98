// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_SCORING_SCORE_REPORT_H_
#define CAIRN_TRACES_SCORING_SCORE_REPORT_H_

#include <string>
#include <vector>

#include "traces/scoring/score.h"

// Scores as text, for a person and for programs.
namespace cairn::traces {

enum class ReportFormat { kTable, kJson, kCsv };
enum class ReportDetail { kSummary, kEveryPair };

// The score of one capture.
struct CaptureScore {
  std::string name;
  uint64_t seed = 0;
  uint64_t connections = 0;
  Score score;
};

// One setting of a sweep and what it led to, summed over the captures.
struct SweepPoint {
  std::vector<std::string> values;  // one per swept key
  uint64_t true_positives = 0;
  uint64_t false_negatives = 0;
  uint64_t false_positives = 0;
};

struct Sweep {
  std::vector<std::string> keys;
  std::vector<SweepPoint> points;  // the last key varies fastest
};

// Every line ends in a newline.  JSON: one object a line and capture.  CSV: a header and one row
// per capture, scenario and kind.
std::string FormatScores(const std::vector<CaptureScore>& scores, ReportFormat format,
                         ReportDetail detail);

// With two keys a grid of "FP/FN" cells, the first key's values as rows and the second's as
// columns, as in Table 3 of Zhang & Paxson 2000; otherwise a row per setting.
std::string FormatSweep(const Sweep& sweep, ReportFormat format);

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_SCORING_SCORE_REPORT_H_
