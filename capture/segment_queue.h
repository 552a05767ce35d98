// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_SEGMENT_QUEUE_H_
#define CAIRN_CAPTURE_SEGMENT_QUEUE_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "capture/segment.h"

namespace cairn::capture {

// A queue of segments that a source writes into directly: it fills the batch at the back, which
// stays where it is until its segments leave at the front.
//
// The back holds, in this order: accepted segments, which are in the queue; then arrived ones, that
// still have to be accepted or taken out.  Memory: 16 KiB a batch, grown on demand and reused.
class SegmentQueue {
 public:
  SegmentQueue() { AddChunk(std::make_unique<Chunk>()); }

  // Accepted segments.
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  // Requires: !empty().
  const Segment& front() const { return front_->batch[front_->first]; }
  void PopFront() {
    --size_;
    if (++front_->first == front_->accepted) DropEmptyFront();
  }

  // Where the source may write more.  Requires: !HasArrived().  Never full.
  SegmentBatch& BatchToFill() {
    Chunk& back = *back_;
    // Segments that were taken out have left room.
    while (back.batch.size() > back.accepted) back.batch.DropLast();
    back.arrived = back.accepted;
    if (back.batch.full()) AddChunk(NewChunk());
    return back_->batch;
  }

  bool HasArrived() const { return back_->arrived < back_->batch.size(); }
  // Requires: HasArrived(), here and below.
  Segment& arrived() { return back_->batch[back_->arrived]; }
  // The one that arrived after it; null if there is none yet.
  const Segment* NextArrived() const {
    const Chunk& back = *back_;
    return back.arrived + 1 < back.batch.size() ? &back.batch[back.arrived + 1] : nullptr;
  }
  void Accept() {
    Chunk& back = *back_;
    if (back.accepted != back.arrived) back.batch[back.accepted] = back.batch[back.arrived];
    ++back.accepted;
    ++back.arrived;
    ++size_;
  }
  void TakeOut() { ++back_->arrived; }

  // Puts a segment into the queue before whatever has arrived.  Cheap where others were taken out,
  // or nothing has arrived; otherwise it may move as much as a batch.
  void Push(const Segment& segment) {
    Chunk& back = *back_;
    ++size_;
    if (back.accepted < back.arrived) {
      back.batch[back.accepted++] = segment;
    } else if (HasArrived()) {
      RoomBeforeArrived().Append(segment);
    } else {
      if (back.batch.full()) AddChunk(NewChunk());
      back_->Append(segment);
    }
  }

 private:
  struct Chunk {
    SegmentBatch batch;
    size_t first = 0;     // before it: left already
    size_t accepted = 0;  // before it: in the queue
    size_t arrived = 0;   // before it: accepted or taken out

    void Reset() {
      batch.Clear();
      first = accepted = arrived = 0;
    }
    // Requires: nothing has arrived, the batch is not full.
    void Append(const Segment& segment) {
      batch.Append() = segment;
      arrived = ++accepted;
    }
  };

  void AddChunk(std::unique_ptr<Chunk> chunk) {
    chunks_.push_back(std::move(chunk));
    front_ = chunks_.front().get();
    back_ = chunks_.back().get();
  }

  std::unique_ptr<Chunk> NewChunk() {
    if (spare_.empty()) return std::make_unique<Chunk>();
    std::unique_ptr<Chunk> chunk = std::move(spare_.back());
    spare_.pop_back();
    return chunk;
  }

  // The chunk before the one that holds what has arrived, with room for a segment at least.
  Chunk& RoomBeforeArrived() {
    Chunk& back = *back_;
    const size_t count = chunks_.size();
    if (back.accepted > 0) {
      auto moved = NewChunk();
      for (size_t i = back.arrived; i < back.batch.size(); ++i)
        moved->batch.Append() = back.batch[i];
      while (back.batch.size() > back.accepted) back.batch.DropLast();
      AddChunk(std::move(moved));
      return *chunks_[count - 1];
    }
    if (count > 1 && !chunks_[count - 2]->batch.full()) return *chunks_[count - 2];
    chunks_.insert(chunks_.end() - 1, NewChunk());
    front_ = chunks_.front().get();
    return *chunks_[count - 1];
  }

  void DropEmptyFront() {
    if (chunks_.size() > 1) {
      front_->Reset();
      spare_.push_back(std::move(chunks_.front()));
      chunks_.pop_front();
      front_ = chunks_.front().get();
    } else if (!HasArrived()) {  // what has arrived would be lost
      front_->Reset();
    }
  }

  std::deque<std::unique_ptr<Chunk>> chunks_;
  Chunk* front_ = nullptr;  // of chunks_
  Chunk* back_ = nullptr;   // likewise
  std::vector<std::unique_ptr<Chunk>> spare_;
  size_t size_ = 0;
};

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_SEGMENT_QUEUE_H_
