// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/peer_finder.h"

#include <netinet/tcp.h>
#include <sys/stat.h>

#include <algorithm>
#include <tuple>

#include "absl/container/flat_hash_set.h"
#include "fmt/format.h"

namespace cairn::host {
namespace {

using Kind = FdTarget::Kind;

constexpr size_t kMostPeersShown = 64;    // of one descriptor
constexpr size_t kMostPeersOfOne = 4096;  // of one descriptor that are followed
constexpr size_t kMostPeers = 128 << 10;  // of all descriptors of a process; beyond, kMostBeyond
constexpr size_t kMostBeyond = 4;         // of each
constexpr size_t kMostTunnels = 8;        // of one process
constexpr size_t kMostNameBytes = 256;    // of one descriptor's

DescriptorKind KindOf(const RawDescriptor& raw) {
  if (raw.target.kind == Kind::kPipe || raw.file.is_fifo) return DescriptorKind::kPipe;
  if (raw.link.starts_with('/')) return DescriptorKind::kFile;
  return DescriptorKind::kOther;
}

std::vector<const RawDescriptor*> TunnelsOf(const Visited& visited) {
  std::vector<const RawDescriptor*> tunnels;
  for (const RawDescriptor& raw : visited.facts.descriptors) {
    if (raw.link == "/dev/net/tun" && tunnels.size() < kMostTunnels) tunnels.push_back(&raw);
  }
  return tunnels;
}

// How many of one descriptor there is room for.
class Room {
 public:
  explicit Room(Leads& leads)
      : leads_(leads), left_(leads.peers.size() < kMostPeers ? kMostPeersOfOne : kMostBeyond) {}
  bool Take() {
    if (left_ > 0) return left_-- > 0;
    ++leads_.peers_left_out;
    return false;
  }

