// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_PROCESS_READER_H_
#define CAIRN_TRACEBACK_HOST_PROCESS_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "base/time.h"
#include "traceback/host/deadline.h"
#include "traceback/host/executable_hashes.h"
#include "traceback/host/options.h"
#include "traceback/host/proc_folder.h"
#include "traceback/host/proc_text.h"
#include "traceback/host/snapshot.h"

namespace cairn::host {

// An open descriptor as /proc shows it.
struct RawDescriptor {
  uint32_t number = 0;
  uint32_t thread = 0;  // in whose table it stands
  FdTarget target = {};
  std::string link = {};
  bool readable = false;
  bool writable = false;
  FileIdentity file = {};  // of what has a path
  bool in_ring = false;    // registered in the io_uring that has this number
};

// One process, read whole.
struct ProcessFacts {
  Process process;
  // Sockets first, then pipes, terminals and the rest, each by number; at most kMostDescriptors.
  std::vector<RawDescriptor> descriptors;
  uint64_t descriptors_left_out = 0;
  bool tables_complete = true;       // false: it has more tables of descriptors than are read
  std::optional<uint32_t> terminal;  // number of its controlling pseudo terminal
  uint64_t start_ticks = 0;
  bool is_kernel_thread = false;
  uint64_t mount_namespace = 0;

  bool Holds(FdTarget::Kind kind, uint64_t number) const;
};

// Reads processes of one walk.  Thread-compatible.
class ProcessReader {
 public:
  static constexpr size_t kMostDescriptors = 65536;  // of one process, that are followed
  static constexpr size_t kMostMappings = 64;
  static constexpr size_t kMostRemembered = 16384;

  // Requires: `proc` and `hashes` outlive this.
  ProcessReader(const Options& options, const ProcFolder& proc, ExecutableHashes& hashes,
                PacketTime boot_time)
      : options_(options), proc_(proc), hashes_(hashes), boot_time_(boot_time) {}

  // If not, what processes have in their memory, and the files of their programs, are left alone.
  // Such a look can wait for as long as their user likes: for a file system of their own making
  // (a program on an overlay over FUSE), or for memory that is being changed.  There is then no
  // command line, no hash, and no SSH_CONNECTION.
  void set_reads_memory(bool reads) { reads_memory_ = reads; }
  bool reads_memory() const { return reads_memory_; }

  // From now on what was read once of a process is told again: for walks that are led to the same
  // ones again and again.  Of processes with kMostRemembered descriptors together.
  void Remember() { remembers_ = true; }

  // Unset: it has gone.  Descriptors that are not reached by then are left out.
  std::optional<ProcessFacts> Read(uint32_t pid, const Deadline& deadline = {});
  // Memory that it shares with others who may write there, at most kMostMappings pieces.
  std::vector<SharedMapping> SharedMemory(uint32_t pid) const;
  // The name of a user, asked for once.
  const std::string& NameOf(uint32_t uid);

 private:
  std::optional<ProcessFacts> ReadAnew(uint32_t pid, const Deadline& deadline);
  bool ReadIdentity(const ProcFolder& folder, ProcessFacts& facts);
  void ReadDetails(const ProcFolder& folder, ProcessFacts& facts);
  void ReadProgram(const ProcFolder& folder, Process& process);
  void ReadDescriptors(const ProcFolder& folder, const Deadline& deadline,
                       ProcessFacts& facts) const;

  const Options& options_;
  const ProcFolder& proc_;
  ExecutableHashes& hashes_;
  PacketTime boot_time_;
  bool reads_memory_ = true;
  bool remembers_ = false;
  size_t remembered_descriptors_ = 0;  // and one for each process
  absl::flat_hash_map<uint32_t, ProcessFacts> remembered_;
  absl::flat_hash_map<uint32_t, std::string> names_;
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_PROCESS_READER_H_
