// SPDX-License-Identifier: BSD-3-Clause
#include "capture/reorder.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "capture/segment_queue.h"

namespace cairn::capture {
namespace {

constexpr size_t kMostHeld = 65536;

struct LateSegment {
  Segment segment;
  uint64_t arrival;
};

// Orders a heap by earliest time, then earliest arrival, at its top.
bool LeavesAfter(const LateSegment& a, const LateSegment& b) {
  if (a.segment.time != b.segment.time) return a.segment.time > b.segment.time;
  return a.arrival > b.arrival;
}

// Segments that came in order stand in a queue; the others in a heap.  A segment of the queue
// always arrived before an equally old one of the heap: what enters the queue is at least as new as
// everything before it, what enters the heap is older than something before it.
class OrderedSource : public SegmentSource {
 public:
  OrderedSource(std::unique_ptr<SegmentSource> source, PacketDelta window, OnIdle on_idle)
      : source_(std::move(source)), window_(window), on_idle_(on_idle) {}

  absl::StatusOr<SourceState> Read(SegmentBatch& batch) override {
    for (bool asked = false;;) {
      Release(batch);
      if (batch.full()) return SourceState::kMore;
      if (in_order_.HasArrived()) {
        TakeIn();
        continue;
      }
      if (Final()) return end_;
      if (Idle()) {
        // Say it once, then ask the source again.
        end_ = SourceState::kMore;
        return SourceState::kIdle;
      }
      // A live link's caller wants what is there, not a full batch.
      if (asked && on_idle_ == OnIdle::kRelease) return SourceState::kMore;
      end_ = source_->Read(in_order_.BatchToFill());
      asked = true;
    }
  }

  CaptureCounters counters() const override {
    CaptureCounters counters = source_->counters();
    counters.reordered += reordered_;
    counters.clamped += clamped_;
    return counters;
  }
  Progress progress() const override { return source_->progress(); }

 private:
  bool Final() const { return !end_.ok() || *end_ == SourceState::kEnd; }
  bool Idle() const { return end_.ok() && *end_ == SourceState::kIdle; }

  // Takes in what has arrived, up to a late segment that must wait until what is ripe has left:
  // what becomes of it depends on that.
  void TakeIn() {
    while (in_order_.HasArrived() && in_order_.arrived().time >= newest_seen_) {
      newest_seen_ = in_order_.arrived().time;
      in_order_.Accept();
    }
    if (in_order_.HasArrived() && (NothingHeld() || !IsRipe(Front().time))) TakeInLate();
  }

  void TakeInLate() {
    late_.push_back({in_order_.arrived(), late_arrivals_++});
    in_order_.TakeOut();
    Segment& segment = late_.back().segment;
    if (segment.time < newest_left_) {
      segment.time = newest_left_;
      ++clamped_;
    } else {
      ++reordered_;
    }
    std::push_heap(late_.begin(), late_.end(), LeavesAfter);
  }

  void Release(SegmentBatch& batch) {
    const bool idle = Idle() && on_idle_ == OnIdle::kRelease;
    const bool release_all = !in_order_.HasArrived() && (Final() || idle);
    while (!batch.full() && !NothingHeld()) {
      const bool is_late = FrontIsLate();
      const Segment& front = is_late ? late_.front().segment : in_order_.front();
      if (!release_all && !IsRipe(front.time)) return;
      newest_left_ = front.time;
      batch.Append() = front;
      if (is_late) {
        std::pop_heap(late_.begin(), late_.end(), LeavesAfter);
        late_.pop_back();
      } else {
        in_order_.PopFront();
      }
    }
  }

  bool NothingHeld() const { return in_order_.empty() && late_.empty(); }
  bool FrontIsLate() const {
    if (late_.empty()) return false;
    return in_order_.empty() || late_.front().segment.time < in_order_.front().time;
  }
  const Segment& Front() const { return FrontIsLate() ? late_.front().segment : in_order_.front(); }
  bool IsRipe(PacketTime time) const {
    return time + window_ < newest_seen_ || in_order_.size() + late_.size() > kMostHeld;
  }

  std::unique_ptr<SegmentSource> source_;
  PacketDelta window_;
  OnIdle on_idle_;
  SegmentQueue in_order_;
  std::vector<LateSegment> late_;
  uint64_t late_arrivals_ = 0;
  PacketTime newest_seen_ = PacketTime::InfinitePast();
  PacketTime newest_left_ = PacketTime::InfinitePast();
  uint64_t reordered_ = 0;
  uint64_t clamped_ = 0;
  absl::StatusOr<SourceState> end_ = SourceState::kMore;
};

}  // namespace

std::unique_ptr<SegmentSource> PutInOrder(std::unique_ptr<SegmentSource> source, PacketDelta window,
                                          OnIdle on_idle) {
  return std::make_unique<OrderedSource>(std::move(source), window, on_idle);
}

}  // namespace cairn::capture
