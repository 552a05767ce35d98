// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sessions/flow_bytes.h"

#include <algorithm>

#include "detector/connections/sequence.h"

namespace cairn::sessions {

using connections::IsPlausibleJump;
using connections::SequenceDistance;

FlowNews FlowBytes::Take(const Segment& segment, bool confirmed_jump, SequenceGaps& gaps) {
  FlowNews news;
  // The text that some stacks send with a RST is none of the flow's.
  if (segment.Has(kRst)) return {.repeated_bytes = segment.payload_bytes};
  const uint32_t first = segment.seq + (segment.Has(kSyn) ? 1 : 0);
  const uint32_t length = segment.payload_bytes;
  if (!based_) {
    based_ = true;
    base_ = first;
  }
  if (segment.Has(kSyn)) TakeSyn(first, gaps);
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
      MoveBack(static_cast<uint64_t>(-begin), gaps);
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
    gaps.Add(highest, from);
    news.gap = true;
  }
  if (segment.Has(kFin)) fin_seen_ = true;
  highest_ = std::max(highest, to);
  if (from < highest) {
    const uint64_t old_end = std::min(to, highest);
    news.repeated_bytes += static_cast<uint32_t>(old_end - from) - gaps.Fill(from, old_end);
  }
  return news;
}

// The capture may hold the SYN after what followed it.
void FlowBytes::TakeSyn(uint32_t first, SequenceGaps& gaps) {
  if (syn_seen_) return;
  if (highest_ == 0) {
    // Nothing was sent yet: what came before, a FIN even, was forged or another connection's.
    base_ = first;
    fin_seen_ = false;
    syn_seen_ = true;
    return;
  }
  const int32_t before = SequenceDistance(first, base_);
  if (before < 0 || !IsPlausibleJump(first, base_)) return;
  MoveBack(static_cast<uint64_t>(before), gaps);
  syn_seen_ = true;
}

// The flow began earlier than was thought: what lies before is a gap.
void FlowBytes::MoveBack(uint64_t bytes, SequenceGaps& gaps) {
  if (bytes == 0) return;
  base_ -= static_cast<uint32_t>(bytes);
  highest_ += bytes;
  gaps.Shift(bytes);
  gaps.Add(0, bytes);
}

}  // namespace cairn::sessions
