// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_INSPECTOR_H_
#define CAIRN_TRACEBACK_HOST_INSPECTOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"

#include "base/address.h"
#include "base/time.h"
#include "traceback/host/deadline.h"
#include "traceback/host/executable_hashes.h"
#include "traceback/host/options.h"
#include "traceback/host/snapshot.h"

namespace cairn::host {

// A TCP connection of this host.
struct TcpConnection {
  // As the other host has them: of a connection that this host translates (a container's), the
  // owner's socket has others.
  Endpoint local;
  Endpoint remote;
  uint64_t inode = 0;
  uint32_t uid = 0;  // who opened the socket
  Direction direction = Direction::kUnknown;
};

// Answers who owns a connection of this host, by the kernel's socket tables (sock_diag) and /proc.
//
// Wants to run as root; without, it sees only what its user may.  Thread-compatible, and only for a
// process of one thread.  Sees the network namespace that it was made in, those of containers that
// the system runs, and, in walks, those of the processes that it meets (socket_tables.h).
class Inspector {
 public:
  // FailedPrecondition: the kernel has no socket diagnosis; the message says what to load.
  static absl::StatusOr<std::unique_ptr<Inspector>> Open(const Options& options);
  ~Inspector();

  // One for a child process: with sockets and files of its own, and what this one has learned.
  absl::StatusOr<std::unique_ptr<Inspector>> Anew() const;
  // Descriptors that Anew() needs in the child.
  std::vector<int> SharedDescriptors() const;

  // The connection with exactly these ends.  If there is none and `any_local_address`, the only one
  // with these ports and this remote address.  Also one of a container that the system runs: by the
  // container's address, or as this host translates it.  What this host translates or forwards for
  // other machines is none of its own.  NotFound: none that is open (a closed one has no owner).
  // Cost: one question to the kernel, tens of microseconds; a few more if there is none.  If then
  // `local` is a container's, or `any_local_address`, one for each process and a few for each
  // container.
  absl::StatusOr<TcpConnection> Find(const Endpoint& local, const Endpoint& remote,
                                     bool any_local_address);

  // The processes that hold the connection, those that these came from, and the hosts before; at
  // `now`.  NotFound: no process holds it (any more).  What goes away during the walk is left out.
  // Cost: linear in the descriptors open on the host.
  absl::StatusOr<Snapshot> Walk(const TcpConnection& connection, PacketTime now);

  // The same in two steps, so that several walks share the first: a look at all descriptors and
  // sockets of the host.  A walk ends early at `deadline`; its snapshot then says so.
  // Unavailable: /proc cannot be read.
  absl::Status Look(PacketTime now, const Deadline& deadline = {});
  // Requires: Look().
  absl::StatusOr<Snapshot> WalkFromLook(const TcpConnection& connection,
                                        const Deadline& deadline = {});
  // Adds to a snapshot of `asked` from this look which other connections that its users opened, to
  // other hosts, are driven by which one from a host (Snapshot::links): if a session passes this
  // host again, that need not be asked for.  At most `most` connections are walked from, those to
  // the session's previous hosts first, and none after `deadline`; the memory of processes is left
  // alone.  Requires: Look().  Cost: linear in the host's sockets, and about 0.1 ms for each walk.
  void AddLinks(Snapshot& snapshot, const TcpConnection& asked, size_t most,
                const Deadline& deadline = {});
  // Only the processes that hold the connection, at most 16 of them, and without a look into their
  // memory: what a walk that is ended from outside leaves.  Requires: Look().
  Snapshot Owners(const TcpConnection& connection, const Deadline& deadline = {});
  // From now on, until the next look, walks leave the memory of processes alone
  // (ProcessReader::set_reads_memory).  Requires: Look().
  void LeaveMemory();
  // What every snapshot from that look begins with: time and host.  Requires: Look().
  const Snapshot& Seen() const;

  // Hashes of programs that walks have computed since the last call, and those of another
  // inspector that need not be computed again.
  std::vector<ExecutableHashes::Known> TakeLearned();
  void Learn(const std::vector<ExecutableHashes::Known>& known);

 private:
  class Impl;
  explicit Inspector(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_INSPECTOR_H_
