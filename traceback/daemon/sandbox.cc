// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/sandbox.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <initializer_list>
#include <memory>
#include <string>
#include <system_error>

#include "fmt/format.h"

namespace cairn::daemon {
namespace {

absl::Status Failed(const std::string& step, int error) {
  return absl::InternalError(fmt::format("cannot give up privileges: {}: {}", step,
                                         std::generic_category().message(error)));
}

struct FilterReleaser {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, FilterReleaser>;

// The calls of a loop that serves sockets, of memory, of time, and of an ordinary end.
constexpr auto kAllowed = std::to_array<int>({
    SCMP_SYS(read),           SCMP_SYS(write),        SCMP_SYS(close),
    SCMP_SYS(recvfrom),       SCMP_SYS(recvmsg),      SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),        SCMP_SYS(poll),         SCMP_SYS(ppoll),
    SCMP_SYS(accept4),        SCMP_SYS(getsockname),  SCMP_SYS(getpeername),
    SCMP_SYS(setsockopt),     SCMP_SYS(getsockopt),   SCMP_SYS(shutdown),
    SCMP_SYS(clock_gettime),  SCMP_SYS(gettimeofday), SCMP_SYS(getrandom),
    SCMP_SYS(munmap),         SCMP_SYS(mremap),       SCMP_SYS(brk),
    SCMP_SYS(madvise),        SCMP_SYS(futex),        SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(sigaltstack),  SCMP_SYS(restart_syscall),
    SCMP_SYS(sched_yield),    SCMP_SYS(getpid),       SCMP_SYS(gettid),
    SCMP_SYS(exit),           SCMP_SYS(exit_group),
});

// Files: there are none, and libraries may look all the same (time zone, a crash report).
constexpr auto kRefused = std::to_array<int>({
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(fstat),
    SCMP_SYS(statx),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(getdents64),
});

class FilterBuilder {
 public:
  explicit FilterBuilder(scmp_filter_ctx filter) : filter_(filter) {}

  template <typename... Conditions>
  void Allow(int call, Conditions... conditions) {
    Add(SCMP_ACT_ALLOW, call, conditions...);
  }
  void Refuse(int call) { Add(SCMP_ACT_ERRNO(EACCES), call); }
  int error() const { return error_; }

 private:
  template <typename... Conditions>
  void Add(uint32_t action, int call, Conditions... conditions) {
    const std::array<scmp_arg_cmp, sizeof...(Conditions)> list{conditions...};
    const int result = seccomp_rule_add_array(filter_, action, call,
                                              static_cast<unsigned>(list.size()), list.data());
    // A call that this machine has not needs no rule.
    if (result != 0 && result != -EDOM && error_ == 0) error_ = -result;
  }

