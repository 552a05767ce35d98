// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_ASKER_PROOF_H_
#define CAIRN_TRACEBACK_DAEMON_ASKER_PROOF_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

#include "base/address.h"
#include "traceback/daemon/asker_rates.h"
#include "traceback/host/sock_diag.h"

namespace cairn::daemon {

// The kernel's word on who is connected with the process that talks to the network: that process
// might be subverted, and could otherwise claim any requester.  Thread-compatible.
class AskerProof {
 public:
  // Of the listening sockets; their connections belong to user `uid` once they are accepted.
  // FailedPrecondition: the kernel has no socket diagnosis.
  static absl::StatusOr<AskerProof> Open(const std::vector<int>& listeners, uid_t uid);

  using Clock = std::chrono::steady_clock;
  // Connections looked for among all in a minute, because there was no exact answer.
  static constexpr uint32_t kMostSearches = 300;

  // Whether a connection of `asker` with `here` at one of the ports is open, and was accepted by
  // that user.  Cost: one question to the kernel for each port; a search goes through all
  // connections of the host.
  bool IsConnected(const Endpoint& asker, const IpAddress& here, Clock::time_point now);

 private:
  AskerProof(host::SockDiag diag, std::vector<uint16_t> ports, uid_t uid);
  bool IsOurs(const host::InternetSocket& socket) const;
  bool IsFound(const Endpoint& here, const Endpoint& asker);
  bool IsFoundBySearch(const Endpoint& here, const Endpoint& asker);

  host::SockDiag diag_;
  std::vector<uint16_t> ports_;  // without repetition
  uid_t uid_;
  AskerRates searches_;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_ASKER_PROOF_H_
