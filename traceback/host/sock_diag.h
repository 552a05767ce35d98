// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_SOCK_DIAG_H_
#define CAIRN_TRACEBACK_HOST_SOCK_DIAG_H_

#include <linux/sock_diag.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "capture/address.h"
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
};

struct UnixSocket {
  uint64_t inode = 0;
  uint64_t peer = 0;  // inode of the other end; 0: none
  std::string name;   // empty: none; "@" begins an abstract one
  bool listens = false;
};

// "ESTABLISHED", "LISTEN", ...; a number for what is not known.
std::string TcpStateName(uint8_t state);

// What one message of the kernel's answer says; unset: it is too short, or of another family.
std::optional<InternetSocket> ParseInternetSocket(std::span<const std::byte> message);
std::optional<UnixSocket> ParseUnixSocket(std::span<const std::byte> message);

// Asks the kernel for its sockets (sock_diag(7)), in the network namespace that it was opened in.
// Thread-compatible.
class SockDiag {
 public:
  enum class Protocol : uint8_t { kTcp, kUdp };

  // FailedPrecondition: the kernel has no socket diagnosis.
  static absl::StatusOr<SockDiag> Open();
  ~SockDiag();
  SockDiag(SockDiag&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  SockDiag& operator=(SockDiag&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }

  // The connection with exactly these ends.  NotFound: there is none.
  absl::StatusOr<InternetSocket> FindTcp(const Endpoint& local, const Endpoint& remote);
  // All sockets; a port that is not 0 must be theirs.
  absl::StatusOr<std::vector<InternetSocket>> Dump(Protocol protocol, uint16_t local_port = 0,
                                                   uint16_t remote_port = 0);
  absl::StatusOr<std::vector<UnixSocket>> DumpUnix();

 private:
  explicit SockDiag(int descriptor) : descriptor_(descriptor) {}
  absl::Status Send(std::span<const std::byte> request, uint16_t flags,
                    uint16_t type = SOCK_DIAG_BY_FAMILY);
  // Calls `take` with each message of the answer.
  absl::Status Receive(const std::function<void(std::span<const std::byte>)>& take);

  int descriptor_ = -1;
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_SOCK_DIAG_H_
