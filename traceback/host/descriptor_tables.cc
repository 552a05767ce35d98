// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/descriptor_tables.h"

#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "fmt/format.h"

namespace cairn::host {
namespace {

constexpr size_t kMostTables = 64;

// Not known is another: it is looked at once more rather than not at all.
bool ShareDescriptors(uint32_t one, uint32_t other) {
  return syscall(SYS_kcmp, one, other, KCMP_FILES, 0, 0) == 0;
}

}  // namespace

std::vector<uint32_t> DescriptorTables(const ProcFolder& proc, uint32_t pid) {
  std::vector<uint32_t> threads = {pid};
  const std::string tasks = fmt::format("{}/task", pid);
  struct stat status {};
  constexpr nlink_t kOneThread = 3;  // the folder's own two links, and one for each thread
  if (fstatat(proc.descriptor(), tasks.c_str(), &status, 0) != 0 || status.st_nlink <= kOneThread) {
    return threads;
  }
  ProcFolder(proc, tasks.c_str()).ForEachNumber([&threads](uint32_t thread, const char*) {
    if (threads.size() >= kMostTables) return;
    const bool is_known = std::any_of(threads.begin(), threads.end(), [thread](uint32_t known) {
      return known == thread || ShareDescriptors(known, thread);
    });
    if (!is_known) threads.push_back(thread);
  });
  return threads;
}

std::string DescriptorFolder(uint32_t pid, uint32_t thread) {
  return fmt::format("{}/task/{}/fd", pid, thread);
}

}  // namespace cairn::host
