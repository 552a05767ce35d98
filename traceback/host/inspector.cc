// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/inspector.h"

#include <netinet/tcp.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "traceback/host/descriptor_index.h"
#include "traceback/host/executable_hashes.h"
#include "traceback/host/host_facts.h"
#include "traceback/host/process_reader.h"
#include "traceback/host/sock_diag.h"
#include "traceback/host/socket_tables.h"
#include "traceback/host/walk.h"

namespace cairn::host {
namespace {

absl::Status NoSuchConnection() { return absl::NotFoundError("no such connection is open"); }

}  // namespace

class Inspector::Impl {
 public:
  Impl(const Options& options, SockDiag diag)
      : options_(options), diag_(std::move(diag)), hashes_(options.max_executable_bytes) {}

  absl::StatusOr<TcpConnection> Find(const Endpoint& local, const Endpoint& remote,
                                     bool any_local_address) {
    absl::StatusOr<InternetSocket> found = diag_.FindTcp(local, remote);
    // A socket that is bound to a device is found by its ports only.
    if (!found.ok()) found = FindByPorts(local, remote, any_local_address);
    if (!found.ok()) return found.status();
    // A connection that its processes have closed is the kernel's.
    if (found->inode == 0) return NoSuchConnection();
    TcpConnection connection = {.local = found->local,
                                .remote = found->remote,
                                .inode = found->inode,
                                .uid = found->uid,
                                .direction = found->direction};
    if (connection.direction == Direction::kUnknown && Listens(connection.local.port)) {
      connection.direction = Direction::kInbound;
    }
    return connection;
  }

  absl::StatusOr<Snapshot> Walk(const TcpConnection& connection, PacketTime now) {
    if (!proc_.is_open()) return absl::UnavailableError("/proc cannot be read; is it mounted?");
    hashes_.Begin();
    Snapshot snapshot;
    snapshot.time = now;
    snapshot.host = ReadHostFacts(proc_);
    // Descriptors before sockets: a connection made meanwhile is then of no process, not the other
    // way round.
    const DescriptorIndex index(proc_);
    SocketTables tables(proc_, diag_);
    ProcessReader reader(options_, proc_, hashes_, snapshot.host.boot_time);
    host::Walk walk(options_, proc_, reader, index, tables);
    walk.From(connection.inode, snapshot);
    if (snapshot.processes.empty()) return NoSuchConnection();
    std::set<std::string> users;
    for (Process& process : snapshot.processes) {
      users.insert({process.real_user, process.effective_user});
      if (process.login_uid.has_value()) users.insert(reader.NameOf(*process.login_uid));
      LeaveOut(process);
    }
    users.erase("");
    if (options_.keep_logins) snapshot.logins = ReadLogins(users);
    return snapshot;
  }

 private:
  absl::StatusOr<InternetSocket> FindByPorts(const Endpoint& local, const Endpoint& remote,
                                             bool any_local_address) {
    const absl::StatusOr<std::vector<InternetSocket>> sockets =
        diag_.Dump(SockDiag::Protocol::kTcp, local.port, remote.port);
    if (!sockets.ok()) return sockets.status();
    const InternetSocket* only = nullptr;
    for (const InternetSocket& socket : *sockets) {
      if (socket.remote != remote || socket.local.port != local.port || socket.inode == 0) continue;
      if (!any_local_address && socket.local != local) continue;
      if (only != nullptr) return NoSuchConnection();
      only = &socket;
    }
    if (only == nullptr) return NoSuchConnection();
    return *only;
  }

  bool Listens(uint16_t port) {
    const absl::StatusOr<std::vector<InternetSocket>> sockets =
        diag_.Dump(SockDiag::Protocol::kTcp, port);
    if (!sockets.ok()) return false;
    for (const InternetSocket& socket : *sockets) {
      if (socket.state == TCP_LISTEN && socket.local.port == port) return true;
    }
    return false;
  }

  // What was read for the walk's sake and is not to be kept.
  void LeaveOut(Process& process) const {
    if (options_.keep_executable) return;
    process.executable.clear();
    process.executable_device = 0;
    process.executable_inode = 0;
  }

  const Options options_;
  const ProcFolder proc_{"/proc"};
  SockDiag diag_;
  ExecutableHashes hashes_;
};

Inspector::Inspector(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Inspector::~Inspector() = default;

absl::StatusOr<std::unique_ptr<Inspector>> Inspector::Open(const Options& options) {
  absl::StatusOr<SockDiag> diag = SockDiag::Open();
  if (!diag.ok()) return diag.status();
  return std::unique_ptr<Inspector>(
      new Inspector(std::make_unique<Impl>(options, *std::move(diag))));
}

absl::StatusOr<TcpConnection> Inspector::Find(const Endpoint& local, const Endpoint& remote,
                                              bool any_local_address) {
  return impl_->Find(local, remote, any_local_address);
}

absl::StatusOr<Snapshot> Inspector::Walk(const TcpConnection& connection, PacketTime now) {
  return impl_->Walk(connection, now);
}

}  // namespace cairn::host
