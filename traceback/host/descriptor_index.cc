// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/descriptor_index.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>

#include "fmt/format.h"

#include "traceback/host/descriptor_tables.h"

namespace cairn::host {
namespace {

using Kind = FdTarget::Kind;

constexpr size_t kMostLink = 4096;
constexpr uint32_t kMostRightsOfOne = 64;  // descriptors of a process for one pipe

using Rights = DescriptorIndex::Rights;

auto KeyOf(const DescriptorIndex::Holder& holder) {
  return std::tuple(holder.kind, holder.number, holder.pid, holder.descriptor);
}

constexpr uint8_t Bits(Rights rights) { return static_cast<uint8_t>(rights); }
constexpr bool Has(Rights rights, Rights one) { return (Bits(rights) & Bits(one)) != 0; }

Rights RightsOf(bool reads, bool writes) {
  if (!reads && !writes) return Rights::kNone;
  return static_cast<Rights>((reads ? Bits(Rights::kReads) : 0) |
                             (writes ? Bits(Rights::kWrites) : 0));
}

// The rights of a descriptor are those of its link in /proc.
Rights RightsOfLink(const ProcFolder& proc, const std::string& path) {
  struct stat link {};
  if (fstatat(proc.descriptor(), path.c_str(), &link, AT_SYMLINK_NOFOLLOW) != 0) {
    return Rights::kNone;
  }
  return RightsOf((link.st_mode & S_IRUSR) != 0, (link.st_mode & S_IWUSR) != 0);
}

// Descriptors of one process come one after the other.
void AddHolder(uint32_t pid, Rights rights, std::vector<PipeHolder>& holders) {
  if (holders.empty() || holders.back().pid != pid) holders.push_back({.pid = pid});
  holders.back().reads |= Has(rights, Rights::kReads);
  holders.back().writes |= Has(rights, Rights::kWrites);
}

}  // namespace

DescriptorIndex::DescriptorIndex(const ProcFolder& proc, const Deadline& deadline,
                                 OpenFiles* open_files)
    : proc_(proc), deadline_(deadline) {
  by_kernel_ = open_files != nullptr && ReadFromKernel(*open_files);
  if (!by_kernel_) ReadFromProc();
  std::sort(holders_.begin(), holders_.end(),
            [](const Holder& a, const Holder& b) { return KeyOf(a) < KeyOf(b); });
}

// False: it could not be done.
bool DescriptorIndex::ReadFromKernel(OpenFiles& open_files) {
  const absl::Status listed = open_files.ForEach([&](const OpenFile& file) {
    Add(file);
    is_late_ = is_late_ || deadline_.Passed();
    return !is_late_ && holders_.size() < kMostHolders;
  });
  if (!listed.ok()) {
    holders_.clear();
    files_.clear();
    files_complete_ = true;
    starts_.clear();
    return false;
  }
  files_read_ = true;
  for (const OpenFilesGaps::Table& table : open_files.gaps().first) NoteUnread(table.pid);
  const uint64_t tables = open_files.gaps().tables;
  if (tables > open_files.gaps().first.size()) left_out_ += tables;
  return true;
}

void DescriptorIndex::Add(const OpenFile& file) {
  if (file.pid != last_added_) starts_[file.pid] = file.start_ticks;
  last_added_ = file.pid;
  Holder holder = {.pid = file.pid,
                   .rights = RightsOf(file.readable, file.writable),
                   .thread = file.thread,
                   .descriptor = file.descriptor};
  if (S_ISSOCK(file.mode)) {
    holder.kind = Kind::kSocket;
    holder.number = file.inode;
  } else if (file.is_pipe) {
    holder.kind = Kind::kPipe;
    holder.number = file.inode;
  } else if (S_ISCHR(file.mode)) {
    if (!SetTerminal(file.special, holder)) return;
  } else if (files_.size() >= kMostFiles) {
    // Sockets and pipes are listed all the same.
    files_complete_ = false;
    return;
  } else {
    files_.push_back(
        {.key = {.device = file.device, .inode = file.inode, .identity = file.identity},
         .place = {.pid = file.pid, .thread = file.thread, .descriptor = file.descriptor},
         .rights = holder.rights});
    return;
  }
  holders_.push_back(holder);
}

// False: the device is no pseudo terminal, or its master tells no number any more.
bool DescriptorIndex::SetTerminal(uint64_t device, Holder& holder) const {
  constexpr unsigned kMasterMajor = 5;
  constexpr unsigned kMasterMinor = 2;
  constexpr unsigned kSlaveMajor = 136;
  if (major(device) == kSlaveMajor) {
    holder.kind = Kind::kTerminal;
    holder.number = minor(device);
    return true;
  }
  if (major(device) != kMasterMajor || minor(device) != kMasterMinor) return false;
  holder.kind = Kind::kTerminalMaster;
  const std::optional<uint64_t> terminal = NumberAfter(
      proc_.Read(fmt::format("{}/task/{}/fdinfo/{}", holder.pid, holder.thread, holder.descriptor)
                     .c_str()),
      "tty-index:");
  holder.number = terminal.value_or(0);
  return terminal.has_value();
}

void DescriptorIndex::ReadFromProc() {
  std::vector<Large> large;
  proc_.ForEachNumber([&](uint32_t pid, const char*) {
    is_late_ = is_late_ || deadline_.Passed();
    if (is_late_) {
      NoteUnread(pid);
    } else {
      AddProcess(pid, large);
    }
  });
  ReadLarge(std::move(large));
}

void DescriptorIndex::AddProcess(uint32_t pid, std::vector<Large>& large) {
  const std::optional<ProcessStat> stat =
      ParseProcessStat(proc_.Read(fmt::format("{}/stat", pid).c_str()));
  if (!stat.has_value()) return;  // it has just ended
  starts_[pid] = stat->start_ticks;
  const Tables tables = DescriptorTables(proc_, pid);
  if (!tables.complete) NoteUnread(pid);
  for (const uint32_t thread : tables.threads) {
    const Large table = {.pid = pid, .thread = thread};
    const uint32_t next = AddTable(table, kFirstLook);
    if (next != 0) large.push_back({.pid = pid, .thread = thread, .next = next});
  }
}

// Each in turn, and twice as much of it each time, so that no process keeps the others out.
void DescriptorIndex::ReadLarge(std::vector<Large> large) {
  for (size_t most = kFirstLook; !large.empty(); most *= 2) {
    std::vector<Large> larger;
    for (const Large& table : large) {
      is_late_ = is_late_ || deadline_.Passed();
      if (is_late_ || holders_.size() >= kMostHolders) {
        NoteUnread(table.pid);
        continue;
      }
      const uint32_t next = AddTable(table, most);
      if (next != 0) larger.push_back({.pid = table.pid, .thread = table.thread, .next = next});
    }
    large = std::move(larger);
  }
}

uint32_t DescriptorIndex::AddTable(const Large& from, size_t most) {
  const ProcFolder descriptors(proc_, DescriptorFolder(from.pid, from.thread).c_str());
  std::array<char, kMostLink> link;  // only what was read is used
  uint32_t next = 0;
  descriptors.ForEachDescriptor(from.next, [&](uint32_t number, const char* name) {
    if (most-- == 0) {
      next = number;
      return false;
    }
    const ssize_t size = readlinkat(descriptors.descriptor(), name, link.data(), link.size());
    if (size > 0) {
      Add(from.pid, from.thread, number, std::string_view(link.data(), static_cast<size_t>(size)));
    }
    return true;
  });
  return next;
}

void DescriptorIndex::Add(uint32_t pid, uint32_t thread, uint32_t descriptor,
                          std::string_view link) {
  FdTarget target = ParseFdTarget(link);
  const bool is_file = target.kind == Kind::kOther && link.starts_with('/') &&
                       !link.starts_with("/dev/null") && !link.starts_with("/proc/");
  if (target.kind == Kind::kOther && !is_file) return;
  if (holders_.size() >= kMostHolders) {
    ++left_out_;
    return;
  }
  Holder holder = {.number = target.number,
                   .kind = target.kind,
                   .pid = pid,
                   .thread = thread,
                   .descriptor = descriptor};
  static const dev_t master = makedev(5, 2);
  if (target.kind == Kind::kTerminalMaster && !SetTerminal(master, holder)) return;
  holders_.push_back(holder);
}

void DescriptorIndex::NoteUnread(uint32_t pid) {
  if (unread_.empty() || unread_.back() != pid) unread_.push_back(pid);
}

std::span<const DescriptorIndex::Holder> DescriptorIndex::HoldersOf(FdTarget::Kind kind,
                                                                    uint64_t number) const {
  const auto before = [](const Holder& a, const Holder& b) {
    return std::tuple(a.kind, a.number) < std::tuple(b.kind, b.number);
  };
  const Holder wanted = {.number = number, .kind = kind};
  const auto [first, last] = std::equal_range(holders_.begin(), holders_.end(), wanted, before);
  return {first, last};
}

std::string DescriptorIndex::PathOf(const Holder& holder) const {
  return fmt::format("{}/{}", DescriptorFolder(holder.pid, holder.thread), holder.descriptor);
}

std::span<const PipeHolder> DescriptorIndex::HoldersOfPipe(uint64_t inode) {
  const auto [entry, fresh] = pipes_.try_emplace(inode);
  std::vector<PipeHolder>& holders = entry->second;
  if (!fresh) return holders;
  uint32_t of_one = 0;
  for (const Holder& holder : HoldersOf(Kind::kPipe, inode)) {
    of_one = !holders.empty() && holders.back().pid == holder.pid ? of_one + 1 : 0;
    if (of_one >= kMostRightsOfOne) continue;
    const Rights rights =
        holder.rights != Rights::kUnknown ? holder.rights : RightsOfLink(proc_, PathOf(holder));
    AddHolder(holder.pid, rights, holders);
  }
  return holders;
}

// By /proc only asking for each file tells what it is.
void DescriptorIndex::ReadFiles() {
  if (std::exchange(files_read_, true)) return;
  for (const Holder& holder : HoldersOf(Kind::kOther, 0)) {
    if (deadline_.Passed() || files_.size() >= kMostFiles) {
      files_complete_ = false;
      break;
    }
    const std::string path = PathOf(holder);
    const FileIdentity file = IdentityOf(proc_, path.c_str());
    if (!file.is_fifo && !file.is_regular) continue;
    files_.push_back({.key = {.device = file.device, .inode = file.inode},
                      .place = {holder.pid, holder.thread, holder.descriptor},
                      .rights = RightsOfLink(proc_, path)});
  }
}

// Most walks ask about no file.
void DescriptorIndex::IndexFiles() {
  if (by_place_.size() == files_.size()) return;
  std::sort(files_.begin(), files_.end(), [](const File& a, const File& b) {
    return std::tie(a.key, a.place) < std::tie(b.key, b.place);
  });
  by_place_.resize(files_.size());
  std::iota(by_place_.begin(), by_place_.end(), size_t{0});
  std::sort(by_place_.begin(), by_place_.end(),
            [this](size_t a, size_t b) { return files_[a].place < files_[b].place; });
}

std::span<const PipeHolder> DescriptorIndex::HoldersOfFile(const Place& place) {
  ReadFiles();
  IndexFiles();
  const auto at =
      std::lower_bound(by_place_.begin(), by_place_.end(), place,
                       [this](size_t a, const Place& b) { return files_[a].place < b; });
  if (at == by_place_.end() || files_[*at].place != place) return {};
  const FileKey key = files_[*at].key;
  const auto [entry, fresh] = holders_of_files_.try_emplace(key);
  if (!fresh) return entry->second;
  auto file = std::lower_bound(files_.begin(), files_.end(), key,
                               [](const File& a, const FileKey& b) { return a.key < b; });
  for (; file != files_.end() && file->key == key; ++file) {
    AddHolder(file->place.pid, file->rights, entry->second);
  }
  return entry->second;
}

std::optional<uint64_t> DescriptorIndex::StartOf(uint32_t pid) const {
  const auto found = starts_.find(pid);
  if (found == starts_.end()) return std::nullopt;
  return found->second;
}

}  // namespace cairn::host
