// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_SESSION_LINKS_H_
#define CAIRN_TRACEBACK_HOST_SESSION_LINKS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "traceback/host/deadline.h"
#include "traceback/host/descriptor_index.h"
#include "traceback/host/executable_hashes.h"
#include "traceback/host/options.h"
#include "traceback/host/proc_folder.h"
#include "traceback/host/process_reader.h"
#include "traceback/host/snapshot.h"
#include "traceback/host/socket_tables.h"

namespace cairn::host {

// Whether a walk that found these processes met namespaces other than its owner's.
bool MetOtherNamespaces(const Snapshot& snapshot);

// Which connections that a session's users opened are driven by which ones from other hosts.
//
// A walk from each (walk.h), by the same look, that keeps less of each process, and leaves its
// memory alone.  A link is noted only if the walk found one direct previous host, and that alone:
// of what may be one of several, the host itself has to be asked.  Thread-compatible.
class SessionLinks {
 public:
  static constexpr uint32_t kMostProcesses = 64;  // of a walk
  static constexpr size_t kMostSockets = 65536;   // that are looked at

  // All outlive this.
  SessionLinks(Options options, const ProcFolder& proc, ExecutableHashes& hashes,
               DescriptorIndex& index, SocketTables& tables, const Deadline& deadline);

  // Fills `links`; `asked`: the connection's that the snapshot is of.
  void AddTo(Snapshot& snapshot, uint64_t asked, size_t most);
  bool met_other_namespaces() const { return met_other_namespaces_; }

 private:
  struct Outbound {
    const SocketTable* table = nullptr;
    const InternetSocket* tcp = nullptr;
    int rank = 0;  // the lower, the sooner
  };

  std::vector<Outbound> OutboundOf(const Snapshot& snapshot, uint64_t asked) const;
  std::optional<SessionLink> LinkOf(const Outbound& outbound);

  const Options options_;
  const ProcFolder& proc_;
  DescriptorIndex& index_;
  SocketTables& tables_;
  const Deadline deadline_;
  ProcessReader reader_;
  bool met_other_namespaces_ = false;
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_SESSION_LINKS_H_
