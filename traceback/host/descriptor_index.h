// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_DESCRIPTOR_INDEX_H_
#define CAIRN_TRACEBACK_HOST_DESCRIPTOR_INDEX_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "traceback/host/deadline.h"
#include "traceback/host/open_files.h"
#include "traceback/host/proc_folder.h"
#include "traceback/host/proc_text.h"

namespace cairn::host {

// A process that holds an end of a pipe.
struct PipeHolder {
  uint32_t pid = 0;
  bool reads = false;
  bool writes = false;
};

// Which processes hold which socket, pipe, terminal or file: one look at every descriptor of every
// process, by the kernel's own list (open_files.h), or, where there is none, by /proc.
//
// One process cannot take the time of all: each is read up to kFirstLook descriptors before any is
// read further.  What is beyond kMostHolders, or was not reached at the deadline, is not found; the
// index says so.  Each thing is asked about once, whatever the number of questions.
//
// Cost: as OpenFiles; by /proc one system call for each open descriptor of the host, some 8 us, and
// a few for each process.  Memory: 24 bytes a descriptor, 48 more for files.  Thread-compatible.
class DescriptorIndex {
 public:
  static constexpr size_t kMostHolders = 4 << 20;
  static constexpr size_t kMostFiles = 1 << 20;
  static constexpr size_t kFirstLook = 4096;

  // Of a descriptor; to be asked for, where the list does not tell.
  enum class Rights : uint8_t { kUnknown = 0, kReads = 1, kWrites = 2, kBoth = 3, kNone = 4 };
  struct Holder {
    uint64_t number = 0;  // as of FdTarget; of a terminal's master the number of its terminal
    FdTarget::Kind kind = FdTarget::Kind::kOther;
    uint32_t pid = 0;
    Rights rights = Rights::kUnknown;
    uint32_t thread = 0;  // in whose table it stands (descriptor_tables.h)
    uint32_t descriptor = 0;
  };
  // A descriptor.
  struct Place {
    uint32_t pid = 0;
    uint32_t thread = 0;
    uint32_t descriptor = 0;
    auto operator<=>(const Place&) const = default;
  };

  // `proc`: /proc; has to outlive this.  `open_files`: null: there is none.
  explicit DescriptorIndex(const ProcFolder& proc, const Deadline& deadline = {},
                           OpenFiles* open_files = nullptr);

  // Each holder once for each of its descriptors, sorted by process.
  std::span<const Holder> HoldersOf(FdTarget::Kind kind, uint64_t number) const;
  // Each process once.
  std::span<const PipeHolder> HoldersOfPipe(uint64_t inode);
  // Of the named pipe or regular file that this descriptor leads to: who has it open.
  std::span<const PipeHolder> HoldersOfFile(const Place& place);

  // When a process that was looked at began, in clock ticks after boot; unset: it was not there.
  std::optional<uint64_t> StartOf(uint32_t pid) const;
  // Whether every descriptor was seen.
  bool complete() const { return left_out_ == 0 && unread_.empty() && files_complete_; }
  // Whether the deadline passed before all was seen.
  bool is_late() const { return is_late_; }
  bool by_kernel() const { return by_kernel_; }
  uint64_t left_out() const { return left_out_; }
  // Processes of which not all descriptors, or not all tables of descriptors, were read.
  const std::vector<uint32_t>& unread() const { return unread_; }

 private:
  // A process that has more descriptors than are read at first.
  struct Large {
    uint32_t pid = 0;
    uint32_t thread = 0;
    uint32_t next = 0;  // descriptor
  };
  // A file by what it is known by; names can change.
  struct FileKey {
    uint64_t device = 0;
    uint64_t inode = 0;
    uint64_t identity = 0;  // as of OpenFile
    auto operator<=>(const FileKey&) const = default;
  };
  struct File {
    FileKey key;
    Place place;
    Rights rights = Rights::kUnknown;
  };

  bool ReadFromKernel(OpenFiles& open_files);
  void Add(const OpenFile& file);
  void ReadFromProc();
  void AddProcess(uint32_t pid, std::vector<Large>& large);
  // Reads at most `most` descriptors from `from` on; returns where to go on, or 0 at the end.
  uint32_t AddTable(const Large& from, size_t most);
  void Add(uint32_t pid, uint32_t thread, uint32_t descriptor, std::string_view link);
  void ReadLarge(std::vector<Large> large);
  void NoteUnread(uint32_t pid);
  void ReadFiles();
  void IndexFiles();
  bool SetTerminal(uint64_t device, Holder& holder) const;
  std::string PathOf(const Holder& holder) const;

  const ProcFolder& proc_;
  const Deadline deadline_;
  std::vector<Holder> holders_;  // sorted by kind, number, pid
  absl::flat_hash_map<uint32_t, uint64_t> starts_;
  std::vector<uint32_t> unread_;
  uint64_t left_out_ = 0;
  absl::flat_hash_map<uint64_t, std::vector<PipeHolder>> pipes_;  // that were asked for
  bool by_kernel_ = false;
  uint32_t last_added_ = 0;  // process
  bool is_late_ = false;
  // Of all files, made when the first is asked for.
  bool files_read_ = false;
  bool files_complete_ = true;
  std::vector<File> files_;                                      // sorted by key, place
  std::vector<size_t> by_place_;                                 // their places in files_
  std::map<FileKey, std::vector<PipeHolder>> holders_of_files_;  // that were asked for
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_DESCRIPTOR_INDEX_H_
