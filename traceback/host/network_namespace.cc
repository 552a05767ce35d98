// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/network_namespace.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/nsfs.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "absl/container/flat_hash_set.h"
#include "fmt/format.h"

#include "base/unique_fd.h"

namespace cairn::host {
namespace {

constexpr const char* kOwnNetwork = "/proc/self/ns/net";
constexpr const char* kNamed = "/run/netns";
constexpr size_t kMostNamed = 4096;
constexpr unsigned kMiscMajor = 10;  // of /dev/net/tun
constexpr unsigned kTunMinor = 200;
constexpr unsigned kThreads = O_EXCL;  // PIDFD_THREAD; before Linux 6.9 an error

struct Identity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const Identity&) const = default;
};

std::optional<Identity> IdentityOfDescriptor(int descriptor) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return std::nullopt;
  return Identity{.device = status.st_dev, .inode = status.st_ino};
}

std::optional<Identity> IdentityOfPath(const char* path) {
  struct stat status {};
  if (stat(path, &status) != 0) return std::nullopt;
  return Identity{.device = status.st_dev, .inode = status.st_ino};
}

absl::Status FaultOf(std::string_view what) {
  if (errno == ESRCH || errno == EBADF) return absl::NotFoundError("it has gone");
  return absl::PermissionDeniedError(
      fmt::format("{}: {}", what, std::generic_category().message(errno)));
}

// A descriptor of another process as one of this one, which shares what it stands for; none:
// errno tells why not.
UniqueFd CopyOf(uint32_t thread, uint32_t descriptor) {
  UniqueFd process(static_cast<int>(syscall(SYS_pidfd_open, thread, 0)));
  if (!process.is_open()) {
    process = UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, thread, kThreads)));
  }
  if (!process.is_open()) return {};
  return UniqueFd(static_cast<int>(syscall(SYS_pidfd_getfd, process.get(), descriptor, 0)));
}

// Where this process belongs, while it could not go back there.
UniqueFd& LeftBehind() {
  static UniqueFd home;
  return home;
}

bool GoHome() {
  UniqueFd& home = LeftBehind();
  if (!home.is_open()) return true;
  if (setns(home.get(), CLONE_NEWNET) != 0) return false;
  home.Close();
  return true;
}

}  // namespace

NetworkNamespace::NetworkNamespace(UniqueFd descriptor) : descriptor_(std::move(descriptor)) {
  const std::optional<Identity> identity = IdentityOfDescriptor(descriptor_.get());
  if (identity.has_value()) number_ = identity->inode;
}

