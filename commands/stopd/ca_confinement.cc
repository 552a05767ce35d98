// SPDX-License-Identifier: BSD-3-Clause
#include "commands/stopd/ca_confinement.h"

#include <grp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "fmt/format.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include "traceback/daemon/capabilities.h"
#include "traceback/daemon/filter_builder.h"

#ifdef __SANITIZE_ADDRESS__
namespace {
bool is_confined = false;
}  // namespace
// LeakSanitizer stops the threads of its process at the end, which a confined one may not.
extern "C" int __lsan_is_turned_off() { return is_confined ? 1 : 0; }
#endif

namespace cairn::commands {
namespace {

absl::Status Failed(std::string_view step, int error) {
  return absl::InternalError(fmt::format("cannot give up privileges: {}: {}", step,
                                         std::generic_category().message(error)));
}

constexpr auto kAllowed = std::to_array<int>({
    // Connections that come in.
    SCMP_SYS(accept4),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(shutdown),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    // The authority's folder, and the log.
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(lseek),
    SCMP_SYS(fcntl),
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(flock),
    SCMP_SYS(fchmod),
    SCMP_SYS(fsync),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    // Memory, time, and an ordinary end.
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(brk),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(sched_yield),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
});

absl::Status FilterCalls() {
  const daemon::Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (filter == nullptr) return Failed("seccomp_init", ENOMEM);
  daemon::FilterBuilder builder(filter.get());
  for (const int call : kAllowed) builder.Allow(call);
  builder.AllowSanitizer();
  // Memory that can be written can never be run.
  builder.Allow(SCMP_SYS(mmap), daemon::Without(2, PROT_EXEC));
  builder.Allow(SCMP_SYS(mprotect), daemon::Without(2, PROT_EXEC));
  if (builder.error() != 0) return Failed("seccomp rules", builder.error());
  if (const int result = seccomp_load(filter.get()); result != 0) {
    return Failed("seccomp_load", -result);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<bool> BecomeOwnerOf(const std::string& folder) {
  if (geteuid() != 0) return true;
  struct stat facts {};
  // What is wrong with it, whoever opens it says better.
  if (stat(folder.c_str(), &facts) != 0 || facts.st_uid == 0) return false;
  if (facts.st_gid == 0) {
    return absl::FailedPreconditionError(fmt::format(
        "folder {} belongs to root's group: give it to its owner's (chown -R USER:GROUP)", folder));
  }
  if (setgroups(0, nullptr) != 0) return Failed("setgroups", errno);
  if (setresgid(facts.st_gid, facts.st_gid, facts.st_gid) != 0) return Failed("setresgid", errno);
  if (setresuid(facts.st_uid, facts.st_uid, facts.st_uid) != 0) return Failed("setresuid", errno);
  if (setresuid(0, 0, 0) == 0) return Failed("setresuid can be undone", EPERM);
  return true;
}

absl::Status ConfineCaService() {
  const rlimit none = {.rlim_cur = 0, .rlim_max = 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0) return Failed("RLIMIT_CORE", errno);
  if (setrlimit(RLIMIT_NPROC, &none) != 0) return Failed("RLIMIT_NPROC", errno);
  if (absl::Status dropped = daemon::SetCapabilities(0); !dropped.ok()) return dropped;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Failed("no_new_privs", errno);
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return Failed("dumpable", errno);
#ifdef __SANITIZE_ADDRESS__
  is_confined = true;
#endif
  return FilterCalls();
}

}  // namespace cairn::commands
