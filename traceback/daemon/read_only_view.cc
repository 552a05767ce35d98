// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/read_only_view.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

#include "fmt/format.h"

namespace cairn::daemon {
namespace {

// As linux/mount.h has it, which cannot be included beside sys/mount.h.
constexpr long kMountSetattr = 442;
constexpr uint64_t kReadOnly = 1;
struct MountAttributes {
  uint64_t set = 0;
  uint64_t clear = 0;
  uint64_t propagation = 0;
  uint64_t user_namespace = 0;
};

bool SetAttributes(const char* path, const MountAttributes& attributes) {
  constexpr unsigned kRecursive = 0x8000;  // AT_RECURSIVE
  return syscall(kMountSetattr, AT_FDCWD, path, kRecursive, &attributes, sizeof(attributes)) == 0;
}

// Whether what others mount and unmount under "/" later reaches a copy of it; the copy would
// otherwise keep in use what they unmount.
bool RootIsShared() {
  std::ifstream file("/proc/self/mountinfo");
  bool is_shared = false;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find(" - ")));
    std::vector<std::string> fields{std::istream_iterator<std::string>(words), {}};
    constexpr size_t kMountPoint = 4;
    if (fields.size() <= kMountPoint || fields[kMountPoint] != "/") continue;
    is_shared = std::any_of(fields.begin(), fields.end(),
                            [](const std::string& field) { return field.starts_with("shared:"); });
  }
  return is_shared;
}

absl::Status Failed(const char* step) {
  const int error = errno;
  return absl::FailedPreconditionError(
      fmt::format("{}: {}", step, std::generic_category().message(error)));
}

}  // namespace

absl::Status EnterReadOnlyView(const std::vector<std::string>& writable) {
  struct statvfs root {};
  if (statvfs("/", &root) == 0 && (root.f_flag & ST_RDONLY) != 0) return absl::OkStatus();
  if (!RootIsShared()) {
    return absl::FailedPreconditionError(
        "the root file system is not a shared mount; \"mount --make-rshared /\" before the start "
        "makes it one");
  }
  if (unshare(CLONE_NEWNS) != 0) return Failed("a mount namespace");
  if (mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return Failed("propagation");
  std::vector<const char*> kept;
  for (const std::string& folder : writable) {
    if (mount(folder.c_str(), folder.c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0) {
      kept.push_back(folder.c_str());
    } else if (errno != ENOENT) {
      return Failed(folder.c_str());
    }
  }
  if (!SetAttributes("/", {.set = kReadOnly})) return Failed("read-only");
  for (const char* folder : kept) {
    if (!SetAttributes(folder, {.clear = kReadOnly})) return Failed(folder);
  }
  return absl::OkStatus();
}

}  // namespace cairn::daemon
