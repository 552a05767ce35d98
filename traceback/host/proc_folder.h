// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_PROC_FOLDER_H_
#define CAIRN_TRACEBACK_HOST_PROC_FOLDER_H_

#include <dirent.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/unique_fd.h"

namespace cairn::host {

// An open folder of /proc.  While /proc/PID is held, what is read in it is of that process, or
// nothing any more: another one with the same number is never met.  Thread-compatible.
class ProcFolder {
 public:
  // Not open when there is none, or it may not be read.
  explicit ProcFolder(const char* path);
  ProcFolder(const ProcFolder& above, const char* name);

  bool is_open() const { return descriptor_.is_open(); }
  int descriptor() const { return descriptor_.get(); }
  // The first `most` bytes of a file in it; empty: none.
  std::string Read(const char* name, size_t most = 16384) const;
  // Where a link in it leads, at most 4095 bytes; empty: nowhere.
  std::string ReadLink(const char* name) const;
  // Calls `visit(number, name)` with each entry whose name is a number.
  void ForEachNumber(const std::function<void(uint32_t number, const char* name)>& visit) const;
  // Of a folder of descriptors (/proc/PID/fd): the same from descriptor `first` on, until `visit`
  // returns false.
  void ForEachDescriptor(uint32_t first,
                         const std::function<bool(uint32_t number, const char* name)>& visit) const;

 private:
  UniqueFd descriptor_;
};

// What a link of /proc leads to.
struct FileIdentity {
  bool is_fifo = false;
  bool is_regular = false;
  uint64_t device = 0;
  uint64_t inode = 0;
  uint32_t uid = 0;   // its owner
  uint32_t mode = 0;  // who may read and write it
};
// By what the kernel knows: a file system that does not answer is not waited for.  All zero: it
// cannot be told.
FileIdentity IdentityOf(const ProcFolder& folder, const char* name);

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_PROC_FOLDER_H_
