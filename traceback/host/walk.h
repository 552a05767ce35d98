// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_WALK_H_
#define CAIRN_TRACEBACK_HOST_WALK_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "traceback/host/descriptor_index.h"
#include "traceback/host/options.h"
#include "traceback/host/process_reader.h"
#include "traceback/host/snapshot.h"
#include "traceback/host/socket_tables.h"

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
//   Kept and not followed at all: process 1 ("init"); kernel threads ("kernel"); programs of
//   Options::services that system users run ("service"); a process found as a parent only that
//   listens for TCP connections and has none: it hands each to a child, and all sessions have it
//   for a parent ("listener"); a process of a system user with more than Options::max_peers peers
//   ("hub").
//
// One walk; thread-compatible.
class Walk {
 public:
  Walk(const Options& options, const ProcFolder& proc, ProcessReader& reader,
       const DescriptorIndex& index, SocketTables& tables)
      : options_(options),
        proc_(proc),
        reader_(reader),
        index_(index),
        tables_(tables),
        began_ticks_(index.taken_ticks()) {}

  // Fills the snapshot's processes and previous hosts.
  void From(uint64_t inode, Snapshot& snapshot);

 private:
  // How a process may take part; the more, the larger.
  enum class Part : uint8_t { kHears, kFeeds };
  struct Found {
    uint32_t pid = 0;
    Part part = Part::kFeeds;
    Relation relation = Relation::kOwner;
    uint32_t related_to = 0;
  };
  struct Visited {
    ProcessFacts facts;
    size_t place = 0;  // in the snapshot
    Part part = Part::kHears;
    bool only_above = true;  // found as a parent or holder of the terminal, not otherwise
  };

  void Visit(const Found& found, Snapshot& snapshot);
  bool IsAnother(const Found& found, const ProcessFacts& facts) const;
  void Follow(const Visited& visited, Snapshot& snapshot);
  std::string WhyNotFollowed(const Visited& visited, size_t peers) const;
  bool OnlyListens(const ProcessFacts& facts) const;
  bool RunsOneOf(const Process& process, const std::vector<std::string>& paths) const;

  // What a descriptor is, and what it leads to.
  Descriptor Look(const Visited& visited, const RawDescriptor& raw, std::vector<Found>& peers);
  void LookAtSocket(const Visited& visited, Descriptor& shown, std::vector<Found>& peers);
  void AddPipePeers(const Visited& visited, const RawDescriptor& raw,
                    const std::vector<PipeHolder>& holders, std::vector<Found>& peers);
  void AddMasters(const Visited& visited, uint64_t terminal, Part part, std::vector<Found>& peers);
  void AddSlaves(const Visited& visited, const RawDescriptor& raw, std::vector<Found>& peers);
  void AddHolders(const Visited& visited, uint64_t inode, Relation relation,
                  std::vector<Found>& peers) const;
  std::optional<uint64_t> TerminalOfMaster(uint32_t pid, uint32_t descriptor) const;
  bool SharesMounts(const Visited& visited, uint32_t pid) const;

  void NotePreviousHosts(const Visited& visited, Snapshot& snapshot);

  const Options& options_;
  const ProcFolder& proc_;
  ProcessReader& reader_;
  const DescriptorIndex& index_;
  SocketTables& tables_;
  const uint64_t began_ticks_;  // processes that started later are not those of the index
  uint64_t asked_inode_ = 0;
  std::deque<Found> queue_;
  std::map<uint32_t, Visited> visited_;
  std::set<std::pair<Endpoint, Endpoint>> previous_;
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_WALK_H_
