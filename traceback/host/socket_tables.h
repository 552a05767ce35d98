// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_SOCKET_TABLES_H_
#define CAIRN_TRACEBACK_HOST_SOCKET_TABLES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "traceback/host/proc_folder.h"
#include "traceback/host/sock_diag.h"

namespace cairn::host {

// The sockets of one network namespace at one moment, by inode and by ends.
class SocketTable {
 public:
  // What cannot be read is left out.
  explicit SocketTable(SockDiag& diag);

  // Null: none.
  const InternetSocket* FindTcp(uint64_t inode) const;
  const InternetSocket* FindUdp(uint64_t inode) const;
  const UnixSocket* FindUnix(uint64_t inode) const;
  const InternetSocket* FindTcp(const Endpoint& local, const Endpoint& remote) const;
  bool Listens(uint16_t port) const { return listening_.contains(port); }
  // As the counters tell it; else inbound if somebody listens on its local port.
  Direction DirectionOf(const InternetSocket& socket) const;

 private:
  std::vector<InternetSocket> tcp_;
  std::vector<InternetSocket> udp_;
  std::vector<UnixSocket> unix_;
  absl::flat_hash_map<uint64_t, size_t> tcp_by_inode_;
  absl::flat_hash_map<uint64_t, size_t> udp_by_inode_;
  absl::flat_hash_map<uint64_t, size_t> unix_by_inode_;
  absl::flat_hash_map<std::pair<Endpoint, Endpoint>, size_t> tcp_by_ends_;
  std::set<uint16_t> listening_;
};

// The tables of the namespaces that a walk meets, each read when it is first met.
// Thread-compatible, and only for a process of one thread: to look into another namespace it has to
// enter it.
class SocketTables {
 public:
  static constexpr size_t kMostNamespaces = 64;  // of a walk; sockets of others stay unknown

  // `own`: the table of the namespace that this process is in.
  SocketTables(const ProcFolder& proc, SockDiag& own);

  // The namespace of a process, by its number, read by way of that process.
  void Meet(uint64_t network_namespace, uint32_t pid);
  // In whichever namespace it is; null: in none that was met.
  const SocketTable* TableOf(uint64_t inode) const;
  // The other end of a connection in `table`, if it is on this host; in another namespace only if
  // it is no loopback connection.
  const InternetSocket* OtherEnd(const SocketTable& table, const InternetSocket& socket) const;

 private:
  const ProcFolder& proc_;
  uint64_t own_number_ = 0;
  std::map<uint64_t, SocketTable> tables_;
  std::set<uint64_t> closed_;  // namespaces that may not be entered
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_SOCKET_TABLES_H_
