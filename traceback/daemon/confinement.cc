// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/confinement.h"

#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "fmt/format.h"

#include "traceback/daemon/capabilities.h"
#include "traceback/daemon/filter_builder.h"
#include "traceback/daemon/log.h"
#include "traceback/daemon/read_only_view.h"
#include "traceback/daemon/start_anew.h"

namespace cairn::daemon {
namespace {

absl::Status Failed(const char* step, int error) {
  return absl::InternalError(fmt::format("cannot give up privileges: {}: {}", step,
                                         std::generic_category().message(error)));
}

// Files and folders: to read everything, and to write where the view allows.
constexpr auto kFileCalls = std::to_array<int>({
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(preadv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(pwritev),
    SCMP_SYS(close),
    SCMP_SYS(close_range),
    SCMP_SYS(lseek),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(fcntl),
    SCMP_SYS(flock),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getdents),
    SCMP_SYS(getdents64),
    SCMP_SYS(getcwd),
    SCMP_SYS(chdir),
    SCMP_SYS(fchdir),
    SCMP_SYS(rmdir),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(link),
    SCMP_SYS(linkat),
    SCMP_SYS(truncate),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(fadvise64),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(syncfs),
    SCMP_SYS(utimensat),
    SCMP_SYS(umask),
    SCMP_SYS(sendfile),
    SCMP_SYS(copy_file_range),
    SCMP_SYS(getxattr),
    SCMP_SYS(fgetxattr),
    SCMP_SYS(lgetxattr),
    SCMP_SYS(name_to_handle_at),
    SCMP_SYS(memfd_create),
    SCMP_SYS(pipe),
    SCMP_SYS(pipe2),
    SCMP_SYS(splice),
    SCMP_SYS(eventfd2),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(timerfd_gettime),
    SCMP_SYS(signalfd4),
    SCMP_SYS(ioctl),
});

// Sockets, but for making them.
constexpr auto kSocketCalls = std::to_array<int>({
    SCMP_SYS(socketpair),  SCMP_SYS(bind),          SCMP_SYS(listen),     SCMP_SYS(accept),
    SCMP_SYS(accept4),     SCMP_SYS(connect),       SCMP_SYS(shutdown),   SCMP_SYS(getsockname),
    SCMP_SYS(getpeername), SCMP_SYS(setsockopt),    SCMP_SYS(getsockopt), SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),     SCMP_SYS(sendmmsg),      SCMP_SYS(recvfrom),   SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),    SCMP_SYS(poll),          SCMP_SYS(ppoll),      SCMP_SYS(select),
    SCMP_SYS(pselect6),    SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),  SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
});

// Memory, time, signals, and what starts and ends processes, this program again among them.
constexpr auto kProcessCalls = std::to_array<int>({
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(brk),
    SCMP_SYS(madvise),
    SCMP_SYS(mlock),
    SCMP_SYS(munlock),
    SCMP_SYS(membarrier),
    SCMP_SYS(futex),
    SCMP_SYS(futex_waitv),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(get_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(arch_prctl),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(times),
    SCMP_SYS(timer_create),
    SCMP_SYS(timer_settime),
    SCMP_SYS(timer_delete),
    SCMP_SYS(setitimer),
    SCMP_SYS(alarm),
    SCMP_SYS(pause),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigsuspend),
    SCMP_SYS(rt_sigpending),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(tgkill),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(kcmp),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(execve),
    SCMP_SYS(wait4),
    SCMP_SYS(waitid),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    SCMP_SYS(gettid),
    SCMP_SYS(getpgid),
    SCMP_SYS(getpgrp),
    SCMP_SYS(setpgid),
    SCMP_SYS(getsid),
    SCMP_SYS(setsid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getresuid),
    SCMP_SYS(getresgid),
    SCMP_SYS(getgroups),
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setreuid),
    SCMP_SYS(setregid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(setgroups),
    SCMP_SYS(setfsuid),
    SCMP_SYS(setfsgid),
    SCMP_SYS(capget),
    SCMP_SYS(capset),
    SCMP_SYS(prctl),
    SCMP_SYS(seccomp),
    SCMP_SYS(landlock_create_ruleset),
    SCMP_SYS(landlock_add_rule),
    SCMP_SYS(landlock_restrict_self),
    SCMP_SYS(chroot),
    SCMP_SYS(getrlimit),
    SCMP_SYS(setrlimit),
    SCMP_SYS(prlimit64),
    SCMP_SYS(getrusage),
    SCMP_SYS(getpriority),
    SCMP_SYS(setpriority),
    SCMP_SYS(ioprio_set),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_setaffinity),
    SCMP_SYS(sched_getscheduler),
    SCMP_SYS(sched_setscheduler),
    SCMP_SYS(sched_getparam),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrandom),
    SCMP_SYS(getcpu),
});

}  // namespace

