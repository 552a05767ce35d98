// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/sandbox.h"

#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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
#include <optional>
#include <string>
#include <system_error>

#include "fmt/format.h"

#include "traceback/daemon/capabilities.h"
#include "traceback/daemon/filter_builder.h"
#include "traceback/daemon/landlock.h"

namespace cairn::daemon {
namespace {

absl::Status Failed(const std::string& step, int error) {
  return absl::InternalError(fmt::format("cannot give up privileges: {}: {}", step,
                                         std::generic_category().message(error)));
}

// The calls of a loop that serves sockets, of memory, of time, and of an ordinary end.
constexpr auto kAllowed = std::to_array<int>({
    SCMP_SYS(read),          SCMP_SYS(write),
    SCMP_SYS(close),         SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),       SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),       SCMP_SYS(poll),
    SCMP_SYS(ppoll),         SCMP_SYS(accept4),
    SCMP_SYS(getsockname),   SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt),    SCMP_SYS(shutdown),
    SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),     SCMP_SYS(munmap),
    SCMP_SYS(mremap),        SCMP_SYS(brk),
    SCMP_SYS(madvise),       SCMP_SYS(futex),
    SCMP_SYS(rt_sigreturn),  SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(sigaltstack),   SCMP_SYS(restart_syscall),
    SCMP_SYS(sched_yield),   SCMP_SYS(getpid),
    SCMP_SYS(gettid),        SCMP_SYS(exit),
    SCMP_SYS(exit_group),
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

// Files of an own folder: a journal, and what takes its place.
constexpr auto kOfOwnFolder = std::to_array<int>({
    SCMP_SYS(pread64),   SCMP_SYS(pwrite64),  SCMP_SYS(readv),     SCMP_SYS(writev),
    SCMP_SYS(lseek),     SCMP_SYS(ftruncate), SCMP_SYS(fallocate), SCMP_SYS(fsync),
    SCMP_SYS(fdatasync), SCMP_SYS(rename),    SCMP_SYS(renameat),  SCMP_SYS(renameat2),
    SCMP_SYS(unlink),    SCMP_SYS(unlinkat),  SCMP_SYS(fcntl),     SCMP_SYS(flock),
    SCMP_SYS(dup),       SCMP_SYS(fadvise64), SCMP_SYS(fstatfs),   SCMP_SYS(getdents64),
    SCMP_SYS(fchmod),    SCMP_SYS(mkdirat),   SCMP_SYS(mkdir),
});

void AllowFiles(FilterBuilder& builder, Files files) {
  if (files == Files::kNone) {
    for (const int call : kRefused) builder.Refuse(call, EACCES);
    return;
  }
  for (const int call : kRefused) {
    if (call != SCMP_SYS(getdents64)) builder.Allow(call);
  }
  for (const int call : kOfOwnFolder) builder.Allow(call);
}

absl::Status Filtered(const Sandbox& sandbox) {
  const Filter filter(seccomp_init(SCMP_ACT_KILL_PROCESS));
  if (filter == nullptr) return Failed("seccomp_init", ENOMEM);
  FilterBuilder builder(filter.get());
  for (const int call : kAllowed) builder.Allow(call);
  AllowFiles(builder, sandbox.files);
  if (sandbox.listens) {
    builder.Allow(SCMP_SYS(listen));
    builder.Allow(SCMP_SYS(setsockopt));
    builder.Allow(SCMP_SYS(uname));
    builder.Allow(SCMP_SYS(sysinfo));  // qsort() asks how much memory there is
  } else {
    builder.Allow(SCMP_SYS(setsockopt), Equals(1, IPPROTO_TCP), Equals(2, TCP_NODELAY));
  }
  // Memory that can be written can never be run.
  builder.Allow(SCMP_SYS(mmap), Without(2, PROT_EXEC));
  builder.Allow(SCMP_SYS(mprotect), Without(2, PROT_EXEC));
  if (sandbox.connects == Connects::kAllowed) {
    constexpr uint64_t kStream = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    for (const uint64_t family : {uint64_t{AF_INET}, uint64_t{AF_INET6}}) {
      builder.Allow(SCMP_SYS(socket), Equals(0, family), Equals(1, kStream), Equals(2, 0));
    }
    builder.Allow(SCMP_SYS(bind));  // to the own address that a request must come from
    builder.Allow(SCMP_SYS(connect));
  }
  builder.AllowSanitizer();
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
  if (sandbox.max_file_bytes.has_value() && !limit(RLIMIT_FSIZE, *sandbox.max_file_bytes)) {
    return Failed("RLIMIT_FSIZE", errno);
  }
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // take terabytes of addresses
  if (sandbox.max_memory_bytes.has_value() && !limit(RLIMIT_AS, *sandbox.max_memory_bytes)) {
    return Failed("RLIMIT_AS", errno);
  }
#endif
  if (!limit(RLIMIT_NPROC, 0)) return Failed("RLIMIT_NPROC", errno);
  if (!limit(RLIMIT_CORE, 0)) return Failed("RLIMIT_CORE", errno);
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
        "--no-create-home --force-badname {}) or name another (listen.user)",
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
  if (absl::Status dropped = LimitBoundingSet(0); !dropped.ok()) return dropped;
  const auto [uid, gid] = sandbox.identity;
  if (setgroups(0, nullptr) != 0) return Failed("setgroups", errno);
  if (setresgid(gid, gid, gid) != 0) return Failed("setresgid", errno);
  if (setresuid(uid, uid, uid) != 0) return Failed("setresuid", errno);
  if (absl::Status dropped = SetCapabilities(0); !dropped.ok()) return dropped;
  if (setresuid(0, 0, 0) == 0) return Failed("setresuid can be undone", EPERM);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Failed("no_new_privs", errno);
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return Failed("dumpable", errno);
  // Only now: a change of user would undo it.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return Failed("pdeathsig", errno);
  // Which has no rule for what only the process itself will have chosen.
  if (sandbox.files == Files::kNone && !sandbox.listens) {
    const bool connects = sandbox.connects == Connects::kAllowed;
    absl::Status locked = EnterLandlock(connects ? std::optional(sandbox.ask_port) : std::nullopt);
    if (!locked.ok()) return locked;
  }
  return Filtered(sandbox);
}

}  // namespace cairn::daemon
