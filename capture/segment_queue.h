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
  SegmentQueue() { chunks_.push_back(std::make_unique<Chunk>()); }

  // Accepted segments.
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  // Requires: !empty().
  const Segment& front() const { return chunks_.front()->batch[chunks_.front()->first]; }
  void PopFront() {
    --size_;
    if (++chunks_.front()->first == chunks_.front()->accepted) DropEmptyFront();
  }

  // Where the source may write more.  Requires: !HasArrived().  Never full.
  SegmentBatch& BatchToFill() {
    Chunk& back = *chunks_.back();
    // Segments that were taken out have left room.
    while (back.batch.size() > back.accepted) back.batch.DropLast();
    back.arrived = back.accepted;
    if (back.batch.full()) chunks_.push_back(NewChunk());
    return chunks_.back()->batch;
  }

  bool HasArrived() const { return chunks_.back()->arrived < chunks_.back()->batch.size(); }
  // Requires: HasArrived(), here and below.
  const Segment& arrived() const { return chunks_.back()->batch[chunks_.back()->arrived]; }
  void Accept() {
    Chunk& back = *chunks_.back();
    if (back.accepted != back.arrived) back.batch[back.accepted] = back.batch[back.arrived];
    ++back.accepted;
    ++back.arrived;
    ++size_;
  }
  void TakeOut() { ++chunks_.back()->arrived; }

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
  };

  std::unique_ptr<Chunk> NewChunk() {
    if (spare_.empty()) return std::make_unique<Chunk>();
    std::unique_ptr<Chunk> chunk = std::move(spare_.back());
    spare_.pop_back();
    return chunk;
  }

  void DropEmptyFront() {
    if (chunks_.size() > 1) {
      chunks_.front()->Reset();
      spare_.push_back(std::move(chunks_.front()));
      chunks_.pop_front();
    } else if (!HasArrived()) {  // what has arrived would be lost
      chunks_.front()->Reset();
    }
  }

  std::deque<std::unique_ptr<Chunk>> chunks_;
  std::vector<std::unique_ptr<Chunk>> spare_;
  size_t size_ = 0;
};

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_SEGMENT_QUEUE_H_
