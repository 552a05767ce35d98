// SPDX-License-Identifier: BSD-3-Clause
#include "files/safe_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <system_error>

#include "fmt/format.h"

#include "base/unique_fd.h"

namespace cairn::files {
namespace {

constexpr mode_t kMode = 0666;  // less what the umask takes
constexpr size_t kPiece = size_t{1} << 20;

absl::Status Fault(std::string_view what, const std::string& path, int error) {
  std::string message =
      fmt::format("cannot {} {}: {}", what, path, std::generic_category().message(error));
  if (error == EACCES || error == EPERM) return absl::PermissionDeniedError(message);
  return absl::UnknownError(message);
}

UniqueFd OpenAs(const std::string& path, int flags) {
  return UniqueFd(open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, kMode));
}

int WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

// Where a link leads, so that the link stays.
std::string Target(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr),
                                                         &std::free);
  return real == nullptr ? path : real.get();
}

std::string FolderAbove(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string Aside(const std::string& target) { return target + ".new"; }

// Nothing of anybody's is written through: a link by that name is none of ours.
constexpr int kAsideFlags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW;

}  // namespace

absl::StatusOr<std::optional<std::string>> ReadWhole(const std::string& path, size_t most) {
  const UniqueFd file = OpenAs(path, O_RDONLY | O_NONBLOCK);
  if (!file.is_open()) {
    if (errno == ENOENT) return std::nullopt;
    return Fault("read", path, errno);
  }
  struct stat about {};
  if (fstat(file.get(), &about) != 0) return Fault("read", path, errno);
  if (!S_ISREG(about.st_mode)) {
    return absl::FailedPreconditionError(
        fmt::format("cannot read {}: it is no ordinary file", path));
  }
  std::string contents;
  while (contents.size() <= most) {
    const size_t before = contents.size();
    contents.resize(before + kPiece);
    const ssize_t got = read(file.get(), &contents[before], kPiece);
    if (got < 0 && errno != EINTR) return Fault("read", path, errno);
    contents.resize(before + (got > 0 ? static_cast<size_t>(got) : 0));
    if (got == 0) return contents;
  }
  return absl::ResourceExhaustedError(
      fmt::format("cannot read {}: it is longer than {} bytes", path, most));
}

absl::Status CheckReplaceable(const std::string& path) {
  const std::string target = Target(path);
  struct stat about {};
  if (stat(target.c_str(), &about) == 0 && !S_ISREG(about.st_mode)) {
    return absl::FailedPreconditionError(
        fmt::format("cannot write {}: it is no ordinary file", path));
  }
  const std::string aside = Aside(target);
  const UniqueFd file = OpenAs(aside, kAsideFlags);
  if (!file.is_open()) return Fault("write", aside, errno);
  unlink(aside.c_str());
  return absl::OkStatus();
}

absl::Status ReplaceWhole(const std::string& path, std::string_view contents) {
  const std::string target = Target(path);
  const std::string aside = Aside(target);
  UniqueFd file = OpenAs(aside, kAsideFlags);
  if (!file.is_open()) return Fault("write", aside, errno);
  int error = WriteAll(file.get(), contents);
  if (error == 0 && fsync(file.get()) != 0) error = errno;
  const int closed = file.Close();
  if (error == 0) error = closed;
  if (error == 0 && rename(aside.c_str(), target.c_str()) != 0) error = errno;
  if (error != 0) {
    unlink(aside.c_str());
    return Fault("write", path, error);
  }
  const UniqueFd folder = OpenAs(FolderAbove(target), O_RDONLY | O_DIRECTORY);
  if (folder.is_open()) fsync(folder.get());
  return absl::OkStatus();
}

}  // namespace cairn::files
