// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/store_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "fmt/format.h"

#include "base/unique_fd.h"

namespace cairn::tokens {
namespace {

constexpr mode_t kOwnerOnly = 0600;
constexpr mode_t kOwnerOnlyFolder = 0700;
constexpr int kNoLinks = O_NOFOLLOW | O_CLOEXEC | O_NOCTTY;

absl::Status StatusOf(int error, const std::string& message) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(message);
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(message);
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(message);
    default:
      return absl::UnavailableError(message);
  }
}

struct StreamCloser {
  void operator()(DIR* stream) const { closedir(stream); }
};

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

// So that a new folder outlasts a power cut, with what is synced in it.
void SyncParent(const std::string& path) {
  const std::string parent = path.substr(0, path.rfind('/') + 1);
  const UniqueFd folder(
      open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open()) return;
  fsync(folder.get());
}

FileFacts FactsOf(const std::string& name, const struct stat& status) {
  return {.name = name,
          .bytes = static_cast<uint64_t>(status.st_size),
          .modified = PacketTime::FromNanoseconds(status.st_mtim.tv_sec * 1'000'000'000 +
                                                  status.st_mtim.tv_nsec),
          .is_regular = S_ISREG(status.st_mode),
          .inode = status.st_ino};
}

}  // namespace

absl::StatusOr<Folder> Folder::Open(const std::string& path, Missing missing) {
  if (missing == Missing::kMake) {
    if (mkdir(path.c_str(), kOwnerOnlyFolder) == 0) {
      SyncParent(path);
    } else if (errno != EEXIST) {
      const int error = errno;
      return StatusOf(error, fmt::format("cannot make folder {}: {}", path,
                                         std::generic_category().message(error)));
    }
  }
  UniqueFd descriptor(open(path.c_str(), O_RDONLY | O_DIRECTORY | kNoLinks));
  if (!descriptor.is_open()) {
    const int error = errno;
    return StatusOf(error, fmt::format("cannot open folder {}: {}", path,
                                       std::generic_category().message(error)));
  }
  return Folder(std::move(descriptor), path);
}

absl::Status Folder::Error(std::string_view doing, const std::string& name, int error) const {
  return StatusOf(error, fmt::format("cannot {} {}/{}: {}", doing, path_, name,
                                     std::generic_category().message(error)));
}

absl::Status Folder::WriteNew(const std::string& name, std::string_view bytes) const {
  const std::string aside = std::string(kUnfinished) + name;
  unlinkat(descriptor_.get(), aside.c_str(), 0);
  UniqueFd file(
      openat(descriptor_.get(), aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | kNoLinks, kOwnerOnly));
  if (!file.is_open()) return Error("write", name, errno);
  int error = WriteAll(file.get(), bytes);
  if (error == 0 && fsync(file.get()) != 0) error = errno;
  if (const int closed = file.Close(); error == 0) error = closed;
  if (error == 0 &&
      renameat(descriptor_.get(), aside.c_str(), descriptor_.get(), name.c_str()) != 0) {
    error = errno;
  }
  if (error == 0 && fsync(descriptor_.get()) != 0) {
    error = errno;
    unlinkat(descriptor_.get(), name.c_str(), 0);
  }
  if (error == 0) return absl::OkStatus();
  unlinkat(descriptor_.get(), aside.c_str(), 0);
  return Error("write", name, error);
}

