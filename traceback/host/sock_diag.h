// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_SOCK_DIAG_H_
#define CAIRN_TRACEBACK_HOST_SOCK_DIAG_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/address.h"
#include "traceback/host/netlink.h"
#include "traceback/host/snapshot.h"

namespace cairn::host {

// A TCP or UDP socket of this host.
struct InternetSocket {
  Endpoint local;
  Endpoint remote;  // all zero: none
  uint64_t inode = 0;
  uint32_t uid = 0;
  uint8_t state = 0;                          // TCP_ESTABLISHED, ... of linux/tcp.h
  Direction direction = Direction::kUnknown;  // as the counters of TCP tell it
  uint32_t multipath_token = 0;               // mptcp.h; 0: none
};

struct UnixSocket {
  uint64_t inode = 0;
  uint64_t peer = 0;  // inode of the other end; 0: none
  std::string name;   // empty: none; "@" begins an abstract one
  bool listens = false;
  bool is_datagram = false;
};

// "ESTABLISHED", "LISTEN", ...; a number for what is not known.
std::string TcpStateName(uint8_t state);

// What one message of the kernel's answer says; unset: it is too short, or of another family.
std::optional<InternetSocket> ParseInternetSocket(NetlinkBytes message, bool is_multipath = false);
std::optional<UnixSocket> ParseUnixSocket(NetlinkBytes message);

// Asks the kernel for its sockets (sock_diag(7)), in the network namespace that it was opened in.
// Thread-compatible.
class SockDiag {
 public:
  enum class Protocol : uint8_t { kTcp, kUdp };

  // FailedPrecondition: the kernel has no socket diagnosis.
  static absl::StatusOr<SockDiag> Open();
  // `netlink`: of NETLINK_SOCK_DIAG.
  explicit SockDiag(Netlink netlink) : netlink_(std::move(netlink)) {}

  // The connection with exactly these ends.  NotFound: there is none.
  absl::StatusOr<InternetSocket> FindTcp(const Endpoint& local, const Endpoint& remote);
  // Adds all sockets; a port that is not 0 must be theirs.  After a fault some may be missing: then
  // those that were added are there all the same.
  absl::Status Dump(Protocol protocol, std::vector<InternetSocket>& sockets,
                    uint16_t local_port = 0, uint16_t remote_port = 0);
  absl::Status DumpUnix(std::vector<UnixSocket>& sockets);

 private:
  absl::Status DumpTcp(std::vector<InternetSocket>& sockets, uint16_t local_port,
                       uint16_t remote_port);
  absl::Status DumpUdp(std::vector<InternetSocket>& sockets, uint16_t local_port,
                       uint16_t remote_port);
  void AddOwnersOfPaths(std::vector<InternetSocket>& sockets);

  Netlink netlink_;
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_SOCK_DIAG_H_
