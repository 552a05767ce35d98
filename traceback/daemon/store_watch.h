// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_STORE_WATCH_H_
#define CAIRN_TRACEBACK_DAEMON_STORE_WATCH_H_

#include <cstdint>

#include "base/time.h"
#include "traceback/tokens/token_store.h"

namespace cairn::daemon {

// Logs what should be known outside of the store: the head of its journal, by which later changes
// are found wherever the log is forwarded to, and that the reserve is in use.  Thread-compatible.
class StoreWatch {
 public:
  // Requires: `store` outlives this.
  StoreWatch(const tokens::TokenStore& store, PacketDelta interval)
      : store_(store), interval_(interval) {}

  // To be called about once a second: logs the head at the first call, after so many lines, and
  // after the interval, if it has moved.
  void Look(PacketTime now);
  // The head as it is.
  void LogHead(PacketTime now);

 private:
  static constexpr uint64_t kMostLines = 1000;

  const tokens::TokenStore& store_;
  const PacketDelta interval_;
  PacketTime logged_ = PacketTime::InfinitePast();
  uint64_t count_ = 0;  // of the head that was logged
  uint64_t reserve_given_ = 0;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_STORE_WATCH_H_
