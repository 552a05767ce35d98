// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_PROCESS_READER_H_
#define CAIRN_TRACEBACK_HOST_PROCESS_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "capture/time.h"
#include "traceback/host/executable_hashes.h"
#include "traceback/host/options.h"
#include "traceback/host/proc_folder.h"
#include "traceback/host/proc_text.h"
#include "traceback/host/snapshot.h"

namespace cairn::host {

// An open descriptor as /proc shows it.
struct RawDescriptor {
  uint32_t number = 0;
  FdTarget target;
  std::string link;
  bool readable = false;
  bool writable = false;
  bool is_fifo = false;  // a named pipe; then:
  uint64_t device = 0;
  uint64_t inode = 0;
};

// One process, read whole.
struct ProcessFacts {
  Process process;
  std::vector<RawDescriptor> descriptors;  // by number; at most kMostDescriptors
  uint64_t descriptors_left_out = 0;
  std::optional<uint32_t> terminal;  // number of its controlling pseudo terminal
  uint64_t start_ticks = 0;
  bool is_kernel_thread = false;
  uint64_t mount_namespace = 0;
};

// Reads processes of one walk.  Thread-compatible.
class ProcessReader {
 public:
  static constexpr size_t kMostDescriptors = 65536;  // of one process, that are followed

  // Requires: `proc` and `hashes` outlive this.
  ProcessReader(const Options& options, const ProcFolder& proc, ExecutableHashes& hashes,
                PacketTime boot_time)
      : options_(options), proc_(proc), hashes_(hashes), boot_time_(boot_time) {}

  // Unset: it has gone.
  std::optional<ProcessFacts> Read(uint32_t pid);
  // The name of a user, asked for once.
  const std::string& NameOf(uint32_t uid);

 private:
  bool ReadIdentity(const ProcFolder& folder, ProcessFacts& facts);
  void ReadDetails(const ProcFolder& folder, ProcessFacts& facts);
  void ReadDescriptors(ProcessFacts& facts) const;

  const Options& options_;
  const ProcFolder& proc_;
  ExecutableHashes& hashes_;
  PacketTime boot_time_;
  absl::flat_hash_map<uint32_t, std::string> names_;
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_PROCESS_READER_H_
