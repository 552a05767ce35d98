// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_REQUESTER_REQUEST_QUEUE_H_
#define CAIRN_TRACEBACK_REQUESTER_REQUEST_QUEUE_H_

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "traceback/requester/exchange.h"
#include "traceback/requester/options.h"

namespace cairn::requester {

// Requests that wait or are under way, for an event loop of the caller's: it polls the descriptors,
// and nothing here blocks.  Bounded by Options: requests under way, waiting, and by host and
// minute.  Thread-compatible.
//
//   while (...) {
//     queue.Start(now);
//     const size_t first = polled.size();
//     queue.AppendPolled(polled);
//     poll(polled, until queue.NextDeadline());
//     queue.Step(now, span(polled).subspan(first));
//   }
class RequestQueue {
 public:
  using Clock = Exchange::Clock;

  explicit RequestQueue(const Options& options) : options_(options) {}

  // False: max_queued wait already.
  bool Submit(const Ask& ask);
  // Connects to as many of the hosts whose turn it is as may be asked at once.
  void Start(Clock::time_point now);
  // What is under way, in the order in which Step() wants it back.
  void AppendPolled(std::vector<pollfd>& polled) const;
  // Goes on with what poll() reports ready or whose time is over.
  void Step(Clock::time_point now, std::span<const pollfd> polled);
  // When Start() or Step() has something to do although no descriptor is ready; unset: never.
  std::optional<Clock::time_point> NextDeadline() const;
  // What has ended since the last call, in the order of its end.
  std::vector<Outcome> Take();

  size_t waiting() const { return waiting_.size(); }
  bool idle() const { return waiting_.empty() && under_way_.empty(); }

 private:
  struct Waiting {
    Ask ask;
    uint32_t attempts = 0;
    Clock::time_point not_before;
  };
  struct UnderWay {
    Exchange exchange;
    uint32_t attempts;
  };

  bool MayAsk(const IpAddress& host);
  void ForgetOldStarts(Clock::time_point now);
  void Retire(UnderWay& done, Clock::time_point now);

  Options options_;
  std::deque<Waiting> waiting_;
  std::vector<UnderWay> under_way_;
  std::vector<Outcome> outcomes_;
  std::map<IpAddress, std::deque<Clock::time_point>> starts_;  // within the last minute
};

}  // namespace cairn::requester

#endif  // CAIRN_TRACEBACK_REQUESTER_REQUEST_QUEUE_H_
