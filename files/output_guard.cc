// SPDX-License-Identifier: BSD-3-Clause
#include "files/output_guard.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>

#include "fmt/format.h"

#include "files/contents.h"

namespace cairn::files {
namespace {

constexpr mode_t kNewFileMode = 0644;
constexpr int kAlways = O_CLOEXEC | O_NOCTTY;
// How often a name may lead elsewhere between two looks at it.
constexpr int kMostLooks = 4;

// "'--alerts a.jsonl'", or the path alone where no option named it.
std::string NameOf(const Output& output) {
  return output.option.empty() ? output.path : fmt::format("'{} {}'", output.option, output.path);
}

absl::Status OpenFault(const Output& output, int error) {
  const std::string reason = std::generic_category().message(error);
  const std::string name = NameOf(output);
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(
          fmt::format("{}: cannot write: {}; choose a place that you may write to", name, reason));
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(
          fmt::format("{}: its folder does not exist; create it first", name));
    case EISDIR:
      return absl::FailedPreconditionError(
          fmt::format("{}: is a directory; name a file in it", name));
    case ELOOP:
      return absl::FailedPreconditionError(
          fmt::format("{}: its symbolic links lead in a circle; name another file", name));
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(fmt::format(
          "{}: no room left to write ({}); make room or write elsewhere", name, reason));
    default:
      return absl::UnknownError(
          fmt::format("{}: cannot open: {}; name another file", name, reason));
  }
}

// Of a name that leads to nothing: OK, or the symbolic link that it is.
absl::Status CheckNoLink(const Output& output) {
  struct stat link {};
  if (lstat(output.path.c_str(), &link) != 0 || !S_ISLNK(link.st_mode)) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format(
      "{}: is a symbolic link to a file that does not exist; create that file, or name another",
      NameOf(output)));
}

// The descriptor that a name such as /dev/stdout or /dev/fd/63 means.  Opened anew it would be
// written from its beginning, over what the shell let it hold.
std::optional<int> DescriptorOf(std::string_view path) {
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    int number = -1;
    const char* end = path.data() + path.size();
    const auto [stop, error] = std::from_chars(path.data() + folder.size(), end, number);
    if (error == std::errc() && stop == end && number >= 0) return number;
  }
  return std::nullopt;
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string HeadOf(int descriptor) {
  std::string head(kHeadBytes, '\0');
  const ssize_t got = pread(descriptor, head.data(), head.size(), 0);
  head.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return head;
}

// Whether a file of that name could be made.
absl::Status CheckFolder(const Output& output) {
  if (absl::Status link = CheckNoLink(output); !link.ok()) return link;
  const std::string folder = FolderOf(output.path);
  struct stat info {};
  if (stat(folder.c_str(), &info) != 0) return OpenFault(output, errno);
  if (!S_ISDIR(info.st_mode)) return OpenFault(output, ENOTDIR);
  if (output.path.ends_with('/')) return OpenFault(output, EISDIR);
  if (faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
    return OpenFault(output, errno);
  return absl::OkStatus();
}

// The same for two names of one file, whether it is there or not; nothing for what two outputs may
// share.
using Identity = std::tuple<dev_t, ino_t, std::string>;
std::optional<Identity> IdentityOf(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) == 0) {
    if (!S_ISREG(info.st_mode)) return std::nullopt;
    return Identity(info.st_dev, info.st_ino, "");
  }
  if (stat(FolderOf(path).c_str(), &info) != 0) return std::nullopt;
  return Identity(info.st_dev, info.st_ino, path.substr(path.rfind('/') + 1));  // npos + 1 is 0
}

}  // namespace

void OutputGuard::AddInput(std::string_view what, const std::string& path) {
  struct stat info {};
  const int failed = path == "-" ? fstat(STDIN_FILENO, &info) : stat(path.c_str(), &info);
  if (failed != 0 || !S_ISREG(info.st_mode)) return;
  inputs_.push_back({.what = std::string(what),
                     .path = path == "-" ? "standard input" : path,
                     .device = info.st_dev,
                     .inode = info.st_ino});
}

