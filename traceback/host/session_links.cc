// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/session_links.h"

#include <netinet/tcp.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/address.h"
#include "traceback/host/socket_table.h"
#include "traceback/host/walk.h"

namespace cairn::host {
namespace {

constexpr size_t kLookedAtForEach = 16;  // connections, for each that may be walked from

// What is needed to find the way, and no more.
Options Reduced(Options options) {
  options.max_processes = std::min(options.max_processes, SessionLinks::kMostProcesses);
  options.keep_descriptors = false;
  options.keep_command_line = false;
  options.keep_executable_hash = false;
  options.keep_audit = false;
  options.keep_container = false;
  options.keep_logins = false;
  return options;
}

// Of the processes on the way.  Those above everybody's sessions say nothing.
std::set<uint32_t> UsersOf(const Snapshot& snapshot) {
  std::set<uint32_t> uids;
  for (const Process& process : snapshot.processes) {
    if (process.not_followed.empty()) uids.insert({process.effective_uid, process.real_uid});
  }
  return uids;
}

}  // namespace

bool MetOtherNamespaces(const Snapshot& snapshot) {
  if (snapshot.processes.empty()) return false;
  return std::any_of(snapshot.processes.begin(), snapshot.processes.end(),
                     [own = snapshot.processes.front().network_namespace](const Process& each) {
                       return each.network_namespace != own;
                     });
}

SessionLinks::SessionLinks(Options options, const ProcFolder& proc, ExecutableHashes& hashes,
                           DescriptorIndex& index, SocketTables& tables, const Deadline& deadline)
    : options_(Reduced(std::move(options))),
      proc_(proc),
      index_(index),
      tables_(tables),
      deadline_(deadline),
      reader_(options_, proc, hashes, PacketTime()) {
  reader_.set_reads_memory(false);
  reader_.Remember();
}

void SessionLinks::AddTo(Snapshot& snapshot, uint64_t asked, size_t most) {
  size_t walked = 0;
  size_t looked_at = 0;
  for (const Outbound& outbound : OutboundOf(snapshot, asked)) {
    if (walked >= most || ++looked_at > kLookedAtForEach * most || deadline_.Passed()) return;
    // These ask the kernel.
    if (tables_.MayBeForgedBy(*outbound.table, *outbound.tcp) ||
        tables_.OtherEnd(*outbound.table, *outbound.tcp)) {
      continue;
    }
    ++walked;
    if (std::optional<SessionLink> link = LinkOf(outbound)) snapshot.links.push_back(*link);
  }
}

std::vector<SessionLinks::Outbound> SessionLinks::OutboundOf(const Snapshot& snapshot,
                                                             uint64_t asked) const {
  const std::set<uint32_t> users = UsersOf(snapshot);
  std::set<IpAddress> previous;
  for (const PreviousHost& host : snapshot.previous_hosts) previous.insert(host.remote.ip);
  std::vector<Outbound> found;
  size_t looked_at = 0;
  tables_.ForEach([&](const SocketTable& table) {
    for (const InternetSocket& tcp : table.tcp()) {
      if (++looked_at > kMostSockets || deadline_.Passed()) return;
      if (tcp.state != TCP_ESTABLISHED || tcp.inode == 0 || tcp.inode == asked) continue;
      if (!users.contains(tcp.uid) || table.DirectionOf(tcp) != Direction::kOutbound) continue;
      if (tcp.remote.ip == tcp.local.ip || IsLoopback(tcp.remote.ip)) continue;
      // Of root there are those of the system, too.
      const int rank = (previous.contains(tcp.remote.ip) ? 0 : 2) + (tcp.uid == 0 ? 1 : 0);
      found.push_back({.table = &table, .tcp = &tcp, .rank = rank});
    }
  });
  std::ranges::stable_sort(found, {}, &Outbound::rank);
  return found;
}

std::optional<SessionLink> SessionLinks::LinkOf(const Outbound& outbound) {
  Snapshot walked;
  Walk walk(options_, proc_, reader_, index_, tables_, deadline_);
  walk.From(outbound.tcp->inode, outbound.tcp->uid, walked, Walk::Which::kOnPaths);
  met_other_namespaces_ = met_other_namespaces_ || MetOtherNamespaces(walked);
  const auto is_direct = [](const PreviousHost& host) { return host.direct; };
  const auto first = std::ranges::find_if(walked.previous_hosts, is_direct);
  if (first == walked.previous_hosts.end() || first->one_of > 1 ||
      first->direction != Direction::kInbound ||
      std::ranges::count_if(walked.previous_hosts, is_direct) > 1) {
    return std::nullopt;
  }
  const auto [local, remote] = tables_.EndsOutside(*outbound.table, *outbound.tcp);
  return SessionLink{.outbound_local = local,
                     .outbound_remote = remote,
                     .inbound_local = first->local,
                     .inbound_remote = first->remote,
                     .sure = walked.previous_hosts.size() == 1 && !walked.truncated};
}

}  // namespace cairn::host
