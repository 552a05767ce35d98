// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_SINK_THREAD_H_
#define CAIRN_DETECTOR_STREAM_SINK_THREAD_H_

#include <array>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>

#include "detector/stream/event_batch.h"

namespace cairn::stream {

// Carries a stream over to another thread: what the sensor tells is taken there, in the same order,
// while the sensor goes on.
//
// Take() and Drain() are for one thread.  Memory: kBatches batches.  Take() waits while so many are
// on their way.
class SinkThread : public StreamSink {
 public:
  static constexpr size_t kBatches = 32;

  // `take` is called on the other thread, with one batch after the other.  It must not throw.
  explicit SinkThread(std::function<void(EventBatch&)> take);
  // Waits until all has been taken.
  ~SinkThread() override;
  SinkThread(const SinkThread&) = delete;
  SinkThread& operator=(const SinkThread&) = delete;

  void Take(EventBatch& batch) override;
  // Waits until all has been taken: what `take` did is done, and may be looked at until the next
  // Take().
  void Drain();

 private:
  void Run();

  const std::function<void(EventBatch&)> take_;
  std::mutex mutex_;  // guards what follows, but for the batches that are one side's at the time
  std::condition_variable filled_;
  std::condition_variable taken_;
  std::array<EventBatch, kBatches> batches_;
  size_t first_ = 0;    // the next to be taken
  size_t waiting_ = 0;  // from there on, the one that is being taken included
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace cairn::stream

#endif  // CAIRN_DETECTOR_STREAM_SINK_THREAD_H_
