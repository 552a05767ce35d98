// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_PEER_FINDER_H_
#define CAIRN_TRACEBACK_HOST_PEER_FINDER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "traceback/host/descriptor_index.h"
#include "traceback/host/options.h"
#include "traceback/host/process_reader.h"
#include "traceback/host/snapshot.h"
#include "traceback/host/socket_tables.h"
#include "traceback/host/visit.h"

namespace cairn::host {

// A connection that a process accepted.
struct Accepted {
  std::string listener;  // "tcp 6379", "unix /run/mysqld/mysqld.sock"
  uint64_t inode = 0;
};

// What the descriptors of a process lead to.
struct Leads {
  std::vector<Descriptor> shown;  // at most Options::max_descriptors
  uint64_t left_out = 0;          // descriptors that are not shown
  std::vector<Found> peers;
  uint64_t peers_left_out = 0;  // a crowd holds very much of what it holds
  std::vector<Accepted> accepted;
  // Tunnels into networks that users made, behind which nobody was found: who made each.
  std::vector<uint32_t> blind_tunnels;
  std::vector<const RawDescriptor*> tunnels;  // among its descriptors, a few
};

// Finds the processes at the other ends of what a process holds.  One walk; thread-compatible.
class PeerFinder {
 public:
  PeerFinder(const Options& options, const ProcFolder& proc, DescriptorIndex& index,
             SocketTables& tables)
      : options_(options), proc_(proc), index_(index), tables_(tables) {}

  Leads LeadsOf(const Visited& visited);

 private:
  Descriptor Look(const Visited& visited, const RawDescriptor& raw, Leads& leads);
  void LookAtSocket(const Visited& visited, uint32_t thread, Descriptor& shown, Leads& leads);
  void LookAtUnix(const Visited& visited, const SocketTable& table, const UnixSocket& socket,
                  Descriptor& shown, Leads& leads);
  void LookAtTcp(const Visited& visited, const SocketTable& table, const InternetSocket& socket,
                 Descriptor& shown, Leads& leads);
  void LookBehindTunnel(const Visited& visited, const InternetSocket& outer, Leads& leads);
  void AddPipePeers(const Visited& visited, const RawDescriptor& raw, FdTarget via,
                    std::span<const PipeHolder> holders, Leads& leads);
  void AddMasters(const Visited& visited, uint64_t terminal, Part part, Leads& leads);
  void AddSlaves(const Visited& visited, const RawDescriptor& raw, Leads& leads);
  void AddHolders(const Visited& visited, const Found& peer, Leads& leads);
  uint64_t MountsOf(uint32_t pid);

  const Options& options_;
  const ProcFolder& proc_;
  DescriptorIndex& index_;
  SocketTables& tables_;
  absl::flat_hash_map<uint32_t, uint64_t> mounts_;
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_PEER_FINDER_H_
