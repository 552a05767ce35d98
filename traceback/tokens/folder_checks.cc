// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/folder_checks.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "fmt/format.h"

namespace cairn::tokens {
namespace {

constexpr int kMostLinks = 8;
constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;

bool IsOurs(const struct stat& status) { return status.st_uid == 0 || status.st_uid == geteuid(); }

absl::Status Fault(std::string_view path, std::string_view fault, std::string_view remedy) {
  return absl::FailedPreconditionError(fmt::format(
      "{} {}, so somebody could change or replace what is kept; {}", path, fault, remedy));
}

absl::Status CheckOwner(std::string_view path, const struct stat& status) {
  if (IsOurs(status)) return absl::OkStatus();
  return Fault(path, fmt::format("belongs to user id {}", status.st_uid),
               "it must belong to root: chown root it, or name another store.folder");
}

absl::Status CheckMode(std::string_view path, const struct stat& status, mode_t allowed) {
  if ((status.st_mode & kOthersWrite) == 0 || (status.st_mode & allowed) != 0) {
    return absl::OkStatus();
  }
  return Fault(path, fmt::format("can be written by others (mode {:04o})", status.st_mode & 07777U),
               "chmod go-w it, or name another store.folder");
}

// One folder or link on the way.
absl::Status CheckStep(const std::string& path, int links) {
  struct stat status {};
  // What is not there yet is made, or its lack is told, by others.
  if (lstat(path.c_str(), &status) != 0) return absl::OkStatus();
  if (absl::Status owner = CheckOwner(path, status); !owner.ok()) return owner;
  if (!S_ISLNK(status.st_mode)) return CheckMode(path, status, S_ISVTX);
  std::array<char, PATH_MAX> target{};
  const ssize_t size = readlink(path.c_str(), target.data(), target.size());
  if (size <= 0 || links >= kMostLinks)
    return Fault(path, "is a link that leads nowhere", "mend it");
  std::string whole(target.data(), static_cast<size_t>(size));
  if (!whole.starts_with('/')) whole = path.substr(0, path.rfind('/') + 1) + whole;
  for (size_t end = 1; end < whole.size();) {
    end = std::min(whole.find('/', end + 1), whole.size());
    if (absl::Status step = CheckStep(whole.substr(0, end), links + 1); !step.ok()) return step;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckWay(const std::string& path) {
  if (absl::Status root = CheckStep("/", 0); !root.ok()) return root;
  for (size_t end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1)) {
    if (absl::Status step = CheckStep(path.substr(0, end), 0); !step.ok()) return step;
  }
  return absl::OkStatus();
}

absl::Status CheckFolder(const Folder& folder) {
  struct stat open_one {};
  struct stat named {};
  if (fstat(folder.descriptor(), &open_one) != 0) return folder.Error("look at", ".", errno);
  if (absl::Status owner = CheckOwner(folder.path(), open_one); !owner.ok()) return owner;
  if (absl::Status mode = CheckMode(folder.path(), open_one, 0); !mode.ok()) return mode;
  if (lstat(folder.path().c_str(), &named) != 0 || named.st_dev != open_one.st_dev ||
      named.st_ino != open_one.st_ino) {
    return absl::UnavailableError(
        fmt::format("{} was moved or replaced while it was in use", folder.path()));
  }
  return absl::OkStatus();
}

absl::StatusOr<UniqueFd> LockFolder(const Folder& folder) {
  constexpr char kLock[] = "lock";
  UniqueFd file(
      openat(folder.descriptor(), kLock, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.is_open()) return folder.Error("make", kLock, errno);
  // A child that a daemon left behind when it was killed has the lock, too, until it ends.
  constexpr int kMostTries = 20;
  constexpr useconds_t kPause = 50'000;
  int error = flock(file.get(), LOCK_EX | LOCK_NB);
  for (int tries = 1; error != 0 && tries < kMostTries; ++tries) {
    usleep(kPause);
    error = flock(file.get(), LOCK_EX | LOCK_NB);
  }
  if (error != 0) {
    return absl::FailedPreconditionError(fmt::format(
        "{} is in use: another stopd is running; stop it, or give this one a folder of its own",
        folder.path()));
  }
  return file;
}

}  // namespace cairn::tokens
