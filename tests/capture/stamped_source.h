// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_CAPTURE_STAMPED_SOURCE_H_
#define CAIRN_TESTS_CAPTURE_STAMPED_SOURCE_H_

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "capture/segment_source.h"

// Segments of which only the time stamps matter.
namespace cairn::testing {

inline constexpr int64_t kHour = 3'600'000;
inline constexpr int64_t kFarFuture = 2'100'000'000'000;  // the year 2036, in ms
inline constexpr int64_t kBase = 1'700'000'000'000;

struct Stamp {
  int64_t ms = 0;
  uint32_t interface = 0;
  bool idle = false;
};

// Gives segments with these stamps, numbered by `seq`; a batch ends where the interface changes.
class StampedSource : public capture::SegmentSource {
 public:
  explicit StampedSource(std::vector<Stamp> stamps) : stamps_(std::move(stamps)) {
    for (const Stamp& stamp : stamps_) interfaces_ = std::max(interfaces_, stamp.interface + 1);
  }

  absl::StatusOr<capture::SourceState> Read(SegmentBatch& batch) override {
    for (bool begun = false; !batch.full(); begun = true) {
      if (next_ == stamps_.size()) return capture::SourceState::kEnd;
      const Stamp& stamp = stamps_[next_];
      if (stamp.idle) {
        if (!begun) ++next_;
        return begun ? capture::SourceState::kMore : capture::SourceState::kIdle;
      }
      if (begun && stamp.interface != interface_) return capture::SourceState::kMore;
      interface_ = stamp.interface;
      Segment& segment = batch.Append();
      segment = Segment{};
      segment.time = PacketTime::FromNanoseconds(stamp.ms * 1'000'000);
      segment.seq = static_cast<uint32_t>(next_++);
    }
    return capture::SourceState::kMore;
  }
  CaptureCounters counters() const override { return {}; }
  uint32_t interface() const override { return interface_; }
  uint32_t interfaces() const override { return interfaces_; }

 private:
  std::vector<Stamp> stamps_;
  size_t next_ = 0;
  uint32_t interface_ = 0;
  uint32_t interfaces_ = 1;
};

// `count` stamps from `first_ms` on, every `step_ms`.
inline std::vector<Stamp> Steady(int64_t first_ms, int count, int64_t step_ms = 20,
                                 uint32_t interface = 0) {
  std::vector<Stamp> stamps;
  for (int i = 0; i < count; ++i) stamps.push_back({first_ms + i * step_ms, interface});
  return stamps;
}

inline std::vector<Stamp> operator+(std::vector<Stamp> a, const std::vector<Stamp>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline std::vector<Stamp> operator+(std::vector<Stamp> a, Stamp b) {
  a.push_back(b);
  return a;
}

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_CAPTURE_STAMPED_SOURCE_H_