uint64_t MonitorCapabilities() {
  uint64_t kept = 0;
  for (const int capability : {
           CAP_SYS_PTRACE,  // see the descriptors and programs of every process ...
           CAP_DAC_READ_SEARCH,
           CAP_SYS_ADMIN,  // ... and the sockets of other network namespaces (setns) ...
           CAP_NET_ADMIN,  // ... and translated connections
           CAP_SETUID,     // start the other side without rights, and end it; ~/.ident
           CAP_SETGID,
           CAP_SYS_CHROOT,
           CAP_SETPCAP,
           CAP_KILL,
       }) {
    kept |= CapabilityBit(capability);
  }
  return kept;
}

absl::Status FilterMonitorCalls() {
  const Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (filter == nullptr) return Failed("seccomp_init", ENOMEM);
  FilterBuilder builder(filter.get());
  for (const int call : kFileCalls) builder.Allow(call);
  for (const int call : kSocketCalls) builder.Allow(call);
  for (const int call : kProcessCalls) builder.Allow(call);
  // What root makes here must not lend its rights to who runs it.
  constexpr uint64_t kLending = S_ISUID | S_ISGID;
  builder.Allow(SCMP_SYS(open), Without(2, kLending));
  builder.Allow(SCMP_SYS(openat), Without(3, kLending));
  builder.Allow(SCMP_SYS(mkdir), Without(1, kLending));
  builder.Allow(SCMP_SYS(mkdirat), Without(2, kLending));
  builder.Allow(SCMP_SYS(chmod), Without(1, kLending));
  builder.Allow(SCMP_SYS(fchmod), Without(1, kLending));
  builder.Allow(SCMP_SYS(fchmodat), Without(2, kLending));
  for (const int family : {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK}) {
    builder.Allow(SCMP_SYS(socket), Equals(0, static_cast<uint64_t>(family)));
  }
  constexpr uint64_t kNamespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                   CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;
  builder.Allow(SCMP_SYS(clone), Without(0, kNamespaces));
  builder.Refuse(SCMP_SYS(clone3), ENOSYS);  // what it is for cannot be seen; clone() does it, too
  builder.Allow(SCMP_SYS(setns), Equals(1, CLONE_NEWNET));
#ifdef __SANITIZE_ADDRESS__  // looks for leaks at the end, by stopping its own threads
  builder.Allow(SCMP_SYS(ptrace));
#endif
  // The programs that list descriptors: loaded again when this program takes its own place.
  for (const uint64_t command :
       {BPF_PROG_LOAD, BPF_BTF_LOAD, BPF_OBJ_GET_INFO_BY_FD, BPF_LINK_CREATE, BPF_ITER_CREATE}) {
    builder.Allow(SCMP_SYS(bpf), Equals(0, command));
  }
  if (builder.error() != 0) return Failed("seccomp rules", builder.error());
  if (const int result = seccomp_load(filter.get()); result != 0) {
    return Failed("seccomp_load", -result);
  }
  return absl::OkStatus();
}

absl::Status ConfineMonitor(const std::vector<std::string>& writable) {
  if (const absl::Status view = EnterReadOnlyView(writable); !view.ok()) {
    Log(Level::kWarning,
        fmt::format("the daemon could write to all files, because they cannot be made read-only "
                    "for it: {}",
                    std::string(view.message())));
  }
  const rlimit none = {.rlim_cur = 0, .rlim_max = 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0) return Failed("RLIMIT_CORE", errno);
  const uint64_t kept = MonitorCapabilities();
  if (absl::Status limited = LimitBoundingSet(kept); !limited.ok()) return limited;
  if (absl::Status set = SetCapabilities(kept); !set.ok()) return set;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Failed("no_new_privs", errno);
  // Each program that took the place of one before would add a filter, until no more fit.
  const bool is_filtered =
      std::getenv(kStartedAnew) != nullptr &&  // NOLINT(concurrency-mt-unsafe): nobody sets it
      prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_FILTER;
  return is_filtered ? absl::OkStatus() : FilterMonitorCalls();
}

}  // namespace cairn::daemon
