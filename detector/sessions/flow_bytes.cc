// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sessions/flow_bytes.h"

#include <algorithm>

#include "detector/connections/sequence.h"

namespace cairn::sessions {

using connections::IsPlausibleJump;
using connections::SequenceDistance;

FlowNews FlowBytes::Take(const Segment& segment, bool confirmed_jump) {
  FlowNews news;
  // The text that some stacks send with a RST is none of the flow's.
  if (segment.Has(kRst)) return {.repeated_bytes = segment.payload_bytes};
  const uint32_t first = segment.seq + (segment.Has(kSyn) ? 1 : 0);
  const uint32_t length = segment.payload_bytes;
  if (!based_) {
    based_ = true;
    base_ = first;
  }
  if (segment.Has(kSyn)) TakeSyn(first);
  if (length == 0 && !segment.Has(kFin)) return news;
  if (fin_seen_ && length == 0) return news;

  const uint32_t next = base_ + static_cast<uint32_t>(highest_);
  if (!IsPlausibleJump(next, first)) {
    if (!confirmed_jump) return {.repeated_bytes = length};
    base_ = first - static_cast<uint32_t>(highest_);
    news.gap = true;
  }
  int64_t begin = static_cast<int64_t>(highest_) +
                  SequenceDistance(base_ + static_cast<uint32_t>(highest_), first);
  if (begin < 0) {
    // A probe of a connection that was idle when the capture began repeats one old byte.
    constexpr uint32_t kProbeBytes = 1;
    if (syn_seen_ || length <= kProbeBytes) {
      const auto before = static_cast<uint64_t>(-begin);
      if (length <= before) return {.repeated_bytes = length};
      news.repeated_bytes = static_cast<uint32_t>(before);
    } else {
      MoveBack(static_cast<uint64_t>(-begin));
    }
    begin = 0;
  }
  const auto from = static_cast<uint64_t>(begin);
  const uint64_t to = from + length - news.repeated_bytes;
  const uint64_t highest = highest_;
  if (fin_seen_ && to > highest) {
    news.repeated_bytes = length;
    return news;
  }
  if (from > highest) {
    AddGap(highest, from);
    news.gap = true;
  }
  if (segment.Has(kFin)) fin_seen_ = true;
  highest_ = std::max(highest, to);
  if (from < highest) {
    const uint64_t old_end = std::min(to, highest);
    news.repeated_bytes += static_cast<uint32_t>(old_end - from) - Fill(from, old_end);
  }
  return news;
}

// The capture may hold the SYN after what followed it.
void FlowBytes::TakeSyn(uint32_t first) {
  if (syn_seen_) return;
  const int32_t before = SequenceDistance(first, base_);
  if (before < 0 || !IsPlausibleJump(first, base_)) return;
  MoveBack(static_cast<uint64_t>(before));
  syn_seen_ = true;
}

// The flow began earlier than was thought: what lies before is a gap.
void FlowBytes::MoveBack(uint64_t bytes) {
  base_ -= static_cast<uint32_t>(bytes);
  highest_ += bytes;
  for (Gap& gap : gaps_) {
    if (gap.begin == gap.end) continue;
    gap.begin += bytes;
    gap.end += bytes;
  }
  if (bytes > 0) AddGap(0, bytes);
}

void FlowBytes::AddGap(uint64_t begin, uint64_t end) {
  missed_ += end - begin;
  Gap* place = &gaps_[0];
  for (Gap& gap : gaps_) {
    if (gap.begin == gap.end) {
      place = &gap;
      break;
    }
    if (gap.begin < place->begin) place = &gap;
  }
  *place = {.begin = begin, .end = end};
}

// How many of these bytes had been missing.
uint32_t FlowBytes::Fill(uint64_t begin, uint64_t end) {
  uint64_t filled = 0;
  for (Gap& gap : gaps_) {
    const uint64_t from = std::max(begin, gap.begin);
    const uint64_t to = std::min(end, gap.end);
    if (from >= to) continue;
    filled += to - from;
    // What fills the middle of a gap leaves two; the earlier one is given up.
    if (to == gap.end) {
      gap.end = from;
    } else {
      gap.begin = to;
    }
  }
  missed_ -= filled;
  return static_cast<uint32_t>(filled);
}

}  // namespace cairn::sessions
