// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/store_watch.h"

#include <utility>

#include "fmt/format.h"

#include "traceback/daemon/log.h"

namespace cairn::daemon {

void StoreWatch::Look(PacketTime now) {
  const uint64_t given = store_.counters().reserve_given;
  if (given != std::exchange(reserve_given_, given)) {
    Log(Level::kWarning,
        "the disk of the store is full: its reserve is in use (store.reserve); free some space");
  }
  const uint64_t count = store_.head().count;
  if (count == count_) return;
  const bool is_due =
      interval_ > PacketDelta::Zero() && (now - logged_ >= interval_ || now < logged_);
  if (!logged_.IsSet() || count - count_ >= kMostLines || is_due) LogHead(now);
}

void StoreWatch::LogHead(PacketTime now) {
  const tokens::ChainHead head = store_.head();
  logged_ = now;
  count_ = head.count;
  if (count_ > 0) Log(Level::kInfo, fmt::format("journal head {}", tokens::ChainHeadText(head)));
}

}  // namespace cairn::daemon
