// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/hop_ledger.h"

namespace cairn::daemon {

HopLedger::Key HopLedger::KeyOf(std::string_view token, const Target& target) {
  return {std::string(token), {target.local, target.remote}};
}

void HopLedger::Forget(Clock::time_point now) {
  while (!expiries_.empty() && (expiries_.front().time <= now || expiries_.size() > kMost)) {
    open_.erase(expiries_.front().key);
    expiries_.pop_front();
  }
}

void HopLedger::HandOut(std::string_view token, const Target& target, Clock::time_point now) {
  Key key = KeyOf(token, target);
  if (!open_.insert(key).second) return;
  expiries_.push_back({now + kWindow, std::move(key)});
  Forget(now);
}

bool HopLedger::Take(std::string_view token, const Target& target, Clock::time_point now) {
  Forget(now);
  return open_.erase(KeyOf(token, target)) > 0;
}

}  // namespace cairn::daemon
