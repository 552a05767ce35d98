// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/walk.h"

#include <netinet/tcp.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "fmt/format.h"

namespace cairn::host {
namespace {

using Kind = FdTarget::Kind;

constexpr size_t kMostPeersAsked = 1024;  // for their users and sessions
constexpr int kPartOfOne = 2;             // reading one process takes at most half of what is left
constexpr size_t kMostServes = 16;        // listeners of one process that a session uses

// They start everybody's processes and sockets, and pass nothing on.
const std::vector<std::string>& ServiceManagers() {
  static const std::vector<std::string> paths = {"/usr/lib/systemd/systemd",
                                                 "/lib/systemd/systemd"};
  return paths;
}

// By the file that runs, not by a name that a process can give itself.
bool RunsOneOf(const Process& process, const std::vector<std::string>& paths) {
  return std::any_of(paths.begin(), paths.end(), [&process](const std::string& path) {
    struct stat status {};
    return process.executable == path && stat(path.c_str(), &status) == 0 &&
           status.st_dev == process.executable_device && status.st_ino == process.executable_inode;
  });
}

// How many connections of each listener a process has accepted.
std::map<std::string, size_t> AcceptedByListener(const Leads& leads) {
  std::map<std::string, size_t> counts;
  for (const Accepted& each : leads.accepted) ++counts[each.listener];
  return counts;
}

}  // namespace

Walk::Walk(const Options& options, const ProcFolder& proc, ProcessReader& reader,
           DescriptorIndex& index, SocketTables& tables, const Deadline& deadline)
    : options_(options),
      proc_(proc),
      reader_(reader),
      index_(index),
      tables_(tables),
      deadline_(deadline),
      peers_(options, proc, index, tables),
      gap_finder_(proc, reader, index, tables),
      visits_(options.max_processes * kVisitsForEachKept),
      room_(options.max_processes) {}

void Walk::From(uint64_t inode, uint32_t uid, Snapshot& snapshot, Which which) {
  const FdTarget asked = {.kind = Kind::kSocket, .number = inode};
  uint32_t last = 0;
  for (const DescriptorIndex::Holder& holder : index_.HoldersOf(asked.kind, asked.number)) {
    if (holder.pid != last) Queue({.pid = holder.pid, .via = asked});
    last = holder.pid;
  }
  if (index_.is_late()) Truncate("time", snapshot);
  Run(snapshot);
  // Nobody's: in flight between processes, in a ring, or beyond what was looked at.
  if (owner_uids_.empty()) owner_uids_.insert(uid);
  PreviousHosts hosts(options_, tables_, inode, owner_uids_, gaps_);
  hosts.Collect(visited_, order_, snapshot);
  if (which == Which::kAll) hosts.AddCandidates(proc_, index_, deadline_, snapshot);
  if (deadline_.Passed()) Truncate("time", snapshot);
  if (!index_.complete()) {
    gaps_.Note(Gap::kDescriptors, 0, "of other processes",
               static_cast<uint32_t>(std::max<size_t>(index_.unread().size(), 1)));
  }
  snapshot.not_seen = gaps_.Take();
}

void Walk::Run(Snapshot& snapshot) {
  while (true) {
    std::deque<Found>& next = !above_.empty() ? above_ : !queue_.empty() ? queue_ : shared_;
    if (next.empty()) return;
    if (deadline_.Passed()) return Truncate("time", snapshot);
    const Found found = std::move(next.front());
    next.pop_front();
    Visit(found, snapshot);
  }
}

void Walk::Truncate(const char* reason, Snapshot& snapshot) {
  snapshot.truncated = true;
  if (snapshot.truncated_by.empty()) snapshot.truncated_by = reason;
}

void Walk::Visit(const Found& found, Snapshot& snapshot) {
  if (found.pid == 0) return;
  if (const auto before = visited_.find(found.pid); before != visited_.end()) {
    VisitAgain(found, before->second, snapshot);
    return;
  }
  if (!visits_.Take(found.relation)) return Truncate("processes", snapshot);
  std::optional<ProcessFacts> facts = reader_.Read(found.pid, deadline_.Part(kPartOfOne));
  if (!facts.has_value() || IsAnother(found, *facts)) {
    gaps_.Note(Gap::kEnded, found.related_to, {});
    return;
  }
  facts->process.relation = found.relation;
  facts->process.related_to = found.related_to;
  tables_.Meet(facts->process.network_namespace, found.pid);
  if (found.relation == Relation::kOwner) {
    owner_uids_.insert({facts->process.effective_uid, facts->process.real_uid});
  }
  // Processes that hold the same as one that is kept lead nowhere else.
  const std::string likeness = LikenessOf(found, *facts);
  if (const auto like = likenesses_.find(likeness); like != likenesses_.end()) {
    ++snapshot.processes[like->second].identical;
    visits_.Return(found.relation);
    return;
  }
  Visited& visited = visited_[found.pid];
  visited.facts = *std::move(facts);
  visited.part = found.part;
  visited.only_above = IsAbove(found.relation);
  visited.shared = found.shared;
  visited.only_serves = !found.served_by.empty();
  if (visited.only_serves) visited.serves.insert(found.served_by);
  visited.came_from = found.related_to;
  order_.push_back(found.pid);
  Keep(found, visited, snapshot);
  if (visited.place.has_value()) likenesses_[likeness] = *visited.place;
  Follow(visited, snapshot);
}

// What it was not followed through before, it is now.
void Walk::VisitAgain(const Found& found, Visited& visited, Snapshot& snapshot) {
  bool more = found.part > visited.part;
  visited.part = std::max(visited.part, found.part);
  if (visited.only_above && !IsAbove(found.relation)) {
    visited.only_above = false;
    more = true;
  }
  if (visited.shared && !found.shared) {
    visited.shared = false;
    visited.came_from = found.related_to;
    more = true;
  }
  if (!found.served_by.empty()) {
    // Looked at again only for the sake of what is noted: not as often as somebody likes.
    if (visited.only_serves && visited.serves.insert(found.served_by).second) {
      more = more || visited.serves.size() <= kMostServes;
    }
  } else if (visited.only_serves) {
    visited.only_serves = false;
    more = true;
  }
  if (more) Follow(visited, snapshot);
}

void Walk::Keep(const Found& found, Visited& visited, Snapshot& snapshot) {
  if (!room_.Take(found.relation)) {
    Truncate("processes", snapshot);
    return;
  }
  visited.place = snapshot.processes.size();
  snapshot.processes.push_back(visited.facts.process);
}

// Whether the number has gone over to another process since it was found.
bool Walk::IsAnother(const Found& found, const ProcessFacts& facts) const {
  const std::optional<uint64_t> start = index_.StartOf(found.pid);
  if (start.has_value() && *start != facts.start_ticks) return true;
  if (found.relation == Relation::kParent) {
    const auto child = visited_.find(found.related_to);
    return child != visited_.end() && facts.start_ticks > child->second.facts.start_ticks;
  }
  if (!start.has_value()) return true;
  const bool all_read = facts.descriptors_left_out == 0 && facts.tables_complete;
  return all_read && found.via.kind != Kind::kOther &&
         !facts.Holds(found.via.kind, found.via.number);
}

// What is the same of processes that need not be looked at one by one.
std::string Walk::LikenessOf(const Found& found, const ProcessFacts& facts) const {
  const Process& process = facts.process;
  std::string likeness =
      fmt::format("{} {} {} {} {} {} {}:{} {} {}", static_cast<int>(found.relation),
                  static_cast<int>(found.part), found.shared, process.parent, process.effective_uid,
                  process.real_uid, process.executable_device, process.executable_inode,
                  process.terminal, found.served_by);
  likeness += fmt::format(" {} {}", process.audit_session.value_or(0), process.ssh_connection);
  for (const RawDescriptor& raw : facts.descriptors) {
    // Masters of terminals have no number that tells them apart.
    if (raw.target.kind == Kind::kTerminalMaster) return fmt::format("only {}", process.pid);
    if (raw.target.kind != Kind::kOther || raw.file.is_fifo) {
      likeness += fmt::format(" {}:{}:{}{}{}", static_cast<int>(raw.target.kind),
                              raw.file.is_fifo ? raw.file.inode : raw.target.number,
                              raw.file.device, raw.readable, raw.writable);
    }
  }
  return likeness;
}

void Walk::Follow(Visited& visited, Snapshot& snapshot) {
  Leads leads = peers_.LeadsOf(visited);
  visited.why_not = WhyNotFollowed(visited, leads);
  NoteGaps(visited, leads);
  if (leads.peers_left_out > 0) Truncate("processes", snapshot);
  if (visited.place.has_value()) {
    Process& process = snapshot.processes[*visited.place];
    process.not_followed = visited.why_not;
    if (options_.keep_descriptors) {
      process.descriptors = std::move(leads.shown);
      process.descriptors_left_out = static_cast<uint32_t>(leads.left_out);
    }
  }
  if (visited.why_not.empty()) QueuePeers(visited, leads);
  // Who started a service of others has nothing to do with what its clients do.
  if (visited.why_not != "shared_service") QueueParent(visited);
}

void Walk::QueueParent(const Visited& visited) {
  Queue({.pid = visited.facts.process.parent,
         .part = visited.part,
         .relation = Relation::kParent,
         .related_to = visited.facts.process.pid,
         .shared = visited.shared});
}

void Walk::QueuePeers(const Visited& visited, Leads& leads) {
  const std::map<std::string, size_t> accepted = AcceptedByListener(leads);
  for (Found& peer : leads.peers) {
    if (const auto of_listener = accepted.find(peer.client_of); of_listener != accepted.end()) {
      if (visited.only_serves && visited.serves.contains(peer.client_of)) continue;
      if (of_listener->second > 1 && !IsOwn(visited.facts.process)) peer.shared = true;
    }
    Queue(std::move(peer));
  }
}

void Walk::Queue(Found found) {
  if (found.pid == 0) return;
  const bool above = IsAbove(found.relation);
  if (!queued_.emplace(found.pid, found.part, above, found.shared, found.served_by).second) return;
  std::deque<Found>& queue = found.shared ? shared_ : above ? above_ : queue_;
  queue.push_back(std::move(found));
}

void Walk::NoteGaps(const Visited& visited, const Leads& leads) {
  const Process& process = visited.facts.process;
  const std::string& why_not = visited.why_not;
  gaps_.Forget(process.pid);
  if (visited.only_serves) {
    std::map<std::string, size_t> accepted = AcceptedByListener(leads);
    size_t clients = 0;
    for (const std::string& listener : visited.serves) clients += accepted[listener];
    const size_t others = clients > visited.serves.size() ? clients - visited.serves.size() : 0;
    if (others > 0 || why_not == "shared_service") {
      gaps_.Note(Gap::kSameService, process.pid, *visited.serves.begin(),
                 static_cast<uint32_t>(others));
    }
  }
  for (const uint32_t maker : leads.blind_tunnels) {
    gaps_.Note(Gap::kNamespace, process.pid,
               fmt::format("/dev/net/tun, into a network of user {}", maker));
  }
  if (why_not == "hub" || (why_not == "service" && !visited.only_above)) {
    gaps_.Note(Gap::kNotFollowed, process.pid, process.name);
  }
  if (why_not.empty() && !visited.shared) gap_finder_.Look(visited, gaps_);
}

// Whether it is the owner's, who can make it look like anything; system users share theirs.
bool Walk::IsOwn(const Process& process) const {
  return process.effective_uid >= options_.first_user_id &&
         owner_uids_.contains(process.effective_uid);
}

std::string Walk::WhyNotFollowed(const Visited& visited, const Leads& leads) const {
  const Process& process = visited.facts.process;
  if (process.pid == 1) return "init";
  if (visited.facts.is_kernel_thread) return "kernel";
  if (visited.came_from == 0) return {};
  const bool by_system = process.effective_uid < options_.first_user_id;
  if (RunsOneOf(process, ServiceManagers()) ||
      (by_system && RunsOneOf(process, options_.services))) {
    return "service";
  }
  if (visited.only_above && OnlyListens(visited.facts)) return "listener";
  if (visited.only_serves && !IsOwn(process)) return "shared_service";
  if (by_system && IsHub(visited, leads)) return "hub";
  return {};
}

// The owner's own processes are none, however many they talk to: they could make one to hide
// behind. But above a session of root's are the supervisors of everything on the host.
bool Walk::IsHub(const Visited& visited, const Leads& leads) const {
  const uint32_t uid = visited.facts.process.effective_uid;
  if (uid == 0 && IsAbove(visited.facts.process.relation)) {
    std::set<uint32_t> pids;
    for (const Found& peer : leads.peers) pids.insert(peer.pid);
    return pids.size() > options_.max_peers;
  }
  return !owner_uids_.contains(uid) && DistinctUsers(leads) > options_.max_peers;
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

// Users, or sessions of one, at the other ends: one user's processes are one, however many.
size_t Walk::DistinctUsers(const Leads& leads) const {
  std::set<uint32_t> pids;
  std::set<std::pair<uint32_t, std::string>> users;
  for (const Found& peer : leads.peers) {
    if (pids.size() >= kMostPeersAsked || !pids.insert(peer.pid).second) continue;
    const std::string folder = fmt::format("{}", peer.pid);
    struct stat status {};
    if (fstatat(proc_.descriptor(), folder.c_str(), &status, 0) != 0) continue;
    users.emplace(status.st_uid, proc_.Read((folder + "/sessionid").c_str()));
  }
  return users.size();
}

}  // namespace cairn::host
