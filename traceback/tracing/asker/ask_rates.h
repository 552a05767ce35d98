// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_ASKER_ASK_RATES_H_
#define CAIRN_TRACEBACK_TRACING_ASKER_ASK_RATES_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>

#include "base/address.h"

namespace cairn::tracing {

// How many questions went out within the last minute, to each host and to all.  Memory: the
// questions of a minute.  Thread-compatible.
class AskRates {
 public:
  using Clock = std::chrono::steady_clock;

  // Requires: both are at least 1.
  AskRates(uint32_t per_host, uint32_t in_all) : per_host_(per_host), in_all_(in_all) {}

  // When the host's next turn is; not after `now`: it may be asked.
  Clock::time_point NextTurn(const IpAddress& host, Clock::time_point now) {
    while (!starts_.empty() && starts_.front().first + kMinute <= now) {
      const auto of_host = starts_of_.find(starts_.front().second);
      of_host->second.pop_front();
      if (of_host->second.empty()) starts_of_.erase(of_host);
      starts_.pop_front();
    }
    Clock::time_point turn = now;
    if (starts_.size() >= in_all_) turn = starts_[starts_.size() - in_all_].first + kMinute;
    const auto of_host = starts_of_.find(host);
    if (of_host != starts_of_.end() && of_host->second.size() >= per_host_) {
      turn = std::max(turn, of_host->second[of_host->second.size() - per_host_] + kMinute);
    }
    return turn;
  }
  void Count(const IpAddress& host, Clock::time_point now) {
    starts_.emplace_back(now, host);
    starts_of_[host].push_back(now);
  }

 private:
  static constexpr std::chrono::minutes kMinute{1};

  const uint32_t per_host_;
  const uint32_t in_all_;
  std::deque<std::pair<Clock::time_point, IpAddress>> starts_;
  std::map<IpAddress, std::deque<Clock::time_point>> starts_of_;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_ASKER_ASK_RATES_H_
