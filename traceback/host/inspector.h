// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_INSPECTOR_H_
#define CAIRN_TRACEBACK_HOST_INSPECTOR_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"

#include "capture/address.h"
#include "capture/time.h"
#include "traceback/host/options.h"
#include "traceback/host/snapshot.h"

namespace cairn::host {

// A TCP connection of this host, as the kernel's table has it.
struct TcpConnection {
  Endpoint local;
  Endpoint remote;
  uint64_t inode = 0;
  uint32_t uid = 0;  // who opened the socket
  Direction direction = Direction::kUnknown;
};

// Answers who owns a connection of this host, by the kernel's socket tables (sock_diag) and /proc.
//
// Wants to run as root; without, it sees only what its user may.  Thread-compatible.  Sees the
// network namespace that it was made in, and, in walks, those of the processes that it meets.
class Inspector {
 public:
  // FailedPrecondition: the kernel has no socket diagnosis; the message says what to load.
  static absl::StatusOr<std::unique_ptr<Inspector>> Open(const Options& options);
  ~Inspector();

  // The connection with exactly these ends.  If there is none and `any_local_address`, the only one
  // with these ports and this remote address.  NotFound: none that is open (a closed one has no
  // owner).  Cost: one question to the kernel, tens of microseconds.
  absl::StatusOr<TcpConnection> Find(const Endpoint& local, const Endpoint& remote,
                                     bool any_local_address);

  // The processes that hold the connection, those that these came from, and the hosts before; at
  // `now`.  NotFound: no process holds it (any more).  What goes away during the walk is left out.
  // Cost: linear in the descriptors open on the host.
  absl::StatusOr<Snapshot> Walk(const TcpConnection& connection, PacketTime now);

 private:
  class Impl;
  explicit Inspector(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_INSPECTOR_H_
