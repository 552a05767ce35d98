// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_PREVIOUS_HOSTS_H_
#define CAIRN_TRACEBACK_HOST_PREVIOUS_HOSTS_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "traceback/host/deadline.h"
#include "traceback/host/descriptor_index.h"
#include "traceback/host/gaps.h"
#include "traceback/host/options.h"
#include "traceback/host/snapshot.h"
#include "traceback/host/socket_tables.h"
#include "traceback/host/visit.h"

namespace cairn::host {

using VisitedByPid = absl::flat_hash_map<uint32_t, Visited>;

// Which connections to other hosts the processes of a walk hold, and how each stands to the
// session.  Of a walk that is over; thread-compatible.
class PreviousHosts {
 public:
  static constexpr size_t kMostPrevious = 256;
  static constexpr size_t kMostOthers = 64;  // of each kind

  // `asked_inode`: the connection's that was asked about; `owner_uids`: of the processes that hold
  // it.  What could not be told goes to `gaps`, which outlives this.
  PreviousHosts(const Options& options, SocketTables& tables, uint64_t asked_inode,
                std::set<uint32_t> owner_uids, Gaps& gaps)
      : options_(options),
        tables_(tables),
        asked_inode_(asked_inode),
        owner_uids_(std::move(owner_uids)),
        gaps_(gaps) {}

  // Fills the snapshot's previous hosts and other connections; `order`: of the processes, as found.
  void Collect(const VisitedByPid& visited, const std::vector<uint32_t>& order, Snapshot& snapshot);
  // Adds connections from other hosts that the same users hold, and that no path led to.
  // Not all of them, if the deadline passes.
  void AddCandidates(const ProcFolder& proc, const DescriptorIndex& index, const Deadline& deadline,
                     Snapshot& snapshot);

 private:
  // A connection, and who holds it.
  struct Held {
    const VisitedByPid& visited;
    const Visited& holder;
    const SocketTable& table;
    const InternetSocket& tcp;
    Direction direction = Direction::kUnknown;
    uint32_t one_of = 1;  // connections that the holder accepted at that port
  };

  void Look(const VisitedByPid& visited, const Visited& holder, Snapshot& snapshot);
  void LookAt(const Held& held, Snapshot& snapshot);
  void AddPrevious(const Held& held, Snapshot& snapshot);
  void AddOther(Bystander why, uint32_t uid, const Held& held, Snapshot& snapshot);
  bool IsOwnOrdinary(const Process& process) const;

  const Options& options_;
  SocketTables& tables_;
  const uint64_t asked_inode_;
  const std::set<uint32_t> owner_uids_;
  Gaps& gaps_;
  std::set<std::pair<Endpoint, Endpoint>> known_;
  std::set<std::pair<Endpoint, Endpoint>> known_of_users_;  // in namespaces that users made
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_PREVIOUS_HOSTS_H_
