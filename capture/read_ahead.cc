// SPDX-License-Identifier: BSD-3-Clause
#include "capture/read_ahead.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace cairn::capture {
namespace {

constexpr size_t kQueueLength = 64;
constexpr std::chrono::milliseconds kPollInterval(100);

// A batch with what its source said when it was read.
struct Filled {
  SegmentBatch batch;
  absl::StatusOr<SourceState> state = SourceState::kMore;
  CaptureCounters counters;
  Progress progress;
  std::vector<ClockStep> steps;

  bool Last() const { return !state.ok() || *state == SourceState::kEnd; }
};

class ReadAheadSource : public SegmentSource {
 public:
  explicit ReadAheadSource(std::unique_ptr<SegmentSource> source)
      : source_(std::move(source)), queue_(kQueueLength), current_progress_(source_->progress()) {
    worker_ = std::thread([this] { FillQueue(); });
  }

  ~ReadAheadSource() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    room_.notify_one();
    worker_.join();
  }

  absl::StatusOr<SourceState> Read(SegmentBatch& batch) override {
    while (!batch.full() && !ended_) {
      if (!TakeNext()) return SourceState::kIdle;
      const Filled& filled = queue_[read_ % kQueueLength];
      while (!batch.full() && next_segment_ < filled.batch.size()) {
        batch.Append() = filled.batch[next_segment_++];
      }
      if (next_segment_ == filled.batch.size()) GiveBack(filled);
    }
    return ended_ ? end_ : SourceState::kMore;
  }

  CaptureCounters counters() const override { return current_counters_; }
  Progress progress() const override { return current_progress_; }
  void TakeClockSteps(std::vector<ClockStep>& steps) override {
    steps.insert(steps.end(), steps_.begin(), steps_.end());
    steps_.clear();
  }

 private:
  // The worker.  A slot belongs to it from the moment the reader gives it back until it is
  // published.
  void FillQueue() {
    for (;;) {
      Filled* slot = WaitForRoom();
      if (slot == nullptr) return;
      slot->batch.Clear();
      slot->state = source_->Read(slot->batch);
      slot->counters = source_->counters();
      slot->progress = source_->progress();
      source_->TakeClockSteps(slot->steps);
      const bool last = slot->Last();
      if (slot->batch.empty() && !last) continue;  // idle: nothing to hand over
      Publish();
      if (last) return;
    }
  }

  // Null: the reader is gone.
  Filled* WaitForRoom() {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return stopping_ || written_ - given_back_ < kQueueLength; });
    return stopping_ ? nullptr : &queue_[written_ % kQueueLength];
  }

  void Publish() {
    {
      const std::lock_guard lock(mutex_);
      ++written_;
    }
    filled_.notify_one();
  }

  // Makes queue_[read_] the reader's.  False: nothing came in time.
  bool TakeNext() {
    if (holding_) return true;
    std::unique_lock lock(mutex_);
    if (!filled_.wait_for(lock, kPollInterval, [this] { return written_ > read_; })) return false;
    holding_ = true;
    next_segment_ = 0;
    std::vector<ClockStep>& steps = queue_[read_ % kQueueLength].steps;
    steps_.insert(steps_.end(), steps.begin(), steps.end());
    steps.clear();
    return true;
  }

  void GiveBack(const Filled& filled) {
    current_counters_ = filled.counters;
    current_progress_ = filled.progress;
    if (filled.Last()) {
      ended_ = true;
      end_ = filled.state;
    }
    holding_ = false;
    ++read_;
    {
      const std::lock_guard lock(mutex_);
      given_back_ = read_;
    }
    room_.notify_one();
  }

  std::unique_ptr<SegmentSource> source_;  // the worker's alone while it runs

  std::mutex
      mutex_;  // guards the next five; a slot's contents change hands with written_ and given_back_
  std::condition_variable room_;
  std::condition_variable filled_;
  bool stopping_ = false;
  uint64_t written_ = 0;
  uint64_t given_back_ = 0;
  std::vector<Filled> queue_;

  // The reader's alone.
  uint64_t read_ = 0;
  bool holding_ = false;
  size_t next_segment_ = 0;
  bool ended_ = false;
  absl::StatusOr<SourceState> end_ = SourceState::kEnd;
  CaptureCounters current_counters_;
  std::vector<ClockStep> steps_;
  Progress current_progress_;

  std::thread worker_;  // last: it starts when everything above is there
};

}  // namespace

std::unique_ptr<SegmentSource> ReadAhead(std::unique_ptr<SegmentSource> source) {
  return std::make_unique<ReadAheadSource>(std::move(source));
}

}  // namespace cairn::capture
