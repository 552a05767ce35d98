// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/descriptor_tables.h"

#include <linux/kcmp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "fmt/format.h"

namespace cairn::host {
namespace {

constexpr size_t kMostThreads = 4096;
constexpr size_t kMostTables = 1024;

// The kernel's order of the tables of two threads: 0 the same, 1 less, 2 greater; below 0 or 3: it
// does not say.
long Compare(uint32_t one, uint32_t other) {
  return syscall(SYS_kcmp, one, other, KCMP_FILES, 0, 0);
}

// Threads of different tables, in the kernel's order.
class TableSet {
 public:
  // Whether the thread has a table that no other one here has.  Not known is another: it is looked
  // at once more rather than not at all.
  bool Add(uint32_t thread) {
    size_t low = 0;
    size_t high = sorted_.size();
    while (low < high) {
      const size_t middle = (low + high) / 2;
      const long order = Compare(thread, sorted_[middle]);
      if (order == 0) return false;
      if (order == 2) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    sorted_.insert(sorted_.begin() + static_cast<ptrdiff_t>(low), thread);
    return true;
  }

 private:
  std::vector<uint32_t> sorted_;
};

}  // namespace

Tables DescriptorTables(const ProcFolder& proc, uint32_t pid) {
  Tables tables = {.threads = {pid}};
  const std::string tasks = fmt::format("{}/task", pid);
  struct stat status {};
  constexpr nlink_t kOneThread = 3;  // the folder's own two links, and one for each thread
  if (fstatat(proc.descriptor(), tasks.c_str(), &status, 0) != 0 || status.st_nlink <= kOneThread) {
    return tables;
  }
  TableSet known;
  known.Add(pid);
  size_t seen = 0;
  ProcFolder(proc, tasks.c_str()).ForEachNumber([&](uint32_t thread, const char*) {
    if (thread == pid) return;
    if (++seen > kMostThreads || tables.threads.size() >= kMostTables) {
      tables.complete = false;
    } else if (known.Add(thread)) {
      tables.threads.push_back(thread);
    }
  });
  return tables;
}

std::string DescriptorFolder(uint32_t pid, uint32_t thread) {
  return fmt::format("{}/task/{}/fd", pid, thread);
}

}  // namespace cairn::host
