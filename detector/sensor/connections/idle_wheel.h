// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_CONNECTIONS_IDLE_WHEEL_H_
#define CAIRN_DETECTOR_SENSOR_CONNECTIONS_IDLE_WHEEL_H_

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "detector/sensor/connections/connection_table.h"

namespace cairn::connections {

// The connections of one phase, ordered by when they would time out: a timer wheel that is lazy, so
// that a segment costs it nothing.  A connection stays in the bucket of the deadline it had when it
// was filed; when that bucket comes due it is either really idle, or is filed again by its newest
// segment.
//
// A time-out is noticed late by at most one bucket: the larger of a second and timeout/1024.
// Cost: amortised O(1) per connection and time-out period.
class IdleWheel {
 public:
  IdleWheel(ConnectionTable& table, PacketDelta timeout);

  void Add(uint32_t slot);
  void Remove(uint32_t slot);
  // Takes out and returns a connection that has been idle for the whole time-out at `now`; call
  // until nothing is left.
  std::optional<uint32_t> PopExpired(PacketTime now);
  // Which connection PopExpired() probably returns next, so that its memory can be fetched.
  std::optional<uint32_t> ProbablyNext() const {
    const uint32_t slot = head_[static_cast<uint64_t>(cursor_) % kBuckets];
    return slot == kNone ? std::nullopt : std::optional(slot);
  }
  // Takes out and returns the connection that has been idle longest, to the precision of a bucket.
  std::optional<uint32_t> PopLongestIdle();
  uint32_t size() const { return size_; }

 private:
  static constexpr uint32_t kBuckets = 2048;
  static constexpr uint32_t kNone = 0xffffffff;

  int64_t TickOf(PacketTime time) const { return time.ToNanoseconds() / width_ns_; }
  int64_t DeadlineTick(uint32_t slot) const;
  void File(uint32_t slot, int64_t tick);
  std::optional<int64_t> NextTick(int64_t from) const;

  ConnectionTable& table_;
  const PacketDelta timeout_;
  const int64_t width_ns_;
  int64_t cursor_ = 0;  // no connection is filed before this tick
  bool started_ = false;
  uint32_t size_ = 0;
  std::array<uint32_t, kBuckets> head_;
  std::array<uint32_t, kBuckets> tail_;
  std::array<uint64_t, kBuckets / 64> occupied_{};
};

}  // namespace cairn::connections

#endif  // CAIRN_DETECTOR_SENSOR_CONNECTIONS_IDLE_WHEEL_H_
