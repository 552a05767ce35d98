// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_HELD_REPLIES_H_
#define CAIRN_TRACEBACK_DAEMON_HELD_REPLIES_H_

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "base/time.h"

namespace cairn::daemon {

// Replies that are ready, and not sent yet: each leaves a fixed time after its request came, or, if
// that has passed, twice that time after it, and so on.  So the time of a reply does not tell what
// it took to make it.
//
// Bounded by who adds.  Thread-compatible.
template <typename Reply>
class HeldReplies {
 public:
  using Clock = std::chrono::steady_clock;

  // `least` zero: each leaves at once.
  explicit HeldReplies(PacketDelta least) : least_(least.ToNanoseconds()) {}

  // When a reply leaves that is ready `now`, to a request that came at `came`.
  Clock::time_point LeavesAt(Clock::time_point came, Clock::time_point now) const {
    if (least_ <= std::chrono::nanoseconds::zero()) return now;
    const std::chrono::nanoseconds since = now - came;
    const auto times =
        std::max<int64_t>(1, (since + least_ - std::chrono::nanoseconds(1)) / least_);
    return came + times * least_;
  }
  void Add(Reply reply, Clock::time_point came, Clock::time_point now) {
    held_.emplace(LeavesAt(came, now), std::move(reply));
  }

  // When the next one leaves; unset: there is none.
  std::optional<Clock::time_point> Next() const {
    if (held_.empty()) return std::nullopt;
    return held_.begin()->first;
  }
  // One that leaves by `now`.
  std::optional<Reply> Take(Clock::time_point now) {
    if (held_.empty() || held_.begin()->first > now) return std::nullopt;
    auto first = held_.extract(held_.begin());
    return std::move(first.mapped());
  }
  // One that `wanted` wants, before its time.
  template <typename Wanted>
  std::optional<Reply> TakeIf(Wanted wanted) {
    const auto found = std::find_if(held_.begin(), held_.end(),
                                    [&wanted](auto& each) { return wanted(each.second); });
    if (found == held_.end()) return std::nullopt;
    auto taken = held_.extract(found);
    return std::move(taken.mapped());
  }
  size_t size() const { return held_.size(); }

 private:
  const std::chrono::nanoseconds least_;
  std::multimap<Clock::time_point, Reply> held_;  // by when they leave
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_HELD_REPLIES_H_
