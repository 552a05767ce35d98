// SPDX-License-Identifier: BSD-3-Clause
#include "detector/stream/sink_thread.h"

#include <utility>

namespace cairn::stream {

SinkThread::SinkThread(std::function<void(EventBatch&)> take)
    : take_(std::move(take)), thread_([this] { Run(); }) {}

SinkThread::~SinkThread() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  filled_.notify_one();
  thread_.join();
}

// Batches change places, so that each keeps the memory that it has grown to.
void SinkThread::Take(EventBatch& batch) {
  std::unique_lock lock(mutex_);
  taken_.wait(lock, [this] { return waiting_ < kBatches; });
  std::swap(batches_[(first_ + waiting_) % kBatches], batch);
  ++waiting_;
  lock.unlock();
  filled_.notify_one();
  batch.Clear();
}

void SinkThread::Drain() {
  std::unique_lock lock(mutex_);
  taken_.wait(lock, [this] { return waiting_ == 0; });
}

void SinkThread::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    filled_.wait(lock, [this] { return waiting_ > 0 || ends_; });
    if (waiting_ == 0) return;
    EventBatch& batch = batches_[first_];
    lock.unlock();
    take_(batch);
    lock.lock();
    first_ = (first_ + 1) % kBatches;
    --waiting_;
    taken_.notify_one();
  }
}

}  // namespace cairn::stream
