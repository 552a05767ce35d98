// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACEBACK_HOST_OPEN_FILES_BY_PROC_H_
#define CAIRN_TESTS_TRACEBACK_HOST_OPEN_FILES_BY_PROC_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "traceback/host/open_files.h"

namespace cairn::host {

// Null, and said aloud why: this host has no such thing.
OpenFiles* TheOpenFiles();

// The open files of some processes.
std::vector<OpenFile> FilesOf(OpenFiles& open_files, const std::set<uint32_t>& pids);

// The same as lines of text, and what /proc says of the same.
using Lines = std::multiset<std::string>;
Lines LinesOf(OpenFiles& open_files, const std::set<uint32_t>& pids);
Lines LinesByProc(const std::set<uint32_t>& pids);

// A field of /proc/PID/stat, as proc(5) numbers them.
std::string StatField(uint32_t pid, size_t number);

// In a child, where nothing may throw.
void Must(bool is_so);

}  // namespace cairn::host

#endif  // CAIRN_TESTS_TRACEBACK_HOST_OPEN_FILES_BY_PROC_H_
