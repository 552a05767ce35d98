// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_PROGRESS_H_
#define CAIRN_OUTPUT_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <string>

namespace cairn::output {

// How far a replay has come.  `total_bytes` is 0 when it cannot be known.
struct ProgressPoint {
  uint64_t done_bytes = 0;
  uint64_t total_bytes = 0;
  uint64_t packets = 0;
  std::chrono::nanoseconds elapsed{};
};

// "[#####.....]  48%  12,3 M packets, 4.1 M/s, 3 s left", or without a bar when the total is not
// known.
std::string ProgressText(const ProgressPoint& point, int columns);

// A line on a terminal that is drawn over itself, five times a second at most, and only once a run
// has taken half a second.  The caller hands in the time and clears the line before it writes
// anything else.
class ProgressLine {
 public:
  ProgressLine(int descriptor, int columns) : descriptor_(descriptor), columns_(columns) {}
  ~ProgressLine() { Clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Cheap enough to ask after every batch: whether Update() would draw.
  bool Due(std::chrono::nanoseconds elapsed) const { return elapsed >= next_; }
  void Update(const ProgressPoint& point);
  void Clear();

 private:
  static constexpr std::chrono::milliseconds kInterval{200};
  static constexpr std::chrono::milliseconds kQuietStart{500};

  int descriptor_;
  int columns_;
  std::chrono::nanoseconds next_ = kQuietStart;
  bool drawn_ = false;
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_PROGRESS_H_