  scmp_filter_ctx filter_;
  int error_ = 0;
};

scmp_arg_cmp Equals(unsigned argument, uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}
scmp_arg_cmp Without(unsigned argument, uint64_t bits) {
  return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = bits, .datum_b = 0};
}

absl::Status Filtered(Connects connects) {
  const Filter filter(seccomp_init(SCMP_ACT_KILL_PROCESS));
  if (filter == nullptr) return Failed("seccomp_init", ENOMEM);
  FilterBuilder builder(filter.get());
  for (const int call : kAllowed) builder.Allow(call);
  for (const int call : kRefused) builder.Refuse(call);
  // Memory that can be written can never be run.
  builder.Allow(SCMP_SYS(mmap), Without(2, PROT_EXEC));
  builder.Allow(SCMP_SYS(mprotect), Without(2, PROT_EXEC));
  if (connects == Connects::kAllowed) {
    constexpr uint64_t kStream = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    for (const uint64_t family : {uint64_t{AF_INET}, uint64_t{AF_INET6}}) {
      builder.Allow(SCMP_SYS(socket), Equals(0, family), Equals(1, kStream), Equals(2, 0));
    }
    builder.Allow(SCMP_SYS(bind));  // to the own address that a request must come from
    builder.Allow(SCMP_SYS(connect));
  }
  if (builder.error() != 0) return Failed("seccomp rules", builder.error());
  if (const int result = seccomp_load(filter.get()); result != 0) {
    return Failed("seccomp_load", -result);
  }
  return absl::OkStatus();
}

absl::Status Limited(const Sandbox& sandbox) {
  const auto limit = [](auto resource, rlim_t value) {
    const rlimit most = {.rlim_cur = value, .rlim_max = value};
    return setrlimit(resource, &most) == 0;
  };
  if (!limit(RLIMIT_NOFILE, sandbox.max_descriptors)) return Failed("RLIMIT_NOFILE", errno);
  if (!limit(RLIMIT_NPROC, 0)) return Failed("RLIMIT_NPROC", errno);
  if (!limit(RLIMIT_CORE, 0)) return Failed("RLIMIT_CORE", errno);
  return absl::OkStatus();
}

// Out of the set that bounds what any later program could get, too.
absl::Status DropBoundingSet() {
  for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0;
       ++capability) {
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return Failed("bounding set", errno);
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  return absl::OkStatus();
}

absl::Status DropCapabilities() {
  __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  if (syscall(SYS_capset, &header, none.data()) != 0) return Failed("capset", errno);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Identity> IdentityOf(const std::string& user) {
  const passwd* entry = getpwnam(user.c_str());  // NOLINT(concurrency-mt-unsafe): one thread
  uid_t number = 0;
  if (const auto [end, error] = std::from_chars(user.data(), user.data() + user.size(), number);
      entry == nullptr && error == std::errc() && end == user.data() + user.size()) {
    entry = getpwuid(number);  // NOLINT(concurrency-mt-unsafe): one thread
  }
  if (entry == nullptr) {
    return absl::NotFoundError(fmt::format(
        "there is no user '{}' to run the network side as; make one (adduser --system --group "
        "--no-create-home --force-badname {}) or name another (user: in the configuration)",
        user, user));
  }
  if (entry->pw_uid == 0 || entry->pw_gid == 0) {
    return absl::InvalidArgumentError(fmt::format(
        "user '{}' is root, or in its group: the network side needs one that is not", user));
  }
  return Identity{.uid = entry->pw_uid, .gid = entry->pw_gid};
}

absl::StatusOr<std::string> MakeEmptyFolder() {
  int error = 0;
  for (const char* place : {"/run", "/tmp", "/var/tmp"}) {
    std::string folder = fmt::format("{}/stopd.XXXXXX", place);
    if (mkdtemp(folder.data()) != nullptr) return folder;
    error = errno;
  }
  return absl::UnavailableError(
      fmt::format("cannot make an empty folder for the network side in /run, /tmp or /var/tmp: {}",
                  std::generic_category().message(error)));
}

absl::Status EnterSandbox(const Sandbox& sandbox) {
  if (chroot(sandbox.root.c_str()) != 0 || chdir("/") != 0) return Failed("chroot", errno);
  if (absl::Status limited = Limited(sandbox); !limited.ok()) return limited;
  if (absl::Status dropped = DropBoundingSet(); !dropped.ok()) return dropped;
  const auto [uid, gid] = sandbox.identity;
  if (setgroups(0, nullptr) != 0) return Failed("setgroups", errno);
  if (setresgid(gid, gid, gid) != 0) return Failed("setresgid", errno);
  if (setresuid(uid, uid, uid) != 0) return Failed("setresuid", errno);
  if (absl::Status dropped = DropCapabilities(); !dropped.ok()) return dropped;
  if (setresuid(0, 0, 0) == 0) return Failed("setresuid can be undone", EPERM);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Failed("no_new_privs", errno);
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return Failed("dumpable", errno);
  // Only now: a change of user would undo it.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return Failed("pdeathsig", errno);
  return Filtered(sandbox.connects);
}

}  // namespace cairn::daemon
