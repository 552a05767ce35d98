// SPDX-License-Identifier: BSD-3-Clause
#include "capture/reorder.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace cairn::capture {
namespace {

constexpr size_t kMostHeld = 65536;

// A queue of segments in a circular buffer that doubles when full.  The indices run on; their low
// bits are positions.
class SegmentRing {
 public:
  bool empty() const { return first_ == end_; }
  size_t size() const { return end_ - first_; }
  const Segment& front() const { return slots_[first_ & (slots_.size() - 1)]; }
  void PopFront() { ++first_; }
  void PushBack(const Segment& segment) {
    if (size() == slots_.size()) Grow();
    slots_[end_++ & (slots_.size() - 1)] = segment;
  }

 private:
  void Grow() {
    std::vector<Segment> larger(slots_.size() * 2);
    const size_t held = size();
    for (size_t i = 0; i < held; ++i) larger[i] = slots_[(first_ + i) & (slots_.size() - 1)];
    slots_ = std::move(larger);
    first_ = 0;
    end_ = held;
  }

  std::vector<Segment> slots_ = std::vector<Segment>(SegmentBatch::kCapacity);  // a power of two
  size_t first_ = 0;
  size_t end_ = 0;
};

struct LateSegment {
  Segment segment;
  uint64_t arrival;
};

// Orders a heap by earliest time, then earliest arrival, at its top.
bool LeavesAfter(const LateSegment& a, const LateSegment& b) {
  if (a.segment.time != b.segment.time) return a.segment.time > b.segment.time;
  return a.arrival > b.arrival;
}

// Holds segments for the window.  Those that came in order stand in a ring; the others in a heap.
// A segment of the ring always arrived before an equally old one of the heap: what enters the ring
// is at least as new as everything before it, what enters the heap is older than something before
// it.
class HoldingArea {
 public:
  explicit HoldingArea(PacketDelta window) : window_(window) {}

  bool empty() const { return in_order_.empty() && late_.empty(); }

  void Add(const Segment& segment) {
    if (segment.time >= newest_seen_) {
      newest_seen_ = segment.time;
      in_order_.PushBack(segment);
      return;
    }
    LateSegment late{segment, arrivals_++};
    if (segment.time < newest_left_) {
      late.segment.time = newest_left_;
      ++clamped_;
    } else {
      ++reordered_;
    }
    late_.push_back(late);
    std::push_heap(late_.begin(), late_.end(), LeavesAfter);
  }

  bool Ripe() const {
    if (empty()) return false;
    return Front().time + window_ < newest_seen_ || in_order_.size() + late_.size() > kMostHeld;
  }

  // Requires: !empty().
  void MoveFrontTo(SegmentBatch& batch) {
    newest_left_ = Front().time;
    batch.Append() = Front();
    if (FrontIsLate()) {
      std::pop_heap(late_.begin(), late_.end(), LeavesAfter);
      late_.pop_back();
    } else {
      in_order_.PopFront();
    }
  }

  uint64_t reordered() const { return reordered_; }
  uint64_t clamped() const { return clamped_; }

 private:
  bool FrontIsLate() const {
    if (late_.empty()) return false;
    return in_order_.empty() || late_.front().segment.time < in_order_.front().time;
  }
  const Segment& Front() const { return FrontIsLate() ? late_.front().segment : in_order_.front(); }

  PacketDelta window_;
  SegmentRing in_order_;
  std::vector<LateSegment> late_;
  uint64_t arrivals_ = 0;
  PacketTime newest_seen_ = PacketTime::InfinitePast();
  PacketTime newest_left_ = PacketTime::InfinitePast();
  uint64_t reordered_ = 0;
  uint64_t clamped_ = 0;
};

class OrderedSource : public SegmentSource {
 public:
  OrderedSource(std::unique_ptr<SegmentSource> source, PacketDelta window, OnIdle on_idle)
      : source_(std::move(source)), on_idle_(on_idle), held_(window) {}

  absl::StatusOr<SourceState> Read(SegmentBatch& batch) override {
    for (bool asked = false;;) {
      Release(batch);
      if (batch.full()) return SourceState::kMore;
      if (next_arrival_ < arrived_.size()) {
        held_.Add(arrived_[next_arrival_++]);
        continue;
      }
      if (Final()) return end_;  // nothing is left: Release() has emptied the holding area
      if (!end_.ok() || *end_ == SourceState::kIdle) {
        // Reached only for kIdle: report it once, then ask the source again.
        return std::exchange(end_, SourceState::kMore);
      }
      // A live link's caller wants what is there, not a full batch.
      if (asked && on_idle_ == OnIdle::kRelease) return SourceState::kMore;
      Refill();
      asked = true;
    }
  }

  CaptureCounters counters() const override {
    CaptureCounters counters = source_->counters();
    counters.reordered += held_.reordered();
    counters.clamped += held_.clamped();
    return counters;
  }
  Progress progress() const override { return source_->progress(); }

 private:
  bool Final() const { return !end_.ok() || *end_ == SourceState::kEnd; }

  void Refill() {
    arrived_.Clear();
    next_arrival_ = 0;
    end_ = source_->Read(arrived_);
  }

  void Release(SegmentBatch& batch) {
    const bool all_arrived = next_arrival_ == arrived_.size();
    const bool idle = end_.ok() && *end_ == SourceState::kIdle && on_idle_ == OnIdle::kRelease;
    const bool release_all = all_arrived && (Final() || idle);
    while (!batch.full() && (held_.Ripe() || (release_all && !held_.empty()))) {
      held_.MoveFrontTo(batch);
    }
  }

  std::unique_ptr<SegmentSource> source_;
  OnIdle on_idle_;
  HoldingArea held_;
  SegmentBatch arrived_;
  size_t next_arrival_ = 0;
  absl::StatusOr<SourceState> end_ = SourceState::kMore;
};

}  // namespace

std::unique_ptr<SegmentSource> PutInOrder(std::unique_ptr<SegmentSource> source, PacketDelta window,
                                          OnIdle on_idle) {
  return std::make_unique<OrderedSource>(std::move(source), window, on_idle);
}

}  // namespace cairn::capture
