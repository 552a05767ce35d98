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
#include <utility>
#include <vector>

#include "traceback/requester/exchange.h"
#include "traceback/requester/options.h"

namespace cairn::requester {

// Requests that wait or are under way, for an event loop of the caller's: it polls the descriptors,
// and nothing here blocks.  Bounded by Options: requests under way and all together, in total and
// to each host, and by host and minute; hosts asked within a minute by kMostStarts.  Whatever was
// taken has exactly one outcome: a request that is to be tried again keeps its place.
// Thread-compatible.
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

  // Connections begun in a minute, to all hosts together.
  static constexpr size_t kMostStarts = 65536;

  // False: max_queued wait or are under way already, or max_queued_per_host to that host.
  bool Submit(const Ask& ask);
  // Connects to as many of the hosts whose turn it is as may be asked at once.
  void Start(Clock::time_point now);
  // The requests under way, in the order in which Step() expects them.
  void AppendPolled(std::vector<pollfd>& polled) const;
  // Goes on with what poll() reports ready or whose time is over.
  void Step(Clock::time_point now, std::span<const pollfd> polled);
  // When Start() or Step() has something to do although no descriptor is ready; unset: never.
  std::optional<Clock::time_point> NextDeadline() const;
  // What has ended since the last call, in the order of its end.
  std::vector<Outcome> Take();

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

  std::optional<Clock::time_point> NextTurnOf(const IpAddress& host) const;
  void ForgetOldStarts(Clock::time_point now);
  bool IsBusy(const IpAddress& host) const;
  void Leave(std::map<IpAddress, uint32_t>& counts, const IpAddress& host);
  void Retire(UnderWay& done, Clock::time_point now);

  Options options_;
  std::deque<Waiting> waiting_;
  std::vector<UnderWay> under_way_;
  std::vector<Outcome> outcomes_;
  // By host, or IPv6 network of 64 bits: what waits or is under way, and what is under way.
  std::map<IpAddress, uint32_t> queued_of_;
  std::map<IpAddress, uint32_t> under_way_of_;
  // Of the last minute: when and whom, in this order, and by host.
  std::deque<std::pair<Clock::time_point, IpAddress>> starts_;
  std::map<IpAddress, std::deque<Clock::time_point>> starts_of_;
};

}  // namespace cairn::requester

#endif  // CAIRN_TRACEBACK_REQUESTER_REQUEST_QUEUE_H_
