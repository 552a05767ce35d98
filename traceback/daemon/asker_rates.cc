// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/asker_rates.h"

#include <algorithm>

#include "traceback/stop/asker_network.h"

namespace cairn::daemon {

bool AskerRates::Allow(const IpAddress& asker, Clock::time_point now) {
  Asker& known = *Find(stop::AskerNetwork(asker), now);
  const std::chrono::duration<double> since = now - known.seen;
  const double most = limits_.max_requests_per_asker_minute;
  known.left = std::min(most, known.left + since.count() * most / 60);
  known.seen = now;
  if (known.left < 1) return false;
  known.left -= 1;
  return true;
}

std::list<AskerRates::Asker>::iterator AskerRates::Find(const IpAddress& network,
                                                        Clock::time_point now) {
  if (const auto found = askers_.find(network); found != askers_.end()) {
    by_silence_.splice(by_silence_.begin(), by_silence_, found->second);
    return found->second;
  }
  if (askers_.size() >= limits_.max_askers) {
    askers_.erase(by_silence_.back().network);
    by_silence_.pop_back();
    ++forgotten_;
  }
  by_silence_.push_front({.network = network,
                          .left = static_cast<double>(limits_.max_requests_per_asker_minute),
                          .seen = now});
  askers_[network] = by_silence_.begin();
  return by_silence_.begin();
}

}  // namespace cairn::daemon
