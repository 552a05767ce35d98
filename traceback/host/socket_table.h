// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_SOCKET_TABLE_H_
#define CAIRN_TRACEBACK_HOST_SOCKET_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

#include "traceback/host/sock_diag.h"

namespace cairn::host {

// 127.0.0.0/8 and ::1.
bool IsLoopback(const IpAddress& ip);

// All sockets of one network namespace.
struct Sockets {
  std::vector<InternetSocket> tcp;
  std::vector<InternetSocket> udp;
  std::vector<UnixSocket> unix_domain;
  std::string fault;  // why some may be missing; empty: none are
};
Sockets DumpSockets(SockDiag& diag);

// The sockets of one network namespace at one moment, by inode and by ends.
class SocketTable {
 public:
  // Of which namespace: its number, MadeBy() and IsOfOwnUsers() (network_namespace.h).
  struct Place {
    uint64_t number = 0;
    std::optional<uint32_t> made_by;
    bool of_own_users = true;
  };
  SocketTable(Sockets sockets, Place place);

  uint64_t number() const { return place_.number; }
  // The user who made the namespace, and may have given its connections any ends; unset: the
  // system.
  std::optional<uint32_t> made_by() const { return place_.made_by; }
  bool of_own_users() const { return place_.of_own_users; }
  // Why some sockets may be missing; empty: none are.
  const std::string& fault() const { return sockets_.fault; }

  // Null: none.
  const InternetSocket* FindTcp(uint64_t inode) const;
  const InternetSocket* FindUdp(uint64_t inode) const;
  const UnixSocket* FindUnix(uint64_t inode) const;
  // Also if there are several: then it is not known which one is meant.  One that tries to connect
  // does not count beside one that is connected.
  const InternetSocket* FindTcp(const Endpoint& local, const Endpoint& remote) const;
  // Whether there are several.
  bool IsDoubtful(const Endpoint& local, const Endpoint& remote) const {
    return several_.contains(std::pair(local, remote));
  }
  // All connections of one socket: one of Multipath TCP has several.
  std::vector<const InternetSocket*> AllTcp(uint64_t inode) const;
  bool Listens(uint16_t port) const { return listening_.contains(port); }
  // Whether a UNIX-domain socket of this name listens.
  bool ListensAt(const std::string& name) const { return listening_names_.contains(name); }
  const std::vector<InternetSocket>& tcp() const { return sockets_.tcp; }
  // As the counters tell it; else inbound if somebody listens on its local port.
  Direction DirectionOf(const InternetSocket& socket) const;

 private:
  void AddTcp(size_t index);

  Place place_;
  Sockets sockets_;
  absl::flat_hash_map<uint64_t, size_t> tcp_by_inode_;
  absl::flat_hash_map<uint64_t, std::vector<size_t>> further_tcp_by_inode_;
  absl::flat_hash_map<uint64_t, size_t> udp_by_inode_;
  absl::flat_hash_map<uint64_t, size_t> unix_by_inode_;
  absl::flat_hash_map<std::pair<Endpoint, Endpoint>, size_t> tcp_by_ends_;
  absl::flat_hash_set<std::pair<Endpoint, Endpoint>> several_;
  std::set<uint16_t> listening_;
  std::set<std::string> listening_names_;
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_SOCKET_TABLE_H_
