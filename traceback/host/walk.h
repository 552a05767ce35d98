// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_WALK_H_
#define CAIRN_TRACEBACK_HOST_WALK_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_set.h"

#include "traceback/host/budget.h"
#include "traceback/host/deadline.h"
#include "traceback/host/descriptor_index.h"
#include "traceback/host/gaps.h"
#include "traceback/host/options.h"
#include "traceback/host/peer_finder.h"
#include "traceback/host/previous_hosts.h"
#include "traceback/host/process_reader.h"
#include "traceback/host/snapshot.h"
#include "traceback/host/socket_tables.h"
#include "traceback/host/visit.h"

namespace cairn::host {

// From the processes that hold a connection to all that their session came by (Carrier & Shields,
// section IV): up to their parents, and through pipes, UNIX-domain sockets, TCP connections within
// the host and pseudo terminals to the processes at the other ends, until nothing new appears.
//
// Other sessions must not get in by what all sessions share.  So:
//
//   A process found because it may *feed* the session (all but what follows) is followed through
//   what it reads from to whoever may write there, and through what it writes to, too, since a
//   chain may be seen from its end.
//   A process found because the session *writes* to it (a log, `tee`) is followed through what it
//   writes to, and to its parents, but not back to others that write to it.
//   A parent, or the holder of a session's terminal, is not followed down to whoever else uses a
//   terminal of its.
//   From a server whose client the session is, nobody goes on to its other clients.  A server of
//   another user is not followed at all ("shared_service").
//   A process that has accepted several connections, and is not the owner's own, leads to their
//   other ends by a *shared* path: which of them the session came by is not known.
//   Kept and not followed at all: process 1 ("init"); kernel threads ("kernel"); programs of
//   Options::services that system users run ("service"); a process found as a parent only that
//   listens for TCP connections and has none: it hands each to a child, and all sessions have it
//   for a parent ("listener"); a process of a system user, not the owner's, that has peers of more
//   than Options::max_peers users and sessions, or a parent of root's with more peers ("hub").
//
// What was found and not looked through is noted (Snapshot::not_seen).  A crowd hides nothing:
// parents are visited before others, each kind of relation has a share of the room (Budget), and
// processes like one that is kept are counted with it.
//
// One walk; thread-compatible.  Cost: linear in what the visited processes hold.
class Walk {
 public:
  // Processes that are looked at, for each that may be kept.
  static constexpr uint32_t kVisitsForEachKept = 8;

  Walk(const Options& options, const ProcFolder& proc, ProcessReader& reader,
       DescriptorIndex& index, SocketTables& tables, const Deadline& deadline = {});

  // Fills the snapshot's processes, connections and gaps.  `uid`: of the connection's socket.
  // kOnPaths leaves out the users' connections that no path leads to: their cost is linear in the
  // host's connections.
  enum class Which : uint8_t { kAll, kOnPaths };
  void From(uint64_t inode, uint32_t uid, Snapshot& snapshot, Which which = Which::kAll);

 private:
  void Run(Snapshot& snapshot);
  void Visit(const Found& found, Snapshot& snapshot);
  void VisitAgain(const Found& found, Visited& visited, Snapshot& snapshot);
  bool IsAnother(const Found& found, const ProcessFacts& facts) const;
  void Keep(const Found& found, Visited& visited, Snapshot& snapshot);
  void Follow(Visited& visited, Snapshot& snapshot);
  void Queue(Found found);
  void QueuePeers(const Visited& visited, Leads& leads);
  void QueueParent(const Visited& visited);
  void NoteGaps(const Visited& visited, const Leads& leads);
  void Truncate(const char* reason, Snapshot& snapshot);

  std::string WhyNotFollowed(const Visited& visited, const Leads& leads) const;
  bool IsOwn(const Process& process) const;
  bool IsHub(const Visited& visited, const Leads& leads) const;
  bool OnlyListens(const ProcessFacts& facts) const;
  size_t DistinctUsers(const Leads& leads) const;
  std::string LikenessOf(const Found& found, const ProcessFacts& facts) const;

  const Options& options_;
  const ProcFolder& proc_;
  ProcessReader& reader_;
  const DescriptorIndex& index_;
  SocketTables& tables_;
  const Deadline deadline_;
  PeerFinder peers_;
  GapFinder gap_finder_;
  Gaps gaps_;
  Budget visits_;
  Budget room_;
  std::set<uint32_t> owner_uids_;
  std::deque<Found> above_;   // first: parents
  std::deque<Found> queue_;   // then what is on paths of this session alone
  std::deque<Found> shared_;  // then the rest
  absl::flat_hash_set<std::tuple<uint32_t, Part, bool, bool, std::string>> queued_;
  VisitedByPid visited_;
  std::vector<uint32_t> order_;               // of visited_
  std::map<std::string, size_t> likenesses_;  // places of what is kept
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_WALK_H_
