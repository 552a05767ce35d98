// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_OPEN_FILES_PROGRAM_H_
#define CAIRN_TRACEBACK_HOST_OPEN_FILES_PROGRAM_H_

#include <linux/bpf.h>

#include <cstdint>
#include <vector>

#include "traceback/host/kernel_types.h"

namespace cairn::host {

// The two programs that run in the kernel for open_files.h, as instructions, and what they write.
// Both only read what their iterator hands them.

// One for each thread that has descriptors: of a process's threads the main one, and those whose
// table is not the main one's.
struct TableEntry {
  uint64_t table = 0;  // the kernel's address
  uint32_t pid = 0;
  uint32_t thread = 0;
  uint64_t room = 0;  // descriptors that the table has room for
};

// One for each descriptor that is a socket, a named or unnamed pipe, a character device or a
// regular file, and was opened for more than its name.
struct FileEntry {
  uint32_t pid = 0;
  uint32_t thread = 0;
  uint64_t descriptor = 0;
  uint64_t inode_address = 0;
  uint64_t inode = 0;
  uint32_t device = 0;     // as the kernel encodes it
  uint32_t special = 0;    // likewise
  uint64_t boot_time = 0;  // of the process's start, in nanoseconds after boot
  uint32_t open_mode = 0;
  uint32_t inode_mode = 0;
  uint64_t magic = 0;  // of the file system
};

// Errors are in types.status().
std::vector<bpf_insn> TablesProgram(KernelTypes& types);
std::vector<bpf_insn> FilesProgram(KernelTypes& types);

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_OPEN_FILES_PROGRAM_H_
