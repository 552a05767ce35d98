// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_HOP_LEDGER_H_
#define CAIRN_TRACEBACK_DAEMON_HOP_LEDGER_H_

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"

#include "traceback/daemon/channel.h"

namespace cairn::daemon {

// Which previous hosts the monitor gave out to be asked, for which token.  An answer counts only
// for one of these, and once: the process that asks them might be subverted, and could otherwise
// write into any record what it likes.
//
// Holds kMost pairs, each for kWindow; of too many the oldest is forgotten.  Thread-compatible.
// Constant time.
class HopLedger {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t kMost = 16384;
  static constexpr std::chrono::hours kWindow{2};  // a host may have to wait long for its turn

  void HandOut(std::string_view token, const Target& target, Clock::time_point now);
  // Whether that was given out, and not taken since.
  bool Take(std::string_view token, const Target& target, Clock::time_point now);
  size_t size() const { return open_.size(); }

 private:
  using Key = std::pair<std::string, std::pair<Endpoint, Endpoint>>;
  struct Expiry {
    Clock::time_point time;
    Key key;
  };
  static Key KeyOf(std::string_view token, const Target& target);
  void Forget(Clock::time_point now);

  absl::flat_hash_set<Key> open_;
  std::deque<Expiry> expiries_;  // oldest first; also of what was taken
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_HOP_LEDGER_H_
