// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_OWN_ADDRESSES_H_
#define CAIRN_TRACEBACK_DAEMON_OWN_ADDRESSES_H_

#include <chrono>
#include <cstddef>
#include <vector>

#include "base/address.h"

namespace cairn::daemon {

// Every address of this host's interfaces, sorted, without repetition; at most kMostRead.  Empty if
// the kernel does not say.
std::vector<IpAddress> ReadOwnAddresses();
inline constexpr size_t kMostRead = 65536;

// Keeps stop::AskerNetwork() up to date.  Thread-compatible.
class OwnAddresses {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kInterval{10};

  // Looks at most once in kInterval; true: they have changed.  Cost: one question to the kernel.
  bool Refresh(Clock::time_point now);
  const std::vector<IpAddress>& addresses() const { return addresses_; }

 private:
  std::vector<IpAddress> addresses_;
  Clock::time_point next_look_ = Clock::time_point::min();
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_OWN_ADDRESSES_H_