absl::Status Folder::AppendLine(const std::string& name, std::string_view line, Sync sync) const {
  const UniqueFd file(
      openat(descriptor_.get(), name.c_str(), O_RDWR | O_CREAT | O_APPEND | kNoLinks, kOwnerOnly));
  if (!file.is_open()) return Error("write", name, errno);
  struct stat before {};
  int error = fstat(file.get(), &before) != 0 ? errno : 0;
  if (error == 0 && !S_ISREG(before.st_mode)) error = EINVAL;
  // A line that a power failure or a kill cut stays by itself.
  char last = '\n';
  if (error == 0 && before.st_size > 0 && pread(file.get(), &last, 1, before.st_size - 1) != 1) {
    error = EIO;
  }
  if (error == 0) {
    error = WriteAll(file.get(), last == '\n' ? std::string(line) : "\n" + std::string(line));
    if (error == 0 && sync == Sync::kNow && fdatasync(file.get()) != 0) error = errno;
    if (error == 0 && before.st_size == 0 && fsync(descriptor_.get()) != 0) error = errno;
    // A part of a line is worse than none, and so is a line that nobody knows of.
    if (error != 0) static_cast<void>(!ftruncate(file.get(), before.st_size));
  }
  return error == 0 ? absl::OkStatus() : Error("write", name, error);
}

absl::StatusOr<std::string> Folder::Read(const std::string& name, uint64_t most) const {
  const UniqueFd file(openat(descriptor_.get(), name.c_str(), O_RDONLY | O_NONBLOCK | kNoLinks));
  if (!file.is_open()) {
    // A link where a file belongs.
    if (errno == ELOOP) return absl::InvalidArgumentError(fmt::format("{} is a link", name));
    return Error("read", name, errno);
  }
  struct stat status {};
  std::string bytes;
  int error = fstat(file.get(), &status) != 0 ? errno : 0;
  const bool fits =
      error == 0 && S_ISREG(status.st_mode) && static_cast<uint64_t>(status.st_size) <= most;
  if (fits) {
    bytes.resize(static_cast<size_t>(status.st_size));
    size_t filled = 0;
    ssize_t got = 0;
    while (filled < bytes.size() &&
           (got = read(file.get(), bytes.data() + filled, bytes.size() - filled)) > 0) {
      filled += static_cast<size_t>(got);
    }
    if (got < 0) error = errno;
    bytes.resize(filled);
  }
  if (error != 0) return Error("read", name, error);
  if (!fits) {
    return absl::InvalidArgumentError(
        fmt::format("{}/{} is not a file, or is larger than {} bytes", path_, name, most));
  }
  return bytes;
}

FileFacts Folder::Look(const std::string& name) const {
  struct stat status {};
  if (fstatat(descriptor_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return {.name = name, .modified = PacketTime::InfinitePast()};
  }
  return FactsOf(name, status);
}

void Folder::ForEachFile(const std::function<void(const FileFacts&)>& visit) const {
  UniqueFd copy(openat(descriptor_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!copy.is_open()) return;
  const std::unique_ptr<DIR, StreamCloser> stream(fdopendir(copy.get()));
  if (stream == nullptr) return;
  static_cast<void>(copy.Release());                     // it is the stream's
  while (const dirent* entry = readdir(stream.get())) {  // NOLINT(concurrency-mt-unsafe): own
    const std::string name = entry->d_name;
    struct stat status {};
    if (name == "." || name == "..") continue;
    if (fstatat(descriptor_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISDIR(status.st_mode)) visit(FactsOf(name, status));
  }
}

void Folder::Remove(const std::string& name) const { unlinkat(descriptor_.get(), name.c_str(), 0); }

std::string Folder::CutHalfLine(const std::string& name) const {
  const UniqueFd file(openat(descriptor_.get(), name.c_str(), O_RDWR | kNoLinks));
  struct stat status {};
  std::string cut;
  if (!file.is_open()) return cut;
  if (fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode)) {
    off_t end = status.st_size;
    char last = 0;
    while (end > 0 && pread(file.get(), &last, 1, end - 1) == 1 && last != '\n') --end;
    cut.resize(static_cast<size_t>(status.st_size - end));
    const bool is_read =
        pread(file.get(), cut.data(), cut.size(), end) == static_cast<ssize_t>(cut.size());
    if (!is_read || ftruncate(file.get(), end) != 0) cut.clear();
  }
  return cut;
}

}  // namespace cairn::tokens
