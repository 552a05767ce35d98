// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/timing/recent_onsets.h"

#include <algorithm>
#include <bit>

namespace cairn::timing {

namespace {

constexpr char kSetting[] = "timing.max_recent_onsets";

}  // namespace

RecentOnsets::RecentOnsets(uint32_t capacity)
    : mask_(std::bit_ceil(std::max<uint64_t>(capacity, 64)) - 1),
      entries_(mask_ + 1, kSetting),
      heads_(kChains * (mask_ + 1), kSetting) {}

void RecentOnsets::Push(const Onset& onset, const Keys& keys) {
  Entry& entry = entries_[next_ & mask_];
  entry.onset = onset;
  for (size_t c = 0; c < kChains; ++c) {
    Link& head = HeadOf(c, keys[c]);
    entry.older[c] = head;
    head = {.time = onset.time, .number = next_};
  }
  ++next_;
}

uint64_t RecentOnsets::CountSince(PacketTime oldest) {
  if (oldest_in_window_ + entries_.size() < next_) oldest_in_window_ = next_ - entries_.size();
  while (oldest_in_window_ < next_ && entries_[oldest_in_window_ & mask_].onset.time < oldest)
    ++oldest_in_window_;
  return next_ - oldest_in_window_;
}

}  // namespace cairn::timing
