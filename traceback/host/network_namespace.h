// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_NETWORK_NAMESPACE_H_
#define CAIRN_TRACEBACK_HOST_NETWORK_NAMESPACE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "base/unique_fd.h"
#include "traceback/host/deadline.h"
#include "traceback/host/netlink.h"
#include "traceback/host/proc_folder.h"

namespace cairn::host {

// A network namespace, held open.  Thread-compatible, and only for a process of one thread: to ask
// in another namespace it has to enter it for a moment.
class NetworkNamespace {
 public:
  // `path`: relative to `proc`, or from the root.
  static absl::StatusOr<NetworkNamespace> Open(const ProcFolder& proc, const std::string& path);
  // Of a socket of another process, or thread with descriptors of its own; `inode` is the socket's.
  // NotFound: the descriptor is another one by now.  PermissionDenied: the kernel does not tell
  // (before 5.6, or without CAP_SYS_PTRACE and CAP_NET_ADMIN).
  static absl::StatusOr<NetworkNamespace> OfSocket(uint32_t thread, uint32_t descriptor,
                                                   uint64_t inode);
  // Likewise that of the network device behind a descriptor of /dev/net/tun: what its packets come
  // from.  NotFound: it is no such descriptor.
  static absl::StatusOr<NetworkNamespace> OfTunnel(uint32_t thread, uint32_t descriptor);

  int descriptor() const { return descriptor_.get(); }
  uint64_t number() const { return number_; }

  // Who made it, and so may give it any address and any connection: the owner of the user namespace
  // that it belongs to.  Unset: the system, which is this process's own user namespace and those
  // that user 0 made in it.  Of user namespaces inside of one another it is the outermost that
  // counts.  Cost: about three system calls for each level, of which the kernel allows 32.
  std::optional<uint32_t> MadeBy() const;

  // Whether it belongs to this process's own user namespace.  If not, somebody who is root inside
  // of a container only may be root there.
  bool IsOfOwnUsers() const;

  // A socket of this process that asks there.
  absl::StatusOr<Netlink> OpenNetlink(int protocol) const;

 private:
  explicit NetworkNamespace(UniqueFd descriptor);
  UniqueFd descriptor_;
  uint64_t number_ = 0;
};

// A maker that is not known: nobody of the system's.
inline constexpr uint32_t kUnknownMaker = 65534;

// The number of the namespace that this process is in; 0: not known.
uint64_t OwnNetworkNamespace();

// A namespace, and by which path it can be opened.
struct NoticedNamespace {
  uint64_t number = 0;
  std::string path;
};
// All that a process is in, or that has a name (ip-netns(8)), each once, but the own one.  At most
// kMostNoticed, and those that are met before `deadline`.  Cost: one system call for each process.
inline constexpr size_t kMostNoticed = 65536;
std::vector<NoticedNamespace> NoticeNamespaces(const ProcFolder& proc,
                                               const Deadline& deadline = {});

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_NETWORK_NAMESPACE_H_
