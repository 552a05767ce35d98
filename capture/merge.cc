// SPDX-License-Identifier: BSD-3-Clause
#include "capture/merge.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

namespace cairn::capture {
namespace {

// One source with a batch read ahead.
struct Input {
  std::unique_ptr<SegmentSource> source;
  SegmentBatch batch;
  size_t next = 0;
  absl::StatusOr<SourceState> state = SourceState::kMore;

  bool HasSegment() const { return next < batch.size(); }
  bool Finished() const { return !state.ok() || *state == SourceState::kEnd; }
};

struct Head {
  PacketTime time;
  size_t input;
  auto operator<=>(const Head&) const = default;
};

class MergedSource : public SegmentSource {
 public:
  explicit MergedSource(std::vector<std::unique_ptr<SegmentSource>> sources)
      : inputs_(sources.size()) {
    for (size_t i = 0; i < sources.size(); ++i) {
      inputs_[i].source = std::move(sources[i]);
      without_head_.push_back(i);
    }
  }

  absl::StatusOr<SourceState> Read(SegmentBatch& batch) override {
    for (;;) {
      // The earliest segment is known only when every unfinished input shows its head.
      if (!without_head_.empty() && !FindHeads()) return SourceState::kIdle;
      if (heads_.empty()) return End();
      if (batch.full()) return SourceState::kMore;
      TakeFromEarliest(batch);
    }
  }

  CaptureCounters counters() const override {
    CaptureCounters sum;
    for (const Input& input : inputs_) sum += input.source->counters();
    return sum;
  }

  void TakeClockSteps(std::vector<ClockStep>& steps) override {
    for (const Input& input : inputs_) input.source->TakeClockSteps(steps);
  }

  Progress progress() const override {
    Progress sum;
    bool total_known = true;
    for (const Input& input : inputs_) {
      const Progress one = input.source->progress();
      sum.done_bytes += one.done_bytes;
      sum.total_bytes += one.total_bytes;
      total_known = total_known && one.total_bytes != 0;
    }
    if (!total_known) sum.total_bytes = 0;
    return sum;
  }

 private:
  // False: an input is silent.
  bool FindHeads() {
    while (!without_head_.empty()) {
      Input& input = inputs_[without_head_.back()];
      if (!input.HasSegment() && !input.Finished()) {
        input.batch.Clear();
        input.next = 0;
        input.state = input.source->Read(input.batch);
        if (input.state.ok() && *input.state == SourceState::kIdle && input.batch.empty())
          return false;
        if (!input.HasSegment() && !input.Finished()) continue;
      }
      if (input.HasSegment()) heads_.push({input.batch[input.next].time, without_head_.back()});
      without_head_.pop_back();
    }
    return true;
  }

  // Takes segments of the earliest input for as long as it stays the earliest.
  void TakeFromEarliest(SegmentBatch& batch) {
    const size_t index = heads_.top().input;
    heads_.pop();
    const Head limit =
        heads_.empty() ? Head{PacketTime::InfiniteFuture(), inputs_.size()} : heads_.top();
    Input& input = inputs_[index];
    while (input.HasSegment() && !batch.full()) {
      const Segment& segment = input.batch[input.next];
      if (Head{segment.time, index} > limit) break;
      batch.Append() = segment;
      ++input.next;
    }
    if (input.HasSegment()) {
      heads_.push({input.batch[input.next].time, index});
    } else {
      without_head_.push_back(index);
    }
  }

  absl::StatusOr<SourceState> End() const {
    for (const Input& input : inputs_) {
      if (!input.state.ok()) return input.state.status();
    }
    return SourceState::kEnd;
  }

  std::vector<Input> inputs_;
  std::vector<size_t> without_head_;
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads_;
};

}  // namespace

std::unique_ptr<SegmentSource> Merge(std::vector<std::unique_ptr<SegmentSource>> sources) {
  if (sources.size() == 1) return std::move(sources.front());
  return std::make_unique<MergedSource>(std::move(sources));
}

}  // namespace cairn::capture
