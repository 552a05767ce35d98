// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_GAPS_H_
#define CAIRN_TRACEBACK_HOST_GAPS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "traceback/host/descriptor_index.h"
#include "traceback/host/process_reader.h"
#include "traceback/host/snapshot.h"
#include "traceback/host/socket_tables.h"
#include "traceback/host/visit.h"

namespace cairn::host {

// Collects what a walk met and could not look through: each kind once for each process, at most
// kMost; what is beyond is counted with the last.  Thread-compatible.
class Gaps {
 public:
  static constexpr size_t kMost = 128;

  void Note(Gap gap, uint32_t pid, std::string_view detail, uint32_t count = 1);
  // A process is looked at again: what it holds is not to be counted twice.
  void Forget(uint32_t pid);
  std::vector<NotSeen> Take();

 private:
  std::vector<NotSeen> gaps_;
  std::map<std::pair<uint32_t, Gap>, size_t> known_;
  std::set<size_t> forgotten_;  // places in gaps_
};

// Looks for ways by which something may come into a process that the kernel does not name the other
// end of: datagrams, shared memory, files that others write, rings, descriptors in flight.
class GapFinder {
 public:
  GapFinder(const ProcFolder& proc, const ProcessReader& reader, DescriptorIndex& index,
            const SocketTables& tables)
      : proc_(proc), reader_(reader), index_(index), tables_(tables) {}

  void Look(const Visited& visited, Gaps& gaps);

 private:
  void LookAtSocket(uint32_t pid, const RawDescriptor& raw, Gaps& gaps) const;
  void LookAtFile(const Visited& visited, const RawDescriptor& raw, Gaps& gaps);
  std::string Info(uint32_t pid, const RawDescriptor& raw) const;

  const ProcFolder& proc_;
  const ProcessReader& reader_;
  DescriptorIndex& index_;
  const SocketTables& tables_;
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_GAPS_H_
