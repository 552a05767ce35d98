// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/connections/idle_wheel.h"

#include <algorithm>
#include <bit>

namespace cairn::connections {
namespace {

constexpr int64_t kBucketsPerTimeout = 1024;
constexpr int64_t kNarrowestBucketNs = 1000000000;

}  // namespace

IdleWheel::IdleWheel(ConnectionTable& table, PacketDelta timeout)
    : table_(table),
      timeout_(timeout),
      width_ns_(std::max(kNarrowestBucketNs, timeout.ToNanoseconds() / kBucketsPerTimeout)) {
  head_.fill(kNone);
  tail_.fill(kNone);
}

// The first tick at whose beginning the connection has been idle for the whole time-out.
int64_t IdleWheel::DeadlineTick(uint32_t slot) const {
  return TickOf(table_[slot].last_segment + timeout_) + 1;
}

void IdleWheel::Add(uint32_t slot) {
  const int64_t tick = DeadlineTick(slot);
  if (!started_) {
    started_ = true;
    cursor_ = TickOf(table_[slot].last_segment);
  }
  File(slot, tick);
  ++size_;
}

void IdleWheel::File(uint32_t slot, int64_t tick) {
  // Deadlines lie at most timeout/width + 2 <= 1026 ticks ahead of now, so a bucket never holds two
  // rounds; packet time that stood still or went back must not file behind the cursor, where nobody
  // would look.
  tick = std::clamp(tick, cursor_, cursor_ + kBuckets - 1);
  const auto bucket = static_cast<uint32_t>(static_cast<uint64_t>(tick) % kBuckets);
  Connection& connection = table_[slot];
  connection.timer_bucket = bucket;
  connection.timer_next = kNone;
  connection.timer_previous = tail_[bucket];
  if (tail_[bucket] == kNone) {
    head_[bucket] = slot;
    occupied_[bucket / 64] |= uint64_t{1} << (bucket % 64);
  } else {
    table_[tail_[bucket]].timer_next = slot;
  }
  tail_[bucket] = slot;
}

void IdleWheel::Remove(uint32_t slot) {
  const Connection& connection = table_[slot];
  const uint32_t bucket = connection.timer_bucket;
  if (connection.timer_previous == kNone) {
    head_[bucket] = connection.timer_next;
  } else {
    table_[connection.timer_previous].timer_next = connection.timer_next;
  }
  if (connection.timer_next == kNone) {
    tail_[bucket] = connection.timer_previous;
  } else {
    table_[connection.timer_next].timer_previous = connection.timer_previous;
  }
  if (head_[bucket] == kNone) occupied_[bucket / 64] &= ~(uint64_t{1} << (bucket % 64));
  --size_;
}

// The first tick at or after `from` whose bucket is not empty.
std::optional<int64_t> IdleWheel::NextTick(int64_t from) const {
  if (size_ == 0) return std::nullopt;
  const auto start = static_cast<uint32_t>(static_cast<uint64_t>(from) % kBuckets);
  constexpr uint32_t kWords = kBuckets / 64;
  for (uint32_t i = 0; i <= kWords; ++i) {
    const uint32_t word = (start / 64 + i) % kWords;
    uint64_t bits = occupied_[word];
    if (i == 0) bits &= ~uint64_t{0} << (start % 64);
    if (bits == 0) continue;
    const uint32_t bucket = word * 64 + static_cast<uint32_t>(std::countr_zero(bits));
    return from + static_cast<int64_t>((bucket + kBuckets - start) % kBuckets);
  }
  return std::nullopt;
}

std::optional<uint32_t> IdleWheel::PopExpired(PacketTime now) {
  if (!started_) return std::nullopt;
  const int64_t now_tick = TickOf(now);
  while (cursor_ <= now_tick) {
    const std::optional<int64_t> due = NextTick(cursor_);
    if (!due.has_value() || *due > now_tick) {
      cursor_ = now_tick;
      return std::nullopt;
    }
    cursor_ = *due;
    const uint32_t slot = head_[static_cast<uint64_t>(cursor_) % kBuckets];
    Remove(slot);
    if (DeadlineTick(slot) <= now_tick) return slot;
    ++size_;
    File(slot, DeadlineTick(slot));
  }
  return std::nullopt;
}

std::optional<uint32_t> IdleWheel::PopLongestIdle() {
  while (true) {
    const std::optional<int64_t> first = NextTick(cursor_);
    if (!first.has_value()) return std::nullopt;
    const uint32_t slot = head_[static_cast<uint64_t>(*first) % kBuckets];
    const int64_t deadline = std::clamp(DeadlineTick(slot), cursor_, cursor_ + kBuckets - 1);
    Remove(slot);
    if (deadline <= *first) return slot;
    ++size_;
    File(slot, deadline);
  }
}

}  // namespace cairn::connections
