// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/proc_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <memory>

#include "base/unique_fd.h"

namespace cairn::host {
namespace {

constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

}  // namespace

ProcFolder::ProcFolder(const char* path) : descriptor_(open(path, kFolder)) {}

ProcFolder::ProcFolder(const ProcFolder& above, const char* name)
    : descriptor_(above.is_open() ? openat(above.descriptor_.get(), name, kFolder) : -1) {}

std::string ProcFolder::Read(const char* name, size_t most) const {
  std::string text;
  const UniqueFd file(openat(descriptor_.get(), name, O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return text;
  std::array<char, 4096> block;  // only what was read is used
  ssize_t got = 0;
  while (text.size() < most && (got = read(file.get(), block.data(), block.size())) > 0) {
    text.append(block.data(), static_cast<size_t>(got));
  }
  if (text.size() > most) text.resize(most);
  return text;
}

std::string ProcFolder::ReadLink(const char* name) const {
  std::array<char, 4096> target;  // only what was read is used
  const ssize_t size = readlinkat(descriptor_.get(), name, target.data(), target.size() - 1);
  return size > 0 ? std::string(target.data(), static_cast<size_t>(size)) : std::string();
}

void ProcFolder::ForEachNumber(
    const std::function<void(uint32_t number, const char* name)>& visit) const {
  ForEachDescriptor(0, [&visit](uint32_t number, const char* name) {
    visit(number, name);
    return true;
  });
}

void ProcFolder::ForEachDescriptor(
    uint32_t first, const std::function<bool(uint32_t number, const char* name)>& visit) const {
  if (!is_open()) return;
  // The stream takes a descriptor for its own.
  UniqueFd copy(openat(descriptor_.get(), ".", kFolder));
  if (!copy.is_open()) return;
  // The kernel counts the two dots and then the descriptors.
  constexpr off_t kDots = 2;
  if (first > 0 && lseek(copy.get(), off_t{first} + kDots, SEEK_SET) < 0) return;
  DIR* stream = fdopendir(copy.get());
  if (stream == nullptr) return;
  static_cast<void>(copy.Release());               // it is the stream's
  while (const dirent* entry = readdir(stream)) {  // NOLINT(concurrency-mt-unsafe): own stream
    uint32_t number = 0;
    const std::string_view name = entry->d_name;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc() || end != name.data() + name.size()) continue;
    if (!visit(number, entry->d_name)) break;
  }
  closedir(stream);
}

FileIdentity IdentityOf(const ProcFolder& folder, const char* name) {
  struct statx status {};
  if (statx(folder.descriptor(), name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
            STATX_TYPE | STATX_INO | STATX_MODE | STATX_UID, &status) != 0) {
    return {};
  }
  return {.is_fifo = S_ISFIFO(status.stx_mode),
          .is_regular = S_ISREG(status.stx_mode),
          .device = makedev(status.stx_dev_major, status.stx_dev_minor),
          .inode = status.stx_ino,
          .uid = status.stx_uid,
          .mode = status.stx_mode};
}

}  // namespace cairn::host
