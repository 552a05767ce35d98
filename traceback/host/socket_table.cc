// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/socket_table.h"

#include <netinet/tcp.h>

#include "fmt/format.h"

namespace cairn::host {
namespace {

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

// The other end knows of it.
bool IsConnected(const InternetSocket& socket) {
  return socket.state != TCP_SYN_SENT && socket.state != TCP_CLOSE && socket.state != TCP_LISTEN;
}

}  // namespace

bool IsLoopback(const IpAddress& ip) {
  constexpr uint32_t kLoopbackNetwork = 127;
  if (ip.IsV4()) return (ip.low() >> 24 & 0xff) == kLoopbackNetwork;
  return ip == IpAddress::FromWords(0, 1);
}

Sockets DumpSockets(SockDiag& diag) {
  Sockets sockets;
  const auto note = [&sockets](const char* what, const absl::Status& status) {
    if (status.ok() || !sockets.fault.empty()) return;
    sockets.fault = fmt::format("{}: {}", what, std::string(status.message()));
  };
  note("TCP", diag.Dump(SockDiag::Protocol::kTcp, sockets.tcp));
  note("UDP", diag.Dump(SockDiag::Protocol::kUdp, sockets.udp));
  note("UNIX", diag.DumpUnix(sockets.unix_domain));
  return sockets;
}

SocketTable::SocketTable(Sockets sockets, Place place)
    : place_(place), sockets_(std::move(sockets)) {
  IndexByInode(sockets_.udp, udp_by_inode_);
  IndexByInode(sockets_.unix_domain, unix_by_inode_);
  for (size_t i = 0; i < sockets_.tcp.size(); ++i) AddTcp(i);
  for (const UnixSocket& socket : sockets_.unix_domain) {
    if (socket.listens && !socket.name.empty()) listening_names_.insert(socket.name);
  }
}

void SocketTable::AddTcp(size_t index) {
  const InternetSocket& socket = sockets_.tcp[index];
  if (socket.inode != 0) {
    const auto [first, is_first] = tcp_by_inode_.try_emplace(socket.inode, index);
    if (!is_first) further_tcp_by_inode_[socket.inode].push_back(index);
  }
  if (socket.state == TCP_LISTEN) {
    listening_.insert(socket.local.port);
    return;
  }
  if (socket.inode == 0) return;
  const std::pair ends(socket.local, socket.remote);
  const auto [known, is_new] = tcp_by_ends_.try_emplace(ends, index);
  if (is_new) return;
  const bool was_connected = IsConnected(sockets_.tcp[known->second]);
  if (was_connected == IsConnected(socket)) {
    several_.insert(ends);
  } else if (!was_connected) {
    known->second = index;
    several_.erase(ends);
  }
}

const InternetSocket* SocketTable::FindTcp(uint64_t inode) const {
  return Find(sockets_.tcp, tcp_by_inode_, inode);
}
const InternetSocket* SocketTable::FindUdp(uint64_t inode) const {
  return Find(sockets_.udp, udp_by_inode_, inode);
}
const UnixSocket* SocketTable::FindUnix(uint64_t inode) const {
  return Find(sockets_.unix_domain, unix_by_inode_, inode);
}

const InternetSocket* SocketTable::FindTcp(const Endpoint& local, const Endpoint& remote) const {
  const std::pair ends(local, remote);
  const auto found = tcp_by_ends_.find(ends);
  return found == tcp_by_ends_.end() || several_.contains(ends) ? nullptr
                                                                : &sockets_.tcp[found->second];
}

std::vector<const InternetSocket*> SocketTable::AllTcp(uint64_t inode) const {
  std::vector<const InternetSocket*> all;
  if (const InternetSocket* first = FindTcp(inode)) all.push_back(first);
  if (const auto further = further_tcp_by_inode_.find(inode);
      further != further_tcp_by_inode_.end()) {
    for (const size_t index : further->second) all.push_back(&sockets_.tcp[index]);
  }
  return all;
}

Direction SocketTable::DirectionOf(const InternetSocket& socket) const {
  if (socket.direction != Direction::kUnknown) return socket.direction;
  return Listens(socket.local.port) ? Direction::kInbound : Direction::kUnknown;
}

}  // namespace cairn::host
