// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "base/unique_fd.h"

namespace cairn::tokens {
namespace {

UniqueFd OpenReserve(const Folder& folder) {
  return UniqueFd(openat(folder.descriptor(), kReserve,
                         O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600));
}

// Bytes of it that are on the disk.
uint64_t Held(int file) {
  struct stat status {};
  constexpr uint64_t kStatBlock = 512;
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
  return std::min(static_cast<uint64_t>(status.st_size),
                  static_cast<uint64_t>(status.st_blocks) * kStatBlock);
}

}  // namespace

uint64_t FreeBytes(const Folder& folder) {
  struct statvfs space {};
  if (fstatvfs(folder.descriptor(), &space) != 0) return std::numeric_limits<uint64_t>::max();
  return uint64_t{space.f_bavail} * space.f_frsize;
}

void Reserve::Fill(const Folder& folder) {
  if (size_ == 0) return folder.Remove(kReserve);
  if (left_ == size_) return;
  const UniqueFd file = OpenReserve(folder);
  if (!file.is_open()) return;
  left_ = Held(file.get());
  if (left_ > size_) static_cast<void>(!ftruncate(file.get(), static_cast<off_t>(size_)));
  if (left_ < size_ && FreeBytes(folder) >= min_free_ + (size_ - left_) + size_) {
    // All of it or, as before, what there is: the file may have grown without blocks.
    if (posix_fallocate(file.get(), 0, static_cast<off_t>(size_)) != 0) {
      static_cast<void>(!ftruncate(file.get(), static_cast<off_t>(left_)));
    }
  }
  left_ = std::min(Held(file.get()), size_);
}

bool Reserve::Give(const Folder& folder, uint64_t bytes, bool sync) {
  if (bytes == 0 || left_ < bytes) return false;
  const UniqueFd file = OpenReserve(folder);
  if (!file.is_open()) return false;
  const bool given = ftruncate(file.get(), static_cast<off_t>(left_ - bytes)) == 0;
  if (given) left_ -= bytes;
  if (given && sync) fsync(file.get());
  return given;
}

}  // namespace cairn::tokens
