// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_ASKER_RATES_H_
#define CAIRN_TRACEBACK_DAEMON_ASKER_RATES_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>

#include "absl/container/flat_hash_map.h"

#include "base/address.h"
#include "traceback/daemon/options.h"

namespace cairn::daemon {

// How many requests each asker (stop::AskerNetwork) may still make: so many a minute, all at once
// if they like.
//
// Remembers max_askers; the one that was silent longest is forgotten.  Thread-compatible.  Constant
// time a request.
class AskerRates {
 public:
  using Clock = std::chrono::steady_clock;

  explicit AskerRates(const Limits& limits) : limits_(limits) {}

  // Takes one request off; false: there is none left.
  bool Allow(const IpAddress& asker, Clock::time_point now);
  uint64_t forgotten() const { return forgotten_; }
  size_t size() const { return askers_.size(); }

 private:
  struct Asker {
    IpAddress network;
    double left = 0;  // requests
    Clock::time_point seen;
  };
  std::list<Asker>::iterator Find(const IpAddress& network, Clock::time_point now);

  Limits limits_;
  std::list<Asker> by_silence_;  // the latest first
  absl::flat_hash_map<IpAddress, std::list<Asker>::iterator> askers_;
  uint64_t forgotten_ = 0;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_ASKER_RATES_H_
