// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_DESCRIPTOR_TABLES_H_
#define CAIRN_TRACEBACK_HOST_DESCRIPTOR_TABLES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "traceback/host/proc_folder.h"

namespace cairn::host {

// The threads of a process whose descriptors are to be looked at: the process itself, and one for
// each table of descriptors that is not the process's own.  Most have one table; a thread can have
// its own (unshare(CLONE_FILES)), and once the main thread has ended only the others have theirs.
// At most 64.  Cost: one system call, and one for each further thread.
std::vector<uint32_t> DescriptorTables(const ProcFolder& proc, uint32_t pid);

// The folder of such a thread's descriptors in /proc: "7/task/8/fd".
std::string DescriptorFolder(uint32_t pid, uint32_t thread);

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_DESCRIPTOR_TABLES_H_
