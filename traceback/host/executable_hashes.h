// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_EXECUTABLE_HASHES_H_
#define CAIRN_TRACEBACK_HOST_EXECUTABLE_HASHES_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "traceback/host/deadline.h"
#include "traceback/host/proc_folder.h"

namespace cairn::host {

// What a process runs.
struct Executable {
  uint64_t device = 0;
  uint64_t inode = 0;
  std::string sha256;  // empty: not wanted, too large, or not to be read
};

// Hashes of running executables.  A file that was hashed before and has not changed since (inode,
// size, times) is not read again.  Remembers kMost of them; the longest unused is forgotten.
// Thread-compatible.
class ExecutableHashes {
 public:
  static constexpr size_t kMost = 1024;

  explicit ExecutableHashes(uint64_t max_bytes) : max_bytes_(max_bytes) {}

  // Of the process whose folder that is: the very file that it runs, whatever has its name now.
  // Requires: Begin() for each request.
  Executable Of(const ProcFolder& process, bool with_hash);
  // A new request: it may read so much, all files together, and so long; beyond, hashes stay empty.
  void Begin(const Deadline& deadline = {}) {
    budget_bytes_ = kMostBytesAtOnce;
    deadline_ = deadline;
  }

  // Device, inode, size, modification and status change in nanoseconds.
  using Key = std::tuple<uint64_t, uint64_t, int64_t, int64_t, int64_t>;
  struct Known {
    Key key;
    std::string sha256;
  };
  // What was hashed since the last call.
  std::vector<Known> TakeLearned() { return std::exchange(learned_, {}); }
  std::vector<Known> All() const { return {by_use_.rbegin(), by_use_.rend()}; }
  // What somebody else has hashed.
  void Learn(const Known& known);

 private:
  static constexpr uint64_t kMostBytesAtOnce = 256 << 20;

  uint64_t max_bytes_;
  uint64_t budget_bytes_ = kMostBytesAtOnce;
  Deadline deadline_;
  std::vector<Known> learned_;  // at most kMost
  std::list<Known> by_use_;     // the latest first
  std::map<Key, std::list<Known>::iterator> known_;
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_EXECUTABLE_HASHES_H_
