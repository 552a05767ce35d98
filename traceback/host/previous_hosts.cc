// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/previous_hosts.h"

#include <netinet/tcp.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <string>

#include "fmt/format.h"

namespace cairn::host {
namespace {

using Kind = FdTarget::Kind;

constexpr size_t kMostSteps = 256;       // of a path
constexpr size_t kMostLookedAt = 65536;  // sockets, for candidates

// A connection within the host whose other end has gone.
bool IsOfThisHost(const InternetSocket& tcp) {
  return tcp.remote.ip == tcp.local.ip || IsLoopback(tcp.remote.ip);
}

// From an owner to `pid`.
std::vector<uint32_t> PathTo(const VisitedByPid& visited, uint32_t pid) {
  std::vector<uint32_t> path;
  while (pid != 0 && path.size() < kMostSteps) {
    path.push_back(pid);
    const auto found = visited.find(pid);
    pid = found == visited.end() ? 0 : found->second.came_from;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

// How many connections of each local port a process has accepted.
std::map<uint16_t, uint32_t> AcceptedByPort(const SocketTables& tables, const Visited& holder) {
  std::map<uint16_t, uint32_t> counts;
  std::set<uint64_t> known;
  for (const RawDescriptor& raw : holder.facts.descriptors) {
    if (raw.target.kind != Kind::kSocket || !known.insert(raw.target.number).second) continue;
    const SocketTable* table = tables.TableOf(raw.target.number);
    const InternetSocket* tcp = table == nullptr ? nullptr : table->FindTcp(raw.target.number);
    if (tcp == nullptr || tcp->state == TCP_LISTEN || tcp->remote.port == 0) continue;
    if (table->DirectionOf(*tcp) == Direction::kInbound) ++counts[tcp->local.port];
  }
  return counts;
}

size_t Count(const Snapshot& snapshot, Bystander why) {
  const auto& others = snapshot.other_connections;
  return static_cast<size_t>(std::count_if(others.begin(), others.end(),
                                           [why](const auto& each) { return each.why == why; }));
}

}  // namespace

void PreviousHosts::Collect(const VisitedByPid& visited, const std::vector<uint32_t>& order,
                            Snapshot& snapshot) {
  // What is on a path of this session alone comes before what is not.
  for (const bool shared : {false, true}) {
    for (const uint32_t pid : order) {
      const Visited& holder = visited.at(pid);
      if (holder.shared == shared) Look(visited, holder, snapshot);
    }
  }
}

void PreviousHosts::Look(const VisitedByPid& visited, const Visited& holder, Snapshot& snapshot) {
  const std::string& why_not = holder.why_not;
  if (why_not == "init" || why_not == "kernel" || why_not == "listener") return;
  const std::map<uint16_t, uint32_t> accepted = AcceptedByPort(tables_, holder);
  for (const RawDescriptor& raw : holder.facts.descriptors) {
    if (raw.target.kind != Kind::kSocket) continue;
    const SocketTable* table = tables_.TableOf(raw.target.number);
    if (table == nullptr) continue;
    for (const InternetSocket* tcp : table->AllTcp(raw.target.number)) {
      const auto of_port = accepted.find(tcp->local.port);
      LookAt({.visited = visited,
              .holder = holder,
              .table = *table,
              .tcp = *tcp,
              .direction = table->DirectionOf(*tcp),
              .one_of = of_port == accepted.end() ? 1 : of_port->second},
             snapshot);
    }
  }
}

void PreviousHosts::LookAt(const Held& held, Snapshot& snapshot) {
  const InternetSocket& tcp = held.tcp;
  if (tcp.state == TCP_LISTEN || tcp.remote.port == 0) return;
  if (tcp.inode == asked_inode_ && held.direction != Direction::kInbound) return;
  if (tables_.OtherEnd(held.table, tcp)) return;
  const Visited& holder = held.holder;
  if (IsOfThisHost(tcp)) {
    gaps_.Note(Gap::kEnded, holder.facts.process.pid, "tcp " + tcp.remote.ToString());
    return;
  }
  // Of what serves this session and was not followed, all connections are those of other clients.
  const bool serves =
      holder.only_serves &&
      (!holder.why_not.empty() || holder.serves.contains(fmt::format("tcp {}", tcp.local.port)));
  if (const auto maker = tables_.MayBeForgedBy(held.table, tcp); maker.has_value()) {
    // That user could give it any ends: they prove nothing, and nobody is asked about them.
    if (held.direction != Direction::kOutbound) {
      AddOther(Bystander::kUserNamespace, *maker, held, snapshot);
    }
  } else if (held.direction == Direction::kOutbound) {
    if (!holder.shared && holder.why_not.empty()) {
      AddOther(Bystander::kOutbound, tcp.uid, held, snapshot);
    }
  } else if (serves) {
    AddOther(Bystander::kSameService, tcp.uid, held, snapshot);
  } else {
    AddPrevious(held, snapshot);
  }
}

bool PreviousHosts::IsOwnOrdinary(const Process& process) const {
  return process.effective_uid >= options_.first_user_id &&
         owner_uids_.contains(process.effective_uid);
}

void PreviousHosts::AddPrevious(const Held& held, Snapshot& snapshot) {
  if (snapshot.previous_hosts.size() >= kMostPrevious) {
    snapshot.truncated = true;
    snapshot.truncated_by = "processes";
    return;
  }
  const auto [local, remote] = tables_.EndsOutside(held.table, held.tcp);
  if (!known_.insert({local, remote}).second) return;
  const Process& process = held.holder.facts.process;
  snapshot.previous_hosts.push_back({.local = local,
                                     .remote = remote,
                                     .direction = held.direction,
                                     .pid = process.pid,
                                     .path = PathTo(held.visited, process.pid),
                                     .one_of = held.one_of,
                                     .direct = !held.holder.shared && held.holder.why_not.empty() &&
                                               (held.one_of <= 1 || IsOwnOrdinary(process))});
}

void PreviousHosts::AddOther(Bystander why, uint32_t uid, const Held& held, Snapshot& snapshot) {
  if (Count(snapshot, why) >= kMostOthers) return;
  const auto [local, remote] = tables_.EndsOutside(held.table, held.tcp);
  // A forged one does not hide a real one with the same ends.
  auto& known = why == Bystander::kUserNamespace ? known_of_users_ : known_;
  if (!known.insert({local, remote}).second) return;
  const Process& process = held.holder.facts.process;
  snapshot.other_connections.push_back({.why = why,
                                        .local = local,
                                        .remote = remote,
                                        .direction = held.direction,
                                        .pid = process.pid,
                                        .uid = uid,
                                        .path = PathTo(held.visited, process.pid)});
}

void PreviousHosts::AddCandidates(const ProcFolder& proc, const DescriptorIndex& index,
                                  const Deadline& deadline, Snapshot& snapshot) {
  absl::flat_hash_map<uint32_t, uint32_t> uids;  // by process
  const auto belongs = [&](const DescriptorIndex::Holder& holder) {
    const auto [entry, fresh] = uids.try_emplace(holder.pid, UINT32_MAX);
    struct stat status {};
    const std::string folder = fmt::format("{}", holder.pid);
    if (fresh && fstatat(proc.descriptor(), folder.c_str(), &status, 0) == 0) {
      entry->second = status.st_uid;
    }
    return owner_uids_.contains(entry->second);
  };
  // System users' processes hold everybody's connections: theirs is what nobody else holds.
  const bool ordinary = std::any_of(owner_uids_.begin(), owner_uids_.end(),
                                    [this](uint32_t uid) { return uid >= options_.first_user_id; });
  size_t looked_at = 0;
  std::vector<const SocketTable*> tables;
  tables_.ForEach([&tables](const SocketTable& table) { tables.push_back(&table); });
  for (const SocketTable* each : tables) {
    const SocketTable& table = *each;
    for (const InternetSocket& tcp : table.tcp()) {
      if (tcp.state == TCP_LISTEN || tcp.inode == 0 || tcp.inode == asked_inode_) continue;
      if (table.DirectionOf(tcp) != Direction::kInbound) continue;
      if (++looked_at > kMostLookedAt || deadline.Passed() ||
          Count(snapshot, Bystander::kSameUser) >= kMostOthers) {
        return;
      }
      const auto holders = index.HoldersOf(Kind::kSocket, tcp.inode);
      const auto theirs = std::find_if(holders.begin(), holders.end(), belongs);
      if (theirs == holders.end()) continue;
      if (tables_.OtherEnd(table, tcp) || tables_.MayBeForgedBy(table, tcp)) continue;
      if (!ordinary && !std::all_of(holders.begin(), holders.end(), belongs)) continue;
      // Last: it asks the kernel.
      const auto [local, remote] = tables_.EndsOutside(table, tcp);
      if (!known_.insert({local, remote}).second) continue;
      snapshot.other_connections.push_back({.why = Bystander::kSameUser,
                                            .local = local,
                                            .remote = remote,
                                            .direction = Direction::kInbound,
                                            .pid = theirs->pid,
                                            .uid = tcp.uid,
                                            .path = {}});
    }
  }
}

}  // namespace cairn::host
