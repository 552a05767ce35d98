// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SCORE_READER_H_
#define CAIRN_OUTPUT_SCORE_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "detector/findings/event.h"
#include "output/score_history.h"

namespace cairn::output {

// One line as ToJsonLine(HostScore) writes it, with or without its line feed.  Fields that are not
// known are passed over.  DataLoss: it is no JSON, perhaps cut off; InvalidArgument: it is
// something else.  The message says what.  Thread-safe.
absl::StatusOr<HostScore> ParseScoreLine(std::string_view line);

// Reads a file of scores, in pieces of any length.  Lines that are no scores are left out, counted,
// and the first of them explained; blank lines are passed over.
//
// Thread-compatible.  Memory: one line, of at most kMaxLineBytes; a longer one is no score.
class ScoreReader {
 public:
  static constexpr size_t kMaxLineBytes = size_t{64} << 10;

  // Requires: `history` outlives this.
  explicit ScoreReader(ScoreHistory& history) : history_(history) {}

  void Feed(std::string_view bytes);
  // The end of the file.  A last line without a line feed counts when it is whole.  Call once,
  // last.
  void Finish();

  uint64_t scores() const { return scores_; }
  uint64_t bad_lines() const { return bad_lines_; }
  uint64_t first_bad_line() const { return first_bad_line_; }  // from 1; 0: none
  const std::string& first_fault() const { return first_fault_; }
  // Whether the last line was cut off, as by a process that was killed.  It is no bad line.
  bool cut() const { return cut_; }

 private:
  enum class LineEnd { kLineFeed, kEndOfFile };
  void TakeLine(std::string_view line, LineEnd end);

  ScoreHistory& history_;
  std::string line_;  // begun and not ended yet; one byte too long when it is longer than allowed
  uint64_t lines_ = 0;
  uint64_t scores_ = 0;
  uint64_t bad_lines_ = 0;
  uint64_t first_bad_line_ = 0;
  std::string first_fault_;
  bool cut_ = false;
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SCORE_READER_H_