 private:
  Leads& leads_;
  size_t left_;
};

}  // namespace

Leads PeerFinder::LeadsOf(const Visited& visited) {
  Leads leads;
  leads.left_out = visited.facts.descriptors_left_out;
  leads.tunnels = TunnelsOf(visited);
  // A process may hold the same thing as often as it likes: it is looked at once.
  absl::flat_hash_set<std::tuple<Kind, uint64_t, uint64_t, bool, bool>> looked_at;
  for (const RawDescriptor& raw : visited.facts.descriptors) {
    const uint64_t number = raw.file.is_fifo ? raw.file.inode : raw.target.number;
    const bool is_file = raw.target.kind == Kind::kOther && !raw.file.is_fifo;
    const bool is_new =
        is_file ? leads.shown.size() < options_.max_descriptors
                : looked_at
                      .emplace(raw.target.kind, number, raw.file.device, raw.readable, raw.writable)
                      .second;
    if (!is_new && raw.target.kind != Kind::kTerminalMaster) {
      ++leads.left_out;
      continue;
    }
    Descriptor descriptor = Look(visited, raw, leads);
    if (leads.shown.size() < options_.max_descriptors) {
      leads.shown.push_back(std::move(descriptor));
    } else {
      ++leads.left_out;
    }
  }
  if (visited.facts.terminal.has_value()) {
    AddMasters(visited, *visited.facts.terminal, visited.part, leads);
  }
  return leads;
}

Descriptor PeerFinder::Look(const Visited& visited, const RawDescriptor& raw, Leads& leads) {
  Descriptor shown;
  shown.number = raw.number;
  shown.kind = KindOf(raw);
  shown.name = raw.link.substr(0, kMostNameBytes);
  shown.readable = raw.readable;
  shown.writable = raw.writable;
  const size_t before = leads.peers.size();
  switch (raw.target.kind) {
    case Kind::kSocket:
      shown.inode = raw.target.number;
      LookAtSocket(visited, raw.thread, shown, leads);
      break;
    case Kind::kPipe:
      shown.inode = raw.target.number;
      shown.name.clear();
      AddPipePeers(visited, raw, raw.target, index_.HoldersOfPipe(raw.target.number), leads);
      break;
    case Kind::kTerminal:
      if (raw.readable && visited.part == Part::kFeeds) {
        AddMasters(visited, raw.target.number, Part::kFeeds, leads);
      } else if (raw.writable) {
        AddMasters(visited, raw.target.number, Part::kHears, leads);
      }
      break;
    case Kind::kTerminalMaster:
      if (!visited.only_above) AddSlaves(visited, raw, leads);
      break;
    case Kind::kOther:
      if (!raw.file.is_fifo) break;
      shown.inode = raw.file.inode;
      AddPipePeers(
          visited, raw, {},
          index_.HoldersOfFile(
              {.pid = visited.facts.process.pid, .thread = raw.thread, .descriptor = raw.number}),
          leads);
      break;
  }
  for (size_t i = before; i < leads.peers.size() && shown.peers.size() < kMostPeersShown; ++i) {
    shown.peers.push_back(leads.peers[i].pid);
  }
  std::sort(shown.peers.begin(), shown.peers.end());
  shown.peers.erase(std::unique(shown.peers.begin(), shown.peers.end()), shown.peers.end());
  return shown;
}

void PeerFinder::LookAtSocket(const Visited& visited, uint32_t thread, Descriptor& shown,
                              Leads& leads) {
  const SocketTable* table = tables_.TableOf(shown.inode, thread, shown.number);
  if (table == nullptr) return;
  if (const UnixSocket* socket = table->FindUnix(shown.inode)) {
    LookAtUnix(visited, *table, *socket, shown, leads);
    return;
  }
  const InternetSocket* tcp = table->FindTcp(shown.inode);
  const InternetSocket* socket = tcp != nullptr ? tcp : table->FindUdp(shown.inode);
  shown.kind = tcp != nullptr ? DescriptorKind::kTcp : DescriptorKind::kUdp;
  shown.name.clear();
  shown.local = socket->local;
  if (socket->remote.port != 0) shown.remote = socket->remote;
  if (tcp != nullptr) LookAtTcp(visited, *table, *tcp, shown, leads);
}

// Who accepts a connection has the listener's name; who connects has none, or one of its own.
void PeerFinder::LookAtUnix(const Visited& visited, const SocketTable& table,
                            const UnixSocket& socket, Descriptor& shown, Leads& leads) {
  shown.kind = DescriptorKind::kUnix;
  shown.name = socket.name;
  if (socket.listens) shown.state = "LISTEN";
  if (socket.peer == 0) return;
  const UnixSocket* other = table.FindUnix(socket.peer);
  if (shown.name.empty() && other != nullptr) shown.name = other->name;
  const auto has_accepted = [&table](const UnixSocket& one, const UnixSocket* far) {
    return !one.name.empty() && (table.ListensAt(one.name) || far == nullptr || far->name.empty());
  };
  Found peer = {.part = visited.part,
                .relation = Relation::kUnix,
                .via = {.kind = Kind::kSocket, .number = socket.peer}};
  if (has_accepted(socket, other)) {
    peer.client_of = "unix " + socket.name;
    leads.accepted.push_back({.listener = peer.client_of, .inode = socket.inode});
  }
  if (other != nullptr && has_accepted(*other, &socket)) peer.served_by = "unix " + other->name;
  AddHolders(visited, peer, leads);
}

void PeerFinder::LookAtTcp(const Visited& visited, const SocketTable& table,
                           const InternetSocket& socket, Descriptor& shown, Leads& leads) {
  shown.state = TcpStateName(socket.state);
  if (socket.state == TCP_LISTEN) return;
  shown.direction = table.DirectionOf(socket);
  const auto listener = [](const Endpoint& end) { return fmt::format("tcp {}", end.port); };
  if (shown.direction == Direction::kInbound) {
    leads.accepted.push_back({.listener = listener(socket.local), .inode = socket.inode});
  }
  // One of Multipath TCP has several connections.
  for (const InternetSocket* each : table.AllTcp(socket.inode)) {
    const FoundEnd other = tables_.OtherEnd(table, *each);
    if (!other) {
      if (shown.direction != Direction::kInbound) LookBehindTunnel(visited, *each, leads);
      continue;
    }
    Found peer = {.part = visited.part,
                  .relation = Relation::kTcp,
                  .via = {.kind = Kind::kSocket, .number = other.socket->inode}};
    if (shown.direction == Direction::kInbound) peer.client_of = listener(socket.local);
    if (shown.direction == Direction::kOutbound) peer.served_by = listener(other.socket->local);
    AddHolders(visited, peer, leads);
  }
}

// Who makes connections for the processes of a user's network.
void PeerFinder::LookBehindTunnel(const Visited& visited, const InternetSocket& outer,
                                  Leads& leads) {
  for (const RawDescriptor* raw : leads.tunnels) {
    const SocketTables::Tunnel tunnel = tables_.BehindTunnel(raw->thread, raw->number, outer);
    if (!tunnel.made_by.has_value()) continue;
    if (tunnel.end) {
      const Found peer = {.part = visited.part,
                          .relation = Relation::kTcp,
                          .via = {.kind = Kind::kSocket, .number = tunnel.end.socket->inode}};
      AddHolders(visited, peer, leads);
    } else {
      leads.blind_tunnels.push_back(*tunnel.made_by);
    }
    return;
  }
}

void PeerFinder::AddHolders(const Visited& visited, const Found& peer, Leads& leads) {
  const uint32_t own = visited.facts.process.pid;
  uint32_t last = own;  // holders are sorted by process
  Room room(leads);
  for (const DescriptorIndex::Holder& holder : index_.HoldersOf(peer.via.kind, peer.via.number)) {
    if (holder.pid != own && holder.pid != last && room.Take()) {
      Found& found = leads.peers.emplace_back(peer);
      found.pid = holder.pid;
      found.related_to = own;
      found.shared = visited.shared;
    }
    last = holder.pid;
  }
}

void PeerFinder::AddPipePeers(const Visited& visited, const RawDescriptor& raw, FdTarget via,
                              std::span<const PipeHolder> holders, Leads& leads) {
  const uint32_t own = visited.facts.process.pid;
  Room room(leads);
  for (const PipeHolder& holder : holders) {
    if (holder.pid == own) continue;
    Found peer = {.pid = holder.pid,
                  .relation = Relation::kPipe,
                  .related_to = own,
                  .via = via,
                  .shared = visited.shared};
    if (raw.readable && holder.writes && visited.part == Part::kFeeds) {
      peer.part = Part::kFeeds;
    } else if (raw.writable && holder.reads) {
      peer.part = Part::kHears;
    } else {
      continue;
    }
    if (!room.Take()) continue;
    leads.peers.push_back(std::move(peer));
  }
}

// Numbers of terminals are those of a mount of devpts, of which there may be several.
uint64_t PeerFinder::MountsOf(uint32_t pid) {
  const auto [entry, fresh] = mounts_.try_emplace(pid);
  if (!fresh) return entry->second;
  struct stat status {};
  const std::string path = fmt::format("{}/ns/mnt", pid);
  if (fstatat(proc_.descriptor(), path.c_str(), &status, 0) == 0) entry->second = status.st_ino;
  return entry->second;
}

void PeerFinder::AddMasters(const Visited& visited, uint64_t terminal, Part part, Leads& leads) {
  const uint32_t own = visited.facts.process.pid;
  const FdTarget via = {.kind = Kind::kTerminalMaster, .number = terminal};
  Room room(leads);
  uint32_t last = own;
  for (const DescriptorIndex::Holder& holder : index_.HoldersOf(via.kind, via.number)) {
    const bool is_new = holder.pid != own && holder.pid != last;
    last = holder.pid;
    // A terminal of another mount of devpts has nothing to do with it; its own holder, wherever it
    // is, started it and is found as a parent.
    if (!is_new || MountsOf(holder.pid) != visited.facts.mount_namespace) continue;
    if (!room.Take()) continue;
    leads.peers.push_back({.pid = holder.pid,
                           .part = part,
                           .relation = Relation::kTerminal,
                           .related_to = own,
                           .shared = visited.shared});
  }
}

void PeerFinder::AddSlaves(const Visited& visited, const RawDescriptor& raw, Leads& leads) {
  const uint32_t own = visited.facts.process.pid;
  const std::string info = fmt::format("{}/task/{}/fdinfo/{}", own, raw.thread, raw.number);
  const std::optional<uint64_t> terminal = NumberAfter(proc_.Read(info.c_str()), "tty-index:");
  if (!terminal.has_value()) return;
  Room room(leads);
  uint32_t last = own;
  for (const DescriptorIndex::Holder& holder : index_.HoldersOf(Kind::kTerminal, *terminal)) {
    const bool is_new = holder.pid != own && holder.pid != last;
    last = holder.pid;
    if (!is_new || MountsOf(holder.pid) != visited.facts.mount_namespace) continue;
    if (!room.Take()) continue;
    // It answers to the terminal, and is no session's holder of one: kPipe, not kTerminal.
    leads.peers.push_back({.pid = holder.pid,
                           .part = visited.part,
                           .relation = Relation::kPipe,
                           .related_to = own,
                           .shared = visited.shared});
  }
}

}  // namespace cairn::host
