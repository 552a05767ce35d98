// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/descriptor_index.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <tuple>

#include "fmt/format.h"

#include "traceback/host/descriptor_tables.h"

namespace cairn::host {
namespace {

using Link = std::array<char, 4096>;

// Calls `visit(thread, descriptor, link)` with each descriptor of a process.
template <typename Visit>
void ForEachDescriptor(const ProcFolder& proc, uint32_t pid, Visit visit) {
  Link link;  // only what was read is used
  for (const uint32_t thread : DescriptorTables(proc, pid)) {
    const ProcFolder descriptors(proc, DescriptorFolder(pid, thread).c_str());
    descriptors.ForEachNumber([&](uint32_t number, const char* name) {
      const ssize_t size = readlinkat(descriptors.descriptor(), name, link.data(), link.size());
      if (size <= 0) return;
      visit(thread, number, std::string_view(link.data(), static_cast<size_t>(size)));
    });
  }
}

auto KeyOf(const DescriptorIndex::Holder& holder) {
  return std::tuple(holder.kind, holder.number, holder.pid, holder.descriptor);
}

// The rights of a descriptor are those of its link in /proc.  Descriptors of one process come one
// after the other.
void AddHolder(uint32_t pid, const struct stat& link, std::vector<PipeHolder>& holders) {
  if (holders.empty() || holders.back().pid != pid) holders.push_back({.pid = pid});
  holders.back().reads |= (link.st_mode & S_IRUSR) != 0;
  holders.back().writes |= (link.st_mode & S_IWUSR) != 0;
}

}  // namespace

DescriptorIndex::DescriptorIndex(const ProcFolder& proc) {
  proc.ForEachNumber([&](uint32_t pid, const char*) { AddProcess(proc, pid); });
  std::sort(holders_.begin(), holders_.end(),
            [](const Holder& a, const Holder& b) { return KeyOf(a) < KeyOf(b); });
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  const auto ticks_a_second = static_cast<uint64_t>(sysconf(_SC_CLK_TCK));
  taken_ticks_ = static_cast<uint64_t>(now.tv_sec) * ticks_a_second +
                 static_cast<uint64_t>(now.tv_nsec) * ticks_a_second / 1'000'000'000;
}

void DescriptorIndex::AddProcess(const ProcFolder& proc, uint32_t pid) {
  ForEachDescriptor(proc, pid, [&](uint32_t thread, uint32_t descriptor, std::string_view link) {
    const FdTarget target = ParseFdTarget(link);
    if (target.kind == FdTarget::Kind::kOther) return;
    if (holders_.size() >= kMostHolders) {
      ++left_out_;
      return;
    }
    holders_.push_back({target.number, target.kind, pid, thread, descriptor});
  });
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

std::vector<PipeHolder> HoldersOfPipe(const ProcFolder& proc, const DescriptorIndex& index,
                                      uint64_t inode) {
  std::vector<PipeHolder> holders;
  constexpr uint32_t kMostOfOne = 64;  // descriptors of a process that are asked for their rights
  uint32_t of_one = 0;
  for (const DescriptorIndex::Holder& holder : index.HoldersOf(FdTarget::Kind::kPipe, inode)) {
    of_one = !holders.empty() && holders.back().pid == holder.pid ? of_one + 1 : 0;
    if (of_one >= kMostOfOne) continue;
    const std::string path =
        fmt::format("{}/{}", DescriptorFolder(holder.pid, holder.thread), holder.descriptor);
    struct stat link {};
    if (fstatat(proc.descriptor(), path.c_str(), &link, AT_SYMLINK_NOFOLLOW) != 0) continue;
    AddHolder(holder.pid, link, holders);
  }
  return holders;
}

std::vector<PipeHolder> HoldersOfFifo(const ProcFolder& proc, uint64_t device, uint64_t inode) {
  std::vector<PipeHolder> holders;
  proc.ForEachNumber([&](uint32_t pid, const char*) {
    ForEachDescriptor(
        proc, pid, [&](uint32_t thread, uint32_t descriptor, std::string_view target) {
          if (!target.starts_with('/') || target.starts_with("/dev/")) return;
          const std::string path = fmt::format("{}/{}", DescriptorFolder(pid, thread), descriptor);
          const FileIdentity file = IdentityOf(proc, path.c_str());
          struct stat link {};
          if (file.is_fifo && file.device == device && file.inode == inode &&
              fstatat(proc.descriptor(), path.c_str(), &link, AT_SYMLINK_NOFOLLOW) == 0) {
            AddHolder(pid, link, holders);
          }
        });
  });
  return holders;
}

}  // namespace cairn::host