absl::Status OutputGuard::CheckIdentity(const Output& output, const struct stat& file) const {
  for (const Input& input : inputs_) {
    if (input.device != file.st_dev || input.inode != file.st_ino) continue;
    const std::string same = input.path == output.path ? "" : fmt::format(", {}", input.path);
    return absl::InvalidArgumentError(fmt::format(
        "{} would {} {} that this run reads{}; name another file", NameOf(output),
        output.existing == ExistingFile::kReplace ? "overwrite" : "write into", input.what, same));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> OutputGuard::IsForeign(const Output& output, int descriptor,
                                            bool readable) const {
  struct stat info {};
  if (fstat(descriptor, &info) != 0) return OpenFault(output, errno);
  if (absl::Status status = CheckIdentity(output, info); !status.ok()) return status;
  if (info.st_size == 0) return false;
  const std::string head = readable ? HeadOf(descriptor) : std::string();
  if (!head.empty() && output.is_ours && output.is_ours(head)) return false;
  if (replaces_foreign()) return true;
  if (!readable) {
    return absl::InvalidArgumentError(
        fmt::format("{}: this file cannot be read, so its contents are unknown; "
                    "name another file, or replace this one by --force",
                    NameOf(output)));
  }
  if (!output.is_ours) {
    return absl::InvalidArgumentError(
        fmt::format("{}: this file holds {} already; name another file, or replace this one by "
                    "--force",
                    NameOf(output), DescribeContents(head)));
  }
  const std::string hint = IsCapture(head) && !output.option.empty()
                               ? fmt::format(
                                     " (did the shell expand a pattern? write {} FILE, then the "
                                     "captures)",
                                     output.option)
                               : "";
  return absl::InvalidArgumentError(
      fmt::format("{}: this file holds {}, not {}{}; name another file, or replace this one by "
                  "--force",
                  NameOf(output), DescribeContents(head), output.what, hint));
}

absl::StatusOr<OutputGuard::Opened> OutputGuard::OpenRegular(const Output& output) const {
  // Without blocking: a pipe may have taken the name meanwhile.
  const int flags =
      kAlways | O_NONBLOCK | (output.existing == ExistingFile::kAppend ? O_APPEND : 0);
  const char* path = output.path.c_str();
  UniqueFd descriptor(open(path, O_RDWR | flags));
  const bool readable = descriptor.is_open();
  if (!readable && (errno == EACCES || errno == EPERM)) {
    descriptor = UniqueFd(open(path, O_WRONLY | flags));
  }
  if (!descriptor.is_open()) return OpenFault(output, errno);
  const absl::StatusOr<bool> foreign = IsForeign(output, descriptor.get(), readable);
  if (!foreign.ok()) return foreign.status();
  return Opened{.descriptor = std::move(descriptor), .foreign = *foreign};
}

absl::StatusOr<UniqueFd> OutputGuard::OpenSpecial(const Output& output) const {
  const std::optional<int> given = DescriptorOf(output.path);
  UniqueFd descriptor(given.has_value() ? fcntl(*given, F_DUPFD_CLOEXEC, 0)
                                        : open(output.path.c_str(), O_WRONLY | kAlways));
  if (!descriptor.is_open()) return OpenFault(output, errno);
  if ((fcntl(descriptor.get(), F_GETFL) & O_ACCMODE) == O_RDONLY) return OpenFault(output, EACCES);
  struct stat info {};
  if (fstat(descriptor.get(), &info) != 0) return OpenFault(output, errno);
  // What the shell has opened is the user's will, and else only what is no file comes here.
  if (S_ISREG(info.st_mode) && !given.has_value()) return OpenFault(output, EBUSY);
  if (absl::Status status = CheckIdentity(output, info); !status.ok()) return status;
  return descriptor;
}

absl::Status OutputGuard::CheckNoInput(const Output& output) const {
  struct stat info {};
  if (stat(output.path.c_str(), &info) != 0) return CheckNoLink(output);
  return CheckIdentity(output, info);
}

absl::Status OutputGuard::CheckOne(const Output& output) const {
  struct stat info {};
  if (stat(output.path.c_str(), &info) != 0) {
    return errno == ENOENT ? CheckFolder(output) : OpenFault(output, errno);
  }
  if (S_ISDIR(info.st_mode)) return OpenFault(output, EISDIR);
  // Opening a pipe or a device may wait, or do something; /dev/stdout is what the shell made it.
  if (!S_ISREG(info.st_mode) || DescriptorOf(output.path).has_value()) {
    return CheckIdentity(output, info);
  }
  return OpenRegular(output).status();
}

absl::Status OutputGuard::Check(std::span<const Output> outputs) const {
  std::vector<std::pair<Identity, const Output*>> seen;
  for (const Output& output : outputs) {
    if (absl::Status status = CheckNoInput(output); absl::IsInvalidArgument(status)) return status;
    const std::optional<Identity> identity = IdentityOf(output.path);
    if (!identity.has_value()) continue;
    for (const auto& [other, its_output] : seen) {
      if (other != *identity) continue;
      return absl::InvalidArgumentError(
          fmt::format("{} and {} are the same file; name two different ones", NameOf(*its_output),
                      NameOf(output)));
    }
    seen.emplace_back(*identity, &output);
  }
  for (const Output& output : outputs) {
    if (absl::Status status = CheckOne(output); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<int> OutputGuard::Open(const Output& output) const {
  absl::StatusOr<UniqueFd> opened = OpenAny(output);
  if (!opened.ok()) return opened.status();
  return opened->Release();
}

absl::StatusOr<UniqueFd> OutputGuard::OpenAny(const Output& output) const {
  if (DescriptorOf(output.path).has_value()) return OpenSpecial(output);
  for (int look = 0; look < kMostLooks; ++look) {
    struct stat info {};
    if (stat(output.path.c_str(), &info) != 0) {
      if (errno != ENOENT) return OpenFault(output, errno);
      if (absl::Status link = CheckNoLink(output); !link.ok()) return link;
      const int append = output.existing == ExistingFile::kAppend ? O_APPEND : 0;
      UniqueFd made(
          open(output.path.c_str(), O_RDWR | O_CREAT | O_EXCL | kAlways | append, kNewFileMode));
      if (made.is_open()) return made;
      if (errno != EEXIST) return OpenFault(output, errno);
      continue;  // somebody else was faster: what is it?
    }
    if (S_ISDIR(info.st_mode)) return OpenFault(output, EISDIR);
    if (!S_ISREG(info.st_mode)) return OpenSpecial(output);
    absl::StatusOr<Opened> opened = OpenRegular(output);
    if (absl::IsNotFound(opened.status())) continue;
    if (!opened.ok()) return opened.status();
    const bool empty = opened->foreign || output.existing == ExistingFile::kReplace;
    if (empty && ftruncate(opened->descriptor.get(), 0) != 0) {
      return OpenFault(output, errno);
    }
    return std::move(opened->descriptor);
  }
  return OpenFault(output, EBUSY);
}

}  // namespace cairn::files
