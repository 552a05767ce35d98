// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_DESCRIPTOR_INDEX_H_
#define CAIRN_TRACEBACK_HOST_DESCRIPTOR_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "traceback/host/proc_folder.h"
#include "traceback/host/proc_text.h"

namespace cairn::host {

// Which processes hold which socket, pipe or terminal: one look at every descriptor of every
// process, which the kernel offers no shorter way to.
//
// Cost: one system call for each open descriptor of the host, two for each process.  Memory: 24
// bytes a socket, pipe or terminal that a process holds, for at most kMostHolders of them; what is
// beyond is not found, and counted.
class DescriptorIndex {
 public:
  static constexpr size_t kMostHolders = 4 << 20;

  struct Holder {
    uint64_t number = 0;  // as of FdTarget
    FdTarget::Kind kind = FdTarget::Kind::kOther;
    uint32_t pid = 0;
    uint32_t thread = 0;  // in whose table it stands (descriptor_tables.h)
    uint32_t descriptor = 0;
  };

  // `proc`: /proc.
  explicit DescriptorIndex(const ProcFolder& proc);

  // Each holder once for each of its descriptors.  Masters of terminals all have the number 0 here.
  std::span<const Holder> HoldersOf(FdTarget::Kind kind, uint64_t number) const;
  uint64_t left_out() const { return left_out_; }
  // When it was complete, in clock ticks after boot, as processes' start times are counted.
  uint64_t taken_ticks() const { return taken_ticks_; }

 private:
  void AddProcess(const ProcFolder& proc, uint32_t pid);

  std::vector<Holder> holders_;  // sorted by kind, number, pid
  uint64_t left_out_ = 0;
  uint64_t taken_ticks_ = 0;
};

// A process that holds an end of a pipe.
struct PipeHolder {
  uint32_t pid = 0;
  bool reads = false;
  bool writes = false;
};

// Of a pipe, by the index.
std::vector<PipeHolder> HoldersOfPipe(const ProcFolder& proc, const DescriptorIndex& index,
                                      uint64_t inode);
// Of a named pipe, by another look at all descriptors: only asking for each file tells.
std::vector<PipeHolder> HoldersOfFifo(const ProcFolder& proc, uint64_t device, uint64_t inode);

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_DESCRIPTOR_INDEX_H_
