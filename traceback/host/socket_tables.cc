// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/socket_tables.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fmt/format.h"

namespace cairn::host {
namespace {

template <typename Socket>
std::vector<Socket> OrNone(absl::StatusOr<std::vector<Socket>> sockets) {
  return sockets.ok() ? *std::move(sockets) : std::vector<Socket>();
}

template <typename Socket>
void IndexByInode(const std::vector<Socket>& sockets,
                  absl::flat_hash_map<uint64_t, size_t>& index) {
  for (size_t i = 0; i < sockets.size(); ++i) {
    if (sockets[i].inode != 0) index[sockets[i].inode] = i;
  }
}

template <typename Socket>
const Socket* Find(const std::vector<Socket>& sockets,
                   const absl::flat_hash_map<uint64_t, size_t>& index, uint64_t inode) {
  const auto found = index.find(inode);
  return found == index.end() ? nullptr : &sockets[found->second];
}

bool IsLoopback(const IpAddress& ip) {
  constexpr uint32_t kLoopbackNetwork = 127;
  if (ip.IsV4()) return (ip.low() >> 24 & 0xff) == kLoopbackNetwork;
  return ip == IpAddress::FromWords(0, 1);
}

// A socket that asks in the namespace behind an open /proc/PID/ns/net.
absl::StatusOr<SockDiag> OpenInside(int other) {
  const int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (own < 0 || setns(other, CLONE_NEWNET) != 0) {
    if (own >= 0) close(own);
    return absl::PermissionDeniedError("another network namespace may not be entered");
  }
  absl::StatusOr<SockDiag> diag = SockDiag::Open();
  // Back: this cannot fail, because the namespace is held open and was left just now.
  const bool is_back = setns(own, CLONE_NEWNET) == 0;
  close(own);
  if (!is_back) return absl::InternalError("cannot go back to the own network namespace");
  return diag;
}

}  // namespace

SocketTable::SocketTable(SockDiag& diag)
    : tcp_(OrNone(diag.Dump(SockDiag::Protocol::kTcp))),
      udp_(OrNone(diag.Dump(SockDiag::Protocol::kUdp))),
      unix_(OrNone(diag.DumpUnix())) {
  IndexByInode(tcp_, tcp_by_inode_);
  IndexByInode(udp_, udp_by_inode_);
  IndexByInode(unix_, unix_by_inode_);
  for (size_t i = 0; i < tcp_.size(); ++i) {
    const InternetSocket& socket = tcp_[i];
    if (socket.state == TCP_LISTEN) {
      listening_.insert(socket.local.port);
    } else if (socket.inode != 0) {
      tcp_by_ends_[{socket.local, socket.remote}] = i;
    }
  }
}

const InternetSocket* SocketTable::FindTcp(uint64_t inode) const {
  return Find(tcp_, tcp_by_inode_, inode);
}
const InternetSocket* SocketTable::FindUdp(uint64_t inode) const {
  return Find(udp_, udp_by_inode_, inode);
}
const UnixSocket* SocketTable::FindUnix(uint64_t inode) const {
  return Find(unix_, unix_by_inode_, inode);
}

const InternetSocket* SocketTable::FindTcp(const Endpoint& local, const Endpoint& remote) const {
  const auto found = tcp_by_ends_.find(std::pair(local, remote));
  return found == tcp_by_ends_.end() ? nullptr : &tcp_[found->second];
}

Direction SocketTable::DirectionOf(const InternetSocket& socket) const {
  if (socket.direction != Direction::kUnknown) return socket.direction;
  return Listens(socket.local.port) ? Direction::kInbound : Direction::kUnknown;
}

SocketTables::SocketTables(const ProcFolder& proc, SockDiag& own) : proc_(proc) {
  struct stat status {};
  if (stat("/proc/self/ns/net", &status) == 0) own_number_ = status.st_ino;
  tables_.try_emplace(own_number_, own);
}

void SocketTables::Meet(uint64_t network_namespace, uint32_t pid) {
  if (network_namespace == 0 || tables_.contains(network_namespace) ||
      closed_.contains(network_namespace) || tables_.size() >= kMostNamespaces) {
    return;
  }
  const int other =
      openat(proc_.descriptor(), fmt::format("{}/ns/net", pid).c_str(), O_RDONLY | O_CLOEXEC);
  if (other < 0) return;
  struct stat status {};
  if (fstat(other, &status) == 0 && status.st_ino == network_namespace) {
    absl::StatusOr<SockDiag> diag = OpenInside(other);
    if (diag.ok()) {
      tables_.try_emplace(network_namespace, *diag);
    } else if (closed_.size() < kMostNamespaces) {
      closed_.insert(network_namespace);
    }
  }
  close(other);
}

const SocketTable* SocketTables::TableOf(uint64_t inode) const {
  for (const auto& [number, table] : tables_) {
    if (table.FindTcp(inode) != nullptr || table.FindUnix(inode) != nullptr ||
        table.FindUdp(inode) != nullptr) {
      return &table;
    }
  }
  return nullptr;
}

const InternetSocket* SocketTables::OtherEnd(const SocketTable& table,
                                             const InternetSocket& socket) const {
  const InternetSocket* here = table.FindTcp(socket.remote, socket.local);
  if (here != nullptr || IsLoopback(socket.remote.ip)) return here;
  for (const auto& [number, other] : tables_) {
    const InternetSocket* found = other.FindTcp(socket.remote, socket.local);
    if (found != nullptr) return found;
  }
  return nullptr;
}

}  // namespace cairn::host
