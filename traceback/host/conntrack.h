// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_CONNTRACK_H_
#define CAIRN_TRACEBACK_HOST_CONNTRACK_H_

#include <optional>

#include "absl/status/statusor.h"

#include "base/address.h"
#include "traceback/host/netlink.h"

namespace cairn::host {

// Packets of a TCP connection in one direction.
struct PacketEnds {
  Endpoint from;
  Endpoint to;
  bool operator==(const PacketEnds&) const = default;
};

// The connections that pass through this host's firewall, by which it translates addresses (the
// kernel's connection tracking).  Thread-compatible.  Wants CAP_NET_ADMIN.
class Conntrack {
 public:
  // In the namespace of this process.  FailedPrecondition: it tracks none.
  static absl::StatusOr<Conntrack> Open();

  // The packets that answer those from `ends.from` to `ends.to`, as they leave whoever answers.
  // Without translation these go from `ends.to` to `ends.from`.  Unset: no such connection.
  // Cost: one question to the kernel, which looks it up in a hash table.
  std::optional<PacketEnds> AnswersTo(const PacketEnds& ends);

 private:
  explicit Conntrack(Netlink netlink) : netlink_(std::move(netlink)) {}
  Netlink netlink_;
};

// Both directions of a connection, from the body of a message of the kernel.
struct TrackedConnection {
  PacketEnds original;
  PacketEnds reply;
};
std::optional<TrackedConnection> ParseTrackedConnection(NetlinkBytes body);

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_CONNTRACK_H_
