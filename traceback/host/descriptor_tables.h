// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_DESCRIPTOR_TABLES_H_
#define CAIRN_TRACEBACK_HOST_DESCRIPTOR_TABLES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "traceback/host/proc_folder.h"

namespace cairn::host {

// One thread for each table of descriptors of a process.
struct Tables {
  std::vector<uint32_t> threads;  // the process's own number first
  bool complete = true;           // false: there are more threads or tables than are looked at
};

// Most processes have one table; a thread can have its own (unshare(CLONE_FILES)), and once the
// main thread has ended only the others have theirs.  At most 4096 threads are looked at and 1024
// tables.  Cost: one system call, and the logarithm of the tables for each further thread.
Tables DescriptorTables(const ProcFolder& proc, uint32_t pid);

// The folder of such a thread's descriptors in /proc: "7/task/8/fd".
std::string DescriptorFolder(uint32_t pid, uint32_t thread);

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_DESCRIPTOR_TABLES_H_