absl::StatusOr<NetworkNamespace> NetworkNamespace::Open(const ProcFolder& proc,
                                                        const std::string& path) {
  UniqueFd descriptor(openat(proc.descriptor(), path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor.is_open()) return FaultOf("a network namespace cannot be opened");
  return NetworkNamespace(std::move(descriptor));
}

absl::StatusOr<NetworkNamespace> NetworkNamespace::OfSocket(uint32_t thread, uint32_t descriptor,
                                                            uint64_t inode) {
  const UniqueFd copy = CopyOf(thread, descriptor);
  if (!copy.is_open()) return FaultOf("a socket may not be looked at");
  const std::optional<Identity> identity = IdentityOfDescriptor(copy.get());
  if (!identity.has_value() || identity->inode != inode) {
    return absl::NotFoundError("the descriptor is another one");
  }
  UniqueFd network(ioctl(copy.get(), SIOCGSKNS));
  if (!network.is_open()) return FaultOf("the namespace of a socket cannot be told");
  fcntl(network.get(), F_SETFD, FD_CLOEXEC);
  return NetworkNamespace(std::move(network));
}

absl::StatusOr<NetworkNamespace> NetworkNamespace::OfTunnel(uint32_t thread, uint32_t descriptor) {
  const UniqueFd copy = CopyOf(thread, descriptor);
  if (!copy.is_open()) return FaultOf("a tunnel may not be looked at");
  struct stat status {};
  if (fstat(copy.get(), &status) != 0 || !S_ISCHR(status.st_mode) ||
      status.st_rdev != makedev(kMiscMajor, kTunMinor)) {
    return absl::NotFoundError("the descriptor is no tunnel");
  }
  UniqueFd network(ioctl(copy.get(), TUNGETDEVNETNS));
  if (!network.is_open()) return FaultOf("the namespace of a tunnel cannot be told");
  fcntl(network.get(), F_SETFD, FD_CLOEXEC);
  return NetworkNamespace(std::move(network));
}

std::optional<uint32_t> NetworkNamespace::MadeBy() const {
  const std::optional<Identity> own = IdentityOfPath("/proc/self/ns/user");
  UniqueFd user(ioctl(descriptor_.get(), NS_GET_USERNS));
  std::optional<uint32_t> maker;
  constexpr int kMostLevels = 40;  // more than the kernel has
  for (int level = 0; level < kMostLevels; ++level) {
    // A namespace that is not below the own one: the kernel does not show it.
    if (!user.is_open() || !own.has_value()) return maker.value_or(kUnknownMaker);
    if (IdentityOfDescriptor(user.get()) == own) return maker;
    uid_t owner = kUnknownMaker;
    if (ioctl(user.get(), NS_GET_OWNER_UID, &owner) != 0) owner = kUnknownMaker;
    if (owner != 0) maker = owner;
    user = UniqueFd(ioctl(user.get(), NS_GET_PARENT));
  }
  return maker.value_or(kUnknownMaker);
}

bool NetworkNamespace::IsOfOwnUsers() const {
  const UniqueFd user(ioctl(descriptor_.get(), NS_GET_USERNS));
  const std::optional<Identity> own = IdentityOfPath("/proc/self/ns/user");
  return user.is_open() && own.has_value() && IdentityOfDescriptor(user.get()) == own;
}

absl::StatusOr<Netlink> NetworkNamespace::OpenNetlink(int protocol) const {
  if (!GoHome()) return FaultOf("cannot go back to the own network namespace");
  if (number_ == OwnNetworkNamespace()) return Netlink::Open(protocol);
  UniqueFd own(open(kOwnNetwork, O_RDONLY | O_CLOEXEC));
  if (!own.is_open() || setns(descriptor_.get(), CLONE_NEWNET) != 0) {
    return FaultOf("another network namespace may not be entered");
  }
  absl::StatusOr<Netlink> netlink = Netlink::Open(protocol);
  // Only want of memory can hinder this.  Then the next question tries again.
  LeftBehind() = std::move(own);
  GoHome();
  return netlink;
}

uint64_t OwnNetworkNamespace() {
  const std::optional<Identity> own = IdentityOfPath(kOwnNetwork);
  return own.has_value() ? own->inode : 0;
}

std::vector<NoticedNamespace> NoticeNamespaces(const ProcFolder& proc, const Deadline& deadline) {
  std::vector<NoticedNamespace> noticed;
  absl::flat_hash_set<uint64_t> known = {OwnNetworkNamespace()};
  const auto note = [&](const std::string& path) {
    struct stat status {};
    if (noticed.size() >= kMostNoticed || deadline.Passed()) return;
    if (fstatat(proc.descriptor(), path.c_str(), &status, 0) != 0) return;
    if (known.insert(status.st_ino).second) noticed.push_back({status.st_ino, path});
  };
  // Those with names first: only the system's can have one.
  if (DIR* folder = opendir(kNamed); folder != nullptr) {
    size_t seen = 0;
    while (const dirent* entry = readdir(folder)) {  // NOLINT(concurrency-mt-unsafe): own stream
      if (entry->d_name[0] == '.' || ++seen > kMostNamed) continue;
      note(fmt::format("{}/{}", kNamed, entry->d_name));
    }
    closedir(folder);
  }
  proc.ForEachNumber([&](uint32_t, const char* name) { note(fmt::format("{}/ns/net", name)); });
  return noticed;
}

}  // namespace cairn::host
