// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_OPEN_FILES_H_
#define CAIRN_TRACEBACK_HOST_OPEN_FILES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "traceback/host/bpf_iterator.h"
#include "traceback/host/open_files_program.h"

namespace cairn::host {

// An open descriptor of a process, as the kernel has it.
struct OpenFile {
  uint32_t pid = 0;
  uint32_t thread = 0;  // in whose table it stands
  uint32_t descriptor = 0;
  uint32_t mode = 0;  // of the inode: type and permissions, as st_mode of stat(2)
  bool readable = false;
  bool writable = false;
  bool is_pipe = false;  // one without a name; any other with S_IFIFO has one
  // As st_ino, st_dev and st_rdev, but on file systems that tell users other numbers than the
  // kernel uses (overlayfs, btrfs).
  uint64_t inode = 0;
  uint64_t device = 0;
  uint64_t special = 0;
  // Two descriptors lead to the same file, pipe or socket if this, `inode` and `device` are equal,
  // on every file system.  Means nothing outside of the object that told it.
  uint64_t identity = 0;
  uint64_t start_ticks = 0;  // of the process: field 22 of /proc/PID/stat
};

// What the last look left out, because there was too much of it or the visitor had enough.
struct OpenFilesGaps {
  uint64_t tables = 0;
  // Whose, as many as 64.
  struct Table {
    uint32_t pid = 0;
    uint32_t thread = 0;
    // Another process with the very same table, which was looked at; 0: none.
    uint32_t shared_with = 0;
  };
  std::vector<Table> first;
};

// Lists the open descriptors of all processes by two small programs in the kernel (BPF iterators,
// Linux 6.1 and later), at a tenth of what reading /proc costs.  Listed are sockets, pipes,
// character devices and regular files, not what was opened for its name only (O_PATH).  S_IFSOCK is
// always a socket, never a name of one.
//
// Small tables come first, and a table that several processes share comes again for the others
// after all others, at the price of all of them.  So who opens very many descriptors is left out
// himself when it gets too much, for the caller or by kMostRoom, and hides nobody else.
//
// Processes that have begun meanwhile are looked at in up to three further rounds, each as short as
// they are few: so a process does not escape by handing its descriptors on to a child and ending,
// again and again.  What else happens meanwhile is seen or not, as in /proc; but what is told of
// one descriptor was true at one moment.  If a process closes a descriptor just when it is looked
// at, here or in /proc, the kernel may let the looker finish the close, which can wait as long as
// that process has chosen (SO_LINGER): look from a process that can be ended.
//
// Cost: to open, about 15 ms, 6 MB for a moment and 32 KB, two descriptors; to list, about 0.3 us a
// descriptor, 6 us and 80 bytes a process.  Rights: CAP_BPF and CAP_PERFMON (or
// CAP_SYS_ADMIN) to open, none afterwards; the system call bpf(2) for both.  Thread-compatible.
class OpenFiles {
 public:
  // How many descriptors all tables that are looked at may have room for; about two seconds.
  static constexpr uint64_t kMostRoom = 16 << 20;

  // Unavailable: it cannot be done here, and why.  /proc is left then.
  static absl::StatusOr<std::unique_ptr<OpenFiles>> Open();
  ~OpenFiles();
  OpenFiles(const OpenFiles&) = delete;
  OpenFiles& operator=(const OpenFiles&) = delete;

  // Calls `visit` with each descriptor until it returns false.  A process that shares a table with
  // another has its descriptors, too; a thread's are listed if it has a table of its own, or the
  // main thread has ended.  An error: what was visited is not all.
  absl::Status ForEach(absl::FunctionRef<bool(const OpenFile&)> visit,
                       uint64_t most_room = kMostRoom);
  // Of the loaded programs: what a child of a fork needs to list files, too.
  std::vector<int> Descriptors() const { return {tables_.descriptor(), files_.descriptor()}; }
  const OpenFilesGaps& gaps() const { return gaps_; }

 private:
  struct Table;
  struct Progress;

  OpenFiles(BpfIterator tables, BpfIterator files);
  absl::Status CheckFindsThreads();
  absl::StatusOr<std::vector<Table>> Tables();
  static void FindShared(std::vector<Table>& tables);
  absl::Status LookAtAll(const std::vector<Table>& tables,
                         absl::FunctionRef<bool(const OpenFile&)> visit, Progress& progress);
  absl::StatusOr<bool> Look(uint32_t thread, absl::FunctionRef<bool(const OpenFile&)> visit);
  OpenFile FileOf(const FileEntry& entry) const;
  void LeaveOut(const Table& table);

  BpfIterator tables_;
  BpfIterator files_;
  uint64_t nanoseconds_a_tick_;
  uint64_t mask_ = 0;  // the kernel's addresses stay its own
  OpenFilesGaps gaps_;
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_OPEN_FILES_H_
