// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/authority/state_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <thread>

#include "fmt/format.h"

#include "base/unique_fd.h"

namespace cairn::tracing {
namespace {

constexpr int kNoLinks = O_NOFOLLOW | O_CLOEXEC | O_NOCTTY;
constexpr off_t kMostBytes = off_t{4} << 20;
constexpr mode_t kOthersWrite = 022;
constexpr char kLock[] = "lock";

absl::Status StatusOf(int error, std::string_view what) {
  const std::string text = fmt::format("{}: {}", what, std::generic_category().message(error));
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(text + "; make room and repeat");
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(text + "; run it as the user who owns the folder");
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(text);
    case EEXIST:
      return absl::AlreadyExistsError(text);
    case ELOOP:
      return absl::FailedPreconditionError(text + "; a link stands where a file belongs");
    default:
      return absl::UnavailableError(text);
  }
}

// Zero, or the error.
int WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

// The first `size` bytes; fewer: an error.
absl::StatusOr<std::string> ReadAll(int file, size_t size) {
  std::string bytes(size, '\0');
  size_t filled = 0;
  while (filled < size) {
    const ssize_t got = read(file, bytes.data() + filled, size - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return absl::UnavailableError("it changed while it was read; repeat");
    filled += static_cast<size_t>(got);
  }
  return bytes;
}

}  // namespace

absl::StatusOr<StateFolder> StateFolder::Open(const std::string& path) {
  UniqueFd descriptor(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor.is_open()) return StatusOf(errno, fmt::format("cannot open folder {}", path));
  StateFolder folder(std::move(descriptor), path);
  struct stat facts {};
  if (fstat(folder.descriptor_.get(), &facts) != 0)
    return StatusOf(errno, "cannot look at folder " + path);
  if ((facts.st_mode & kOthersWrite) != 0 || (facts.st_uid != geteuid() && facts.st_uid != 0)) {
    return absl::FailedPreconditionError(
        fmt::format("others could change folder {}: give it to the user who runs this (chown), and "
                    "nobody else may write into it (chmod go-w)",
                    path));
  }
  return folder;
}

absl::StatusOr<StateFolder> StateFolder::Make(const std::string& path, mode_t mode) {
  if (mkdir(path.c_str(), mode) != 0) return StatusOf(errno, "cannot make folder " + path);
  // Whatever the umask is.
  if (chmod(path.c_str(), mode) != 0) return StatusOf(errno, "cannot make folder " + path);
  return Open(path);
}

absl::Status StateFolder::Settle(const std::string& from, const std::string& to) {
  // Takes the place of nothing or of an empty folder only, by itself.
  if (rename(from.c_str(), to.c_str()) != 0) {
    if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR) {
      return absl::AlreadyExistsError(
          fmt::format("{} is there already, and is not an empty folder: name another", to));
    }
    return StatusOf(errno, "cannot make folder " + to);
  }
  const std::string parent = std::filesystem::absolute(to).parent_path();
  const UniqueFd above(open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (above.is_open()) {
    fsync(above.get());
  }
  return absl::OkStatus();
}

void StateFolder::Remove(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

absl::Status StateFolder::Error(std::string_view doing, const std::string& name, int error) const {
  return StatusOf(error, fmt::format("cannot {} {}/{}", doing, path_, name));
}

absl::Status StateFolder::Lock(std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds kPause(100);
  if (lock_.is_open()) return absl::OkStatus();
  lock_ = UniqueFd(openat(descriptor_.get(), kLock, O_RDWR | O_CREAT | kNoLinks, 0600));
  if (!lock_.is_open()) return Error("open", kLock, errno);
  for (auto waited = std::chrono::milliseconds(0); waited <= patience; waited += kPause) {
    if (flock(lock_.get(), LOCK_EX | LOCK_NB) == 0) return absl::OkStatus();
    if (errno != EWOULDBLOCK && errno != EINTR) return Error("lock", kLock, errno);
    std::this_thread::sleep_for(kPause);
  }
  return absl::UnavailableError(
      fmt::format("another 'stopd ca' is at work in {}: wait until it has ended", path_));
}

absl::StatusOr<std::string> StateFolder::Read(const std::string& name) const {
  const UniqueFd file(openat(descriptor_.get(), name.c_str(), O_RDONLY | O_NONBLOCK | kNoLinks));
  if (!file.is_open()) return Error("read", name, errno);
  struct stat facts {};
  absl::StatusOr<std::string> bytes = absl::FailedPreconditionError(
      fmt::format("{}/{} is no file, or is larger than 4 MiB", path_, name));
  if (fstat(file.get(), &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size <= kMostBytes) {
    bytes = ReadAll(file.get(), static_cast<size_t>(facts.st_size));
  }
  return bytes;
}

bool StateFolder::Has(const std::string& name) const {
  struct stat facts {};
  return fstatat(descriptor_.get(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0;
}

StateFolder::Mark StateFolder::MarkOf(const std::string& name) const {
  struct stat facts {};
  if (fstatat(descriptor_.get(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) return {};
  const auto nanoseconds = [](const timespec& time) {
    constexpr int64_t kSecond = 1'000'000'000;
    return int64_t{time.tv_sec} * kSecond + time.tv_nsec;
  };
  return {.number = facts.st_ino,
          .size = facts.st_size,
          .written = nanoseconds(facts.st_mtim),
          .changed = nanoseconds(facts.st_ctim)};
}

absl::Status StateFolder::Write(const std::string& name, std::string_view bytes,
                                mode_t mode) const {
  const std::string aside = name + ".unfinished";
  unlinkat(descriptor_.get(), aside.c_str(), 0);
  UniqueFd file(
      openat(descriptor_.get(), aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | kNoLinks, 0600));
  if (!file.is_open()) return Error("write", name, errno);
  int error = WriteAll(file.get(), bytes);
  if (error == 0 && fchmod(file.get(), mode) != 0) error = errno;
  if (error == 0 && fsync(file.get()) != 0) error = errno;
  if (const int closed = file.Close(); error == 0) error = closed;
  if (error == 0 &&
      renameat(descriptor_.get(), aside.c_str(), descriptor_.get(), name.c_str()) != 0) {
    error = errno;
  }
  if (error != 0) {
    unlinkat(descriptor_.get(), aside.c_str(), 0);
    return Error("write", name, error);
  }
  if (fsync(descriptor_.get()) != 0) return Error("write", name, errno);
  return absl::OkStatus();
}

absl::Status StateFolder::Rename(const std::string& from, const std::string& to) const {
  if (renameat(descriptor_.get(), from.c_str(), descriptor_.get(), to.c_str()) != 0 ||
      fsync(descriptor_.get()) != 0) {
    return Error("rename " + from + " to", to, errno);
  }
  return absl::OkStatus();
}

void StateFolder::Delete(const std::string& name) const {
  unlinkat(descriptor_.get(), name.c_str(), 0);
}

}  // namespace cairn::tracing
