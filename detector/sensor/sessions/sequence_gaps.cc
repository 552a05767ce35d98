// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/sessions/sequence_gaps.h"

#include <algorithm>
#include <limits>

namespace cairn::sessions {

void SequenceGaps::Add(uint64_t begin, uint64_t end) {
  missed_bytes_ += end - begin;
  Gap* place = &gaps_[0];
  if (place->length > 0 && (gaps_[1].length == 0 || gaps_[1].begin < place->begin)) {
    place = &gaps_[1];
  }
  place->begin = begin;
  place->length =
      static_cast<uint32_t>(std::min<uint64_t>(end - begin, std::numeric_limits<uint32_t>::max()));
}

uint32_t SequenceGaps::Fill(uint64_t begin, uint64_t end) {
  uint64_t filled = 0;
  for (Gap& gap : gaps_) {
    const uint64_t gap_begin = gap.begin;
    const uint64_t from = std::max(begin, gap_begin);
    const uint64_t to = std::min(end, gap.end());
    if (from >= to) continue;
    filled += to - from;
    // What fills the middle of a gap leaves two; the earlier one is given up.
    if (to == gap.end()) {
      gap.length = static_cast<uint32_t>(from - gap_begin);
    } else {
      gap.length = static_cast<uint32_t>(gap.end() - to);
      gap.begin = to;
    }
  }
  missed_bytes_ -= filled;
  return static_cast<uint32_t>(filled);
}

void SequenceGaps::CutAt(uint64_t end) {
  for (Gap& gap : gaps_) {
    const uint64_t begin = gap.begin;
    if (gap.length == 0 || gap.end() <= end) continue;
    const uint64_t from = std::max(begin, end);
    missed_bytes_ -= gap.end() - from;
    gap.length = static_cast<uint32_t>(from - begin);
  }
  // Gaps that were given up may have lain there.
  missed_bytes_ = std::min(missed_bytes_, end);
}

void SequenceGaps::Shift(uint64_t bytes) {
  for (Gap& gap : gaps_) {
    if (gap.length > 0) gap.begin += bytes;
  }
}

}  // namespace cairn::sessions
