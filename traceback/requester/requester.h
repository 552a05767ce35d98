// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_REQUESTER_REQUESTER_H_
#define CAIRN_TRACEBACK_REQUESTER_REQUESTER_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "traceback/requester/exchange.h"
#include "traceback/requester/options.h"
#include "traceback/requester/request_queue.h"

// Asks hosts by the Session TOken Protocol, beside whatever else goes on.
namespace cairn::requester {

// What was asked.  Only grows.
struct Counters {
  uint64_t submitted = 0;
  uint64_t refused = 0;  // for want of room in the queue
  uint64_t answered = 0;
  uint64_t failed = 0;
};

// Sends requests from a thread of its own, and keeps the outcomes until they are taken.  Submitting
// never blocks.  Bounded by Options: requests under way, all together, and by host and minute;
// outcomes that were not taken yet count, too.  Every accepted request has exactly one outcome.  If
// no descriptor is available to wake the thread, it looks for requests ten times a second.
// Thread-safe.
class Requester {
 public:
  explicit Requester(const Options& options);
  // Gives up what is under way.
  ~Requester();
  Requester(const Requester&) = delete;
  Requester& operator=(const Requester&) = delete;

  // False: there is no room; counted.
  bool Submit(const Ask& ask);
  // What has ended since the last call, in the order of its end.
  std::vector<Outcome> Take();
  // Waits until all that was submitted has ended; false: not until then.
  bool WaitUntil(std::chrono::steady_clock::time_point deadline);
  Counters counters() const;

 private:
  void Run();
  void Publish();
  void Refuse(const Ask& ask);
  void Wake() const;

  const Options options_;
  UniqueFd wake_;  // an eventfd; -1: there was none
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  std::vector<Ask> submitted_;  // not seen by the thread yet
  std::vector<Outcome> outcomes_;
  Counters counters_;
  uint64_t unfinished_ = 0;
  bool stop_ = false;
  RequestQueue queue_;  // of the thread alone
  std::thread thread_;
};

}  // namespace cairn::requester

#endif  // CAIRN_TRACEBACK_REQUESTER_REQUESTER_H_
