// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/walk.h"

#include <netinet/tcp.h>
#include <sys/stat.h>

#include <algorithm>
#include <tuple>

#include "absl/container/flat_hash_set.h"
#include "fmt/format.h"

namespace cairn::host {
namespace {

using Kind = FdTarget::Kind;

constexpr size_t kMostPeersShown = 64;  // of one descriptor
constexpr size_t kMostNameBytes = 256;  // of one descriptor's

// They start everybody's processes and sockets, and pass nothing on.
const std::vector<std::string>& ServiceManagers() {
  static const std::vector<std::string> paths = {"/usr/lib/systemd/systemd",
                                                 "/lib/systemd/systemd"};
  return paths;
}

DescriptorKind KindOf(const RawDescriptor& raw) {
  if (raw.target.kind == Kind::kPipe || raw.is_fifo) return DescriptorKind::kPipe;
  if (raw.link.starts_with('/')) return DescriptorKind::kFile;
  return DescriptorKind::kOther;
}

// Whether both ends are in one namespace.  In another one a user can make a connection that looks
// like the other end: it adds processes, and hides no host.
bool IsWithin(const SocketTable& table, const InternetSocket& tcp) {
  return table.FindTcp(tcp.remote, tcp.local) != nullptr;
}

bool IsAbove(Relation relation) {
  return relation == Relation::kParent || relation == Relation::kTerminal;
}

}  // namespace

void Walk::From(uint64_t inode, Snapshot& snapshot) {
  asked_inode_ = inode;
  for (const DescriptorIndex::Holder& holder : index_.HoldersOf(Kind::kSocket, inode)) {
    queue_.push_back({.pid = holder.pid});
  }
  while (!queue_.empty()) {
    const Found found = queue_.front();
    queue_.pop_front();
    Visit(found, snapshot);
  }
}

void Walk::Visit(const Found& found, Snapshot& snapshot) {
  if (found.pid == 0) return;
  const bool above = IsAbove(found.relation);
  if (const auto before = visited_.find(found.pid); before != visited_.end()) {
    Visited& visited = before->second;
    if (found.part <= visited.part && (above || !visited.only_above)) return;
    // What it was not followed through before, it is now.
    visited.part = std::max(visited.part, found.part);
    visited.only_above = visited.only_above && above;
    Follow(visited, snapshot);
    return;
  }
  if (snapshot.processes.size() >= options_.max_processes) {
    snapshot.truncated = true;
    return;
  }
  std::optional<ProcessFacts> facts = reader_.Read(found.pid);
  if (!facts.has_value() || IsAnother(found, *facts)) return;
  facts->process.relation = found.relation;
  facts->process.related_to = found.related_to;
  tables_.Meet(facts->process.network_namespace, found.pid);
  snapshot.processes.push_back(facts->process);
  Visited& visited = visited_[found.pid];
  visited = {.facts = *std::move(facts),
             .place = snapshot.processes.size() - 1,
             .part = found.part,
             .only_above = above};
  Follow(visited, snapshot);
}

// Whether the number has gone over to another process since it was found.
bool Walk::IsAnother(const Found& found, const ProcessFacts& facts) const {
  if (found.relation != Relation::kParent) return facts.start_ticks > began_ticks_;
  const auto child = visited_.find(found.related_to);
  return child != visited_.end() && facts.start_ticks > child->second.facts.start_ticks;
}

void Walk::Follow(const Visited& visited, Snapshot& snapshot) {
  std::vector<Found> peers;
  std::vector<Descriptor> shown;
  uint64_t left_out = visited.facts.descriptors_left_out;
  // A process may hold the same thing as often as it likes: it is looked at once.
  std::set<std::tuple<FdTarget::Kind, uint64_t, uint64_t, bool, bool>> looked_at;
  for (const RawDescriptor& raw : visited.facts.descriptors) {
    const uint64_t number = raw.is_fifo ? raw.inode : raw.target.number;
    const bool is_new =
        raw.target.kind == Kind::kOther && !raw.is_fifo
            ? shown.size() < options_.max_descriptors
            : looked_at.emplace(raw.target.kind, number, raw.device, raw.readable, raw.writable)
                  .second;
    if (!is_new && raw.target.kind != Kind::kTerminalMaster) {
      ++left_out;
      continue;
    }
    Descriptor descriptor = Look(visited, raw, peers);
    if (shown.size() < options_.max_descriptors) {
      shown.push_back(std::move(descriptor));
    } else {
      ++left_out;
    }
  }
  if (visited.facts.terminal.has_value()) {
    AddMasters(visited, *visited.facts.terminal, visited.part, peers);
  }
  absl::flat_hash_set<uint32_t> different;
  for (const Found& peer : peers) different.insert(peer.pid);

  Process& process = snapshot.processes[visited.place];
  process.not_followed = WhyNotFollowed(visited, different.size());
  if (options_.keep_descriptors) {
    process.descriptors = std::move(shown);
    process.descriptors_left_out = static_cast<uint32_t>(left_out);
  }
  // A service or hub has no connection from outside, unless it only looks like one.
  const std::string& why_not = process.not_followed;
  if (why_not.empty() || why_not == "service" || why_not == "hub") {
    NotePreviousHosts(visited, snapshot);
  }
  if (why_not.empty()) queue_.insert(queue_.end(), peers.begin(), peers.end());
  queue_.push_back({.pid = visited.facts.process.parent,
                    .part = visited.part,
                    .relation = Relation::kParent,
                    .related_to = visited.facts.process.pid});
}

std::string Walk::WhyNotFollowed(const Visited& visited, size_t peers) const {
  const Process& process = visited.facts.process;
  if (process.pid == 1) return "init";
  if (visited.facts.is_kernel_thread) return "kernel";
  if (process.relation == Relation::kOwner) return {};
  const bool by_system = process.effective_uid < options_.first_user_id;
  if (RunsOneOf(process, ServiceManagers()) ||
      (by_system && RunsOneOf(process, options_.services))) {
    return "service";
  }
  if (visited.only_above && OnlyListens(visited.facts)) return "listener";
  if (by_system && peers > options_.max_peers) return "hub";
  return {};
}

// By the file that runs, not by a name that a process can give itself.
bool Walk::RunsOneOf(const Process& process, const std::vector<std::string>& paths) const {
  return std::any_of(paths.begin(), paths.end(), [&process](const std::string& path) {
    struct stat status {};
    return process.executable == path && stat(path.c_str(), &status) == 0 &&
           status.st_dev == process.executable_device && status.st_ino == process.executable_inode;
  });
}

bool Walk::OnlyListens(const ProcessFacts& facts) const {
  bool listens = false;
  for (const RawDescriptor& raw : facts.descriptors) {
    if (raw.target.kind != Kind::kSocket) continue;
    const SocketTable* table = tables_.TableOf(raw.target.number);
    const InternetSocket* tcp = table == nullptr ? nullptr : table->FindTcp(raw.target.number);
    if (tcp == nullptr) continue;
    if (tcp->state != TCP_LISTEN) return false;
    listens = true;
  }
  return listens;
}

Descriptor Walk::Look(const Visited& visited, const RawDescriptor& raw, std::vector<Found>& peers) {
  Descriptor shown;
  shown.number = raw.number;
  shown.kind = KindOf(raw);
  shown.name = raw.link.substr(0, kMostNameBytes);
  shown.readable = raw.readable;
  shown.writable = raw.writable;
  const size_t before = peers.size();
  switch (raw.target.kind) {
    case Kind::kSocket:
      shown.inode = raw.target.number;
      LookAtSocket(visited, shown, peers);
      break;
    case Kind::kPipe:
      shown.inode = raw.target.number;
      shown.name.clear();
      AddPipePeers(visited, raw, HoldersOfPipe(proc_, index_, raw.target.number), peers);
      break;
    case Kind::kTerminal:
      if (raw.readable && visited.part == Part::kFeeds) {
        AddMasters(visited, raw.target.number, Part::kFeeds, peers);
      } else if (raw.writable) {
        AddMasters(visited, raw.target.number, Part::kHears, peers);
      }
      break;
    case Kind::kTerminalMaster:
      if (!visited.only_above) AddSlaves(visited, raw, peers);
      break;
    case Kind::kOther:
      if (!raw.is_fifo) break;
      shown.inode = raw.inode;
      AddPipePeers(visited, raw, HoldersOfFifo(proc_, raw.device, raw.inode), peers);
      break;
  }
  for (size_t i = before; i < peers.size() && shown.peers.size() < kMostPeersShown; ++i) {
    shown.peers.push_back(peers[i].pid);
  }
  std::sort(shown.peers.begin(), shown.peers.end());
  shown.peers.erase(std::unique(shown.peers.begin(), shown.peers.end()), shown.peers.end());
  return shown;
}

void Walk::LookAtSocket(const Visited& visited, Descriptor& shown, std::vector<Found>& peers) {
  const SocketTable* table = tables_.TableOf(shown.inode);
  if (table == nullptr) return;
  if (const UnixSocket* local = table->FindUnix(shown.inode)) {
    shown.kind = DescriptorKind::kUnix;
    shown.name = local->name;
    if (local->listens) shown.state = "LISTEN";
    if (local->peer == 0) return;
    const UnixSocket* other = table->FindUnix(local->peer);
    if (shown.name.empty() && other != nullptr) shown.name = other->name;
    AddHolders(visited, local->peer, Relation::kUnix, peers);
    return;
  }
  const InternetSocket* tcp = table->FindTcp(shown.inode);
  const InternetSocket* socket = tcp != nullptr ? tcp : table->FindUdp(shown.inode);
  shown.kind = tcp != nullptr ? DescriptorKind::kTcp : DescriptorKind::kUdp;
  shown.name.clear();
  shown.local = socket->local;
  if (socket->remote.port != 0) shown.remote = socket->remote;
  if (tcp == nullptr) return;
  shown.state = TcpStateName(tcp->state);
  if (tcp->state == TCP_LISTEN) return;
  shown.direction = table->DirectionOf(*tcp);
  if (const InternetSocket* other = tables_.OtherEnd(*table, *tcp)) {
    AddHolders(visited, other->inode, Relation::kTcp, peers);
  }
}

void Walk::AddHolders(const Visited& visited, uint64_t inode, Relation relation,
                      std::vector<Found>& peers) const {
  const uint32_t own = visited.facts.process.pid;
  uint32_t last = own;  // holders are sorted by process
  for (const DescriptorIndex::Holder& holder : index_.HoldersOf(Kind::kSocket, inode)) {
    if (holder.pid != own && holder.pid != last) {
      peers.push_back({holder.pid, visited.part, relation, own});
    }
    last = holder.pid;
  }
}

void Walk::AddPipePeers(const Visited& visited, const RawDescriptor& raw,
                        const std::vector<PipeHolder>& holders, std::vector<Found>& peers) {
  const uint32_t own = visited.facts.process.pid;
  for (const PipeHolder& holder : holders) {
    if (holder.pid == own) continue;
    if (raw.readable && holder.writes && visited.part == Part::kFeeds) {
      peers.push_back({holder.pid, Part::kFeeds, Relation::kPipe, own});
    } else if (raw.writable && holder.reads) {
      peers.push_back({holder.pid, Part::kHears, Relation::kPipe, own});
    }
  }
}

std::optional<uint64_t> Walk::TerminalOfMaster(uint32_t pid, uint32_t descriptor) const {
  return NumberAfter(proc_.Read(fmt::format("{}/fdinfo/{}", pid, descriptor).c_str()),
                     "tty-index:");
}

// Numbers of terminals are those of a mount of devpts, of which there may be several.
bool Walk::SharesMounts(const Visited& visited, uint32_t pid) const {
  struct stat status {};
  const std::string path = fmt::format("{}/ns/mnt", pid);
  return fstatat(proc_.descriptor(), path.c_str(), &status, 0) == 0 &&
         status.st_ino == visited.facts.mount_namespace;
}

void Walk::AddMasters(const Visited& visited, uint64_t terminal, Part part,
                      std::vector<Found>& peers) {
  const uint32_t own = visited.facts.process.pid;
  for (const DescriptorIndex::Holder& holder : index_.HoldersOf(Kind::kTerminalMaster, 0)) {
    // A terminal of another mount of devpts has nothing to do with it; its own holder, wherever it
    // is, started it and is found as a parent.
    if (holder.pid == own || !SharesMounts(visited, holder.pid)) continue;
    if (TerminalOfMaster(holder.pid, holder.descriptor) != terminal) continue;
    peers.push_back({holder.pid, part, Relation::kTerminal, own});
  }
}

void Walk::AddSlaves(const Visited& visited, const RawDescriptor& raw, std::vector<Found>& peers) {
  const uint32_t own = visited.facts.process.pid;
  const std::optional<uint64_t> terminal = TerminalOfMaster(own, raw.number);
  if (!terminal.has_value()) return;
  for (const DescriptorIndex::Holder& holder : index_.HoldersOf(Kind::kTerminal, *terminal)) {
    // It answers to the terminal, and is no session's holder of one: kPipe, not kTerminal.
    if (holder.pid != own && SharesMounts(visited, holder.pid)) {
      peers.push_back({holder.pid, visited.part, Relation::kPipe, own});
    }
  }
}

void Walk::NotePreviousHosts(const Visited& visited, Snapshot& snapshot) {
  for (const RawDescriptor& raw : visited.facts.descriptors) {
    if (raw.target.kind != Kind::kSocket) continue;
    const SocketTable* table = tables_.TableOf(raw.target.number);
    const InternetSocket* tcp = table == nullptr ? nullptr : table->FindTcp(raw.target.number);
    if (tcp == nullptr || tcp->state == TCP_LISTEN || tcp->remote.port == 0) continue;
    const Direction direction = table->DirectionOf(*tcp);
    if (direction == Direction::kOutbound || IsWithin(*table, *tcp)) continue;
    if (tcp->inode == asked_inode_ && direction != Direction::kInbound) continue;
    if (!previous_.insert({tcp->local, tcp->remote}).second) continue;
    snapshot.previous_hosts.push_back({.local = tcp->local,
                                       .remote = tcp->remote,
                                       .direction = direction,
                                       .pid = visited.facts.process.pid});
  }
}

}  // namespace cairn::host
