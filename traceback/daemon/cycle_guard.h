// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_CYCLE_GUARD_H_
#define CAIRN_TRACEBACK_DAEMON_CYCLE_GUARD_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

#include "base/address.h"
#include "base/time.h"
#include "traceback/daemon/options.h"
#include "traceback/stop/message.h"

namespace cairn::daemon {

// Recognises recursive requests that come again, so that hosts in a ring do not ask each other for
// ever (Carrier & Shields, sections III-B and III-D).
//
// Holds at most max_remembered requests, each for the cycle window; when there is no room a request
// must not be asked on, rather than another one forgotten too early.  One asker
// (stop::AskerNetwork) may fill a quarter; if some askers are trusted, a quarter is for these.
// Thread-compatible.  Constant time a request.
class CycleGuard {
 public:
  using Clock = std::chrono::steady_clock;

  explicit CycleGuard(const Recursion& options, PrefixSet trusted = {})
      : options_(options), trusted_(std::move(trusted)) {}

  enum class Verdict : uint8_t { kNew, kSeen, kFull };
  // Requires: the request's type is recursive; `now` never goes back.
  Verdict Observe(const IpAddress& asker, const stop::Request& request, Clock::time_point now);
  size_t size() const { return seen_.size(); }

 private:
  // Ports are zero where the session alone counts.
  struct Key {
    IpAddress asker;
    uint32_t session_id = 0;
    uint32_t local_port = 0;
    uint32_t remote_port = 0;

    bool operator==(const Key&) const = default;
    template <typename State>
    friend State AbslHashValue(State state, const Key& key) {
      return State::combine(std::move(state), key.asker, key.session_id, key.local_port,
                            key.remote_port);
    }
  };
  struct Expiry {
    Clock::time_point time;
    Key key;
    IpAddress network;  // of the asker
  };
  bool HasRoom(const IpAddress& asker, const IpAddress& network) const;
  void Forget(Clock::time_point now);

  Recursion options_;
  PrefixSet trusted_;
  absl::flat_hash_map<IpAddress, size_t> seen_of_;  // by network
  absl::flat_hash_set<Key> seen_;
  std::deque<Expiry> expiries_;  // oldest first
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_CYCLE_GUARD_H_
