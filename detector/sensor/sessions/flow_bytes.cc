// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/sessions/flow_bytes.h"

#include <algorithm>

#include "detector/sensor/connections/sequence.h"

namespace cairn::sessions {

using connections::IsPlausibleJump;
using connections::SequenceDistance;

SegmentDelta FlowBytes::TakeOther(const Segment& segment, bool fin, SequenceGaps& gaps) {
  SegmentDelta delta;
  // The text that some stacks send with a RST is none of the flow's.
  if (segment.Has(kRst)) return {.repeated_bytes = segment.payload_bytes};
  const uint32_t first = segment.seq + (segment.Has(kSyn) ? 1 : 0);
  const uint32_t length = segment.payload_bytes;
  if ((state_ & kBased) == 0) {
    state_ |= kBased;
    next_ = first;
  }
  if (segment.Has(kSyn)) delta.began_earlier = TakeSyn(first, gaps);
  const bool fin_seen = (state_ & kFinSeen) != 0;
  if (length == 0 && (fin_seen || !fin)) return delta;
  int64_t begin = static_cast<int64_t>(bytes()) + SequenceDistance(next_, first);
  if (begin < 0) {
    // A probe of a connection that was idle when the capture began repeats one old byte.
    constexpr uint32_t kProbeBytes = 1;
    if ((state_ & kSynSeen) != 0 || length <= kProbeBytes) {
      const auto before = static_cast<uint64_t>(-begin);
      delta.repeated_bytes = std::min(length, static_cast<uint32_t>(before));
      if (delta.repeated_bytes == length) return delta;
    } else {
      delta.began_earlier |= MoveBack(static_cast<uint64_t>(-begin), gaps);
    }
    begin = 0;
  }
  const auto from = static_cast<uint64_t>(begin);
  const uint64_t to = from + length - delta.repeated_bytes;
  const uint64_t highest = bytes();
  if (fin_seen && to > highest) {
    delta.repeated_bytes = length;
    return delta;
  }
  if (from > highest) {
    gaps.Add(highest, from);
    delta.gap = true;
  }
  if (fin) state_ |= kFinSeen;
  if (to > highest) Advance(to - highest);
  if (from < highest) {
    const uint64_t old_end = std::min(to, highest);
    delta.repeated_bytes += static_cast<uint32_t>(old_end - from) - gaps.Fill(from, old_end);
  }
  return delta;
}

SegmentDelta FlowBytes::TakeWaiting(uint32_t begin, uint32_t end, SequenceGaps& gaps) {
  SegmentDelta delta;
  const uint64_t highest = bytes();
  const int32_t before = SequenceDistance(next_, begin);
  const int32_t beyond = SequenceDistance(next_, end);
  if (beyond <= 0) return delta;
  if (before > 0) {
    gaps.Add(highest, highest + static_cast<uint64_t>(before));
    delta.gap = true;
  }
  Advance(static_cast<uint64_t>(beyond));
  return delta;
}

SegmentDelta FlowBytes::MoveTo(uint32_t place, SequenceGaps& gaps) {
  SegmentDelta delta;
  const int32_t distance = SequenceDistance(next_, place);
  if ((state_ & kBased) == 0 || distance == 0) return delta;
  const uint64_t highest = bytes();
  if (distance > 0) {
    gaps.Add(highest, highest + static_cast<uint64_t>(distance));
    delta.gap = true;
    Advance(static_cast<uint64_t>(distance));
    return delta;
  }
  const uint64_t back = std::min(highest, static_cast<uint64_t>(-static_cast<int64_t>(distance)));
  state_ -= back;
  next_ -= static_cast<uint32_t>(back);
  gaps.CutAt(highest - back);
  return delta;
}

// The capture may hold the SYN after what followed it.
bool FlowBytes::TakeSyn(uint32_t first, SequenceGaps& gaps) {
  if ((state_ & kSynSeen) != 0) return false;
  if (bytes() == 0) {
    // Nothing was sent yet: what came before, a FIN even, was forged or another connection's.
    next_ = first;
    state_ = (state_ & ~kFinSeen) | kSynSeen;
    return false;
  }
  const uint32_t base = next_ - static_cast<uint32_t>(bytes());
  const int32_t before = SequenceDistance(first, base);
  if (before < 0 || !IsPlausibleJump(first, base)) return false;
  state_ |= kSynSeen;
  return MoveBack(static_cast<uint64_t>(before), gaps);
}

// The flow began earlier than was thought: what lies before is a gap.
bool FlowBytes::MoveBack(uint64_t bytes, SequenceGaps& gaps) {
  if (bytes == 0) return false;
  state_ += bytes;
  gaps.Shift(bytes);
  gaps.Add(0, bytes);
  return true;
}

}  // namespace cairn::sessions
