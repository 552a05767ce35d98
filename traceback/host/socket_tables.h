// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_SOCKET_TABLES_H_
#define CAIRN_TRACEBACK_HOST_SOCKET_TABLES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

#include "traceback/host/network_places.h"
#include "traceback/host/proc_folder.h"
#include "traceback/host/snapshot.h"
#include "traceback/host/sock_diag.h"
#include "traceback/host/socket_table.h"

namespace cairn::host {

// An end of a connection on this host.
struct FoundEnd {
  const InternetSocket* socket = nullptr;  // null: none is known
  const SocketTable* table = nullptr;      // where it is
  explicit operator bool() const { return socket != nullptr; }
};

// The tables of the network namespaces that a walk meets, each read when it is first needed.
//
// What users do in namespaces that they made themselves must not point at others: there they can
// give a connection any ends.  So a connection leads from one namespace into another only
//
//   - between the system's (the own one, and those of containers that root runs), if packets to
//     both ends' addresses go to the namespaces that hold them (network_places.h), directly or
//     translated by this host (conntrack.h); or
//   - between those of one and the same user.
//
// If more than one socket would do, none is taken.  Thread-compatible, and only for a process of
// one thread.
class SocketTables {
 public:
  static constexpr size_t kMostNamespaces = 64;  // of users, in a walk
  static constexpr size_t kMostSystem = 1024;    // of the system
  static constexpr size_t kMostTunnelled = 64;   // connections that are looked for behind tunnels
  static constexpr size_t kMostAsked = 4096;     // sockets whose namespace is asked for

  enum class When : uint8_t { kNow, kWhenNeeded };

  // `own`: of the namespace that this process is in.  After `deadline` no further namespaces are
  // looked for.  Requires: both outlive this.
  SocketTables(const ProcFolder& proc, SockDiag& own, const Deadline& deadline = {},
               When own_is_read = When::kNow);

  // The namespace of a process, by its number, read by way of that process.
  void Meet(uint64_t network_namespace, uint32_t pid);
  // In whichever namespace it is; null: in none that was met.
  const SocketTable* TableOf(uint64_t inode) const;
  // Likewise, of a socket that a process holds: it may be in a namespace that no process is in.
  // `thread`: in whose table of descriptors it stands, or the process.
  const SocketTable* TableOf(uint64_t inode, uint32_t thread, uint32_t descriptor);

  // Calls `visit(table)` with each.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const auto& [number, table] : tables_) visit(table);
  }
  // The other end of a connection in `table`, if it is on this host.
  FoundEnd OtherEnd(const SocketTable& table, const InternetSocket& socket);
  // What is behind a tunnel into a network that a user made, as slirp4netns and pasta hold one:
  // they make connections of their own for those of processes there.  `end`: of the connection
  // there that goes where `outer`, one of the holder's, goes; not known if there are several.
  struct Tunnel {
    std::optional<uint32_t> made_by;  // unset: it leads to no user's network
    FoundEnd end;
  };
  Tunnel BehindTunnel(uint32_t thread, uint32_t descriptor, const InternetSocket& outer);
  // Whose namespace `table` is, if they may have given the connection any ends: a user's who made
  // it, or 0 if somebody may be root there who is not root here, and packets to the own end do not
  // go there.  Unset: the connection is real.
  std::optional<uint32_t> MayBeForgedBy(const SocketTable& table, const InternetSocket& socket);
  // The ends of a connection in `table` as the other host has them, this host's first: they differ
  // if this host translates addresses.
  std::pair<Endpoint, Endpoint> EndsOutside(const SocketTable& table, const InternetSocket& socket);

  // This host's end of a connection that is not in the own namespace's table, but in that of a
  // container of the system's: asked by the container's address, or by this host's own if it
  // translates.  With `any_local_address` the own address need not be known; if several connections
  // would do, none is taken.
  FoundEnd Behind(const Endpoint& local, const Endpoint& remote, bool any_local_address);

  // What could not be read so far.
  void AddGaps(std::vector<NotSeen>& gaps) const;

 private:
  static constexpr size_t kMostRemembered = 1 << 18;

  const SocketTable* Own();
  const SocketTable* Search(uint64_t inode) const;
  const SocketTable* Load(const NetworkNamespace& network);
  const SocketTable* Load(const NetworkPlace& place);
  FoundEnd Lookup(const SocketTable& table, const InternetSocket& socket);
  bool IsAt(const SocketTable& table, const IpAddress& ip);
  std::vector<const SocketTable*> TablesAt(const IpAddress& ip);
  FoundEnd OnlyOne(const Endpoint& local, const Endpoint& remote, const SocketTable* but);
  void LoadMadeBy(uint32_t maker);
  FoundEnd AmongOneUsers(const SocketTable& table, const InternetSocket& socket);
  FoundEnd Translated(const Endpoint& local, const Endpoint& remote);
  bool Has(const NetworkPlace& place, const Endpoint& local, const Endpoint& remote);
  FoundEnd ByPorts(uint16_t local_port, const Endpoint& remote);

  const ProcFolder& proc_;
  NetworkPlaces places_;
  SockDiag& own_diag_;
  uint64_t own_number_ = 0;
  std::map<uint64_t, SocketTable> tables_;  // by the namespace's number
  size_t of_users_ = 0;                     // of them
  // Where sockets are, or that they are in no table, of so many tables.
  mutable absl::flat_hash_map<uint64_t, const SocketTable*> remembered_;
  mutable size_t remembered_of_ = 0;
  absl::flat_hash_set<uint64_t> closed_;    // namespaces that may not be entered, or are too many
  absl::flat_hash_set<uint64_t> unknown_;   // sockets that are in no table
  absl::flat_hash_set<uint64_t> doubtful_;  // sockets whose other end could be one of several
  bool is_doubtful_ = false;                // of the last question
  size_t tunnelled_ = 0;
  uint32_t not_asked_ = 0;  // sockets beyond kMostAsked
  std::string why_closed_;
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_SOCKET_TABLES_H_
