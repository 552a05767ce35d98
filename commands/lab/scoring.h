// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_LAB_SCORING_H_
#define CAIRN_COMMANDS_LAB_SCORING_H_

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "capture/options.h"
#include "capture/segment.h"
#include "config/settings.h"
#include "detector/options.h"
#include "traces/scoring/score.h"
#include "traces/scoring/score_report.h"
#include "traces/truth/truth.h"

// What `cairn-lab score` does between its command line and its tables.
namespace cairn::lab {

// A capture that is run many times: held in memory when its segments fit, otherwise read again for
// each run. Thread-safe once loaded: runs only read.
class ReplayableCapture {
 public:
  static constexpr size_t kDefaultMaxBytes = size_t{2} << 30;

  // Reads the capture once.  The error is the reader's.
  static absl::StatusOr<ReplayableCapture> Load(const std::string& path,
                                                const capture::Options& options, int threads,
                                                size_t max_bytes = kDefaultMaxBytes);

  bool in_memory() const { return in_memory_; }
  // Hands all segments to `consume` in order, in runs of bounded length; stops at its first error.
  absl::Status ForEachRun(
      const std::function<absl::Status(std::span<const Segment>)>& consume) const;

 private:
  ReplayableCapture() = default;

  std::string path_;
  capture::Options options_;
  int threads_ = 1;
  bool in_memory_ = true;
  // Blocks of equal size: growing never copies what is there.
  std::vector<std::vector<Segment>> blocks_;
};

// Runs a detector over the capture and returns the pairs that it reported, in order.  Pairs that a
// policy rule suppresses are not reported.
absl::StatusOr<std::vector<traces::AlertedPair>> Detect(const ReplayableCapture& capture,
                                                        const DetectorOptions& options);

// The connections of the truth's pairs (benign ones, too) of which the capture has no packet,
// whichever end is named first: "pairs[3].upstream 192.0.2.1:40000>198.51.100.7:22".  A typing
// error in a truth by hand looks so, and would count as a miss.  Reads the capture until all have
// been found.
absl::StatusOr<std::vector<std::string>> UnmatchedConnections(const ReplayableCapture& capture,
                                                              const traces::Truth& truth);

// A key and the values to try: "coincidence_window=20ms,40ms".  InvalidArgument says what the text
// lacks.
struct SweepAxis {
  std::string key;
  std::vector<std::string> values;
};
absl::StatusOr<SweepAxis> ParseSweepAxis(const std::string& text);

// Every combination of the axes' values, the last axis fastest.
std::vector<std::vector<std::string>> Combinations(const std::vector<SweepAxis>& axes);

// The truth file of a capture: TRACE.truth.json or TRACE.truth.json.gz beside it, where TRACE is
// the path without
// ".pcap", ".pcapng" and ".gz".  NotFound names both.
absl::StatusOr<std::string> FindTruthFile(const std::string& trace);

}  // namespace cairn::lab

#endif  // CAIRN_COMMANDS_LAB_SCORING_H_
