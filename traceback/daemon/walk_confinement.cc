// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/walk_confinement.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "fmt/format.h"

#include "base/unique_fd.h"
#include "traceback/daemon/capabilities.h"
#include "traceback/daemon/filter_builder.h"

namespace cairn::daemon {
namespace {

// SYS_PTRACE, DAC_READ_SEARCH: descriptors and programs of every process.  SYS_ADMIN, NET_ADMIN:
// sockets of other network namespaces, and what leads there.
constexpr auto kKept =
    std::to_array<int>({CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, CAP_SYS_ADMIN, CAP_NET_ADMIN});
constexpr rlim_t kMostOpenFiles = 64;

absl::Status Failed(std::string_view step, int error) {
  return absl::InternalError(
      fmt::format("cannot confine a walk: {}: {}", step, std::generic_category().message(error)));
}

// What changes anything outside of the process.
constexpr auto kForbidden = std::to_array<int>({
    // Processes
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(clone),
    SCMP_SYS(clone3),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(tgkill),
    SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(process_madvise),
    SCMP_SYS(prlimit64),
    SCMP_SYS(setrlimit),
    SCMP_SYS(setpriority),
    SCMP_SYS(ioprio_set),
    SCMP_SYS(sched_setaffinity),
    SCMP_SYS(sched_setattr),
    SCMP_SYS(sched_setparam),
    SCMP_SYS(sched_setscheduler),
    SCMP_SYS(migrate_pages),
    SCMP_SYS(move_pages),
    // Files
    SCMP_SYS(creat),
    SCMP_SYS(openat2),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(truncate),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(link),
    SCMP_SYS(linkat),
    SCMP_SYS(symlink),
    SCMP_SYS(symlinkat),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
    SCMP_SYS(chmod),
    SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat),
    SCMP_SYS(chown),
    SCMP_SYS(fchown),
    SCMP_SYS(lchown),
    SCMP_SYS(fchownat),
    SCMP_SYS(utime),
    SCMP_SYS(utimes),
    SCMP_SYS(utimensat),
    SCMP_SYS(futimesat),
    SCMP_SYS(setxattr),
    SCMP_SYS(lsetxattr),
    SCMP_SYS(fsetxattr),
    SCMP_SYS(removexattr),
    SCMP_SYS(lremovexattr),
    SCMP_SYS(fremovexattr),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_setup),
    // The system
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(fspick),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(unshare),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(acct),
    SCMP_SYS(quotactl),
    SCMP_SYS(syslog),
    SCMP_SYS(vhangup),
    SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(adjtimex),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(fanotify_init),
    SCMP_SYS(lookup_dcookie),
    SCMP_SYS(personality),
    SCMP_SYS(shmget),
    SCMP_SYS(shmat),
    SCMP_SYS(shmctl),
    SCMP_SYS(semctl),
    SCMP_SYS(msgctl),
    SCMP_SYS(msgsnd),
    SCMP_SYS(mq_open),
    // Rights
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setreuid),
    SCMP_SYS(setregid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(setgroups),
    SCMP_SYS(setfsuid),
    SCMP_SYS(setfsgid),
    SCMP_SYS(capset),
    // Others that ask
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
});

// All but running the programs that list descriptors (host/open_files.h).
void ForbidBpf(FilterBuilder& builder) {
  constexpr uint64_t kMostCommands = 256;  // more than there are
  for (uint64_t command = 0; command < kMostCommands; ++command) {
    if (command != BPF_LINK_CREATE && command != BPF_ITER_CREATE) {
      builder.Refuse(SCMP_SYS(bpf), EPERM, Equals(0, command));
    }
  }
}

void ForbidWriting(FilterBuilder& builder) {
  for (const auto& [call, flags] :
       {std::pair(SCMP_SYS(open), 1U), std::pair(SCMP_SYS(openat), 2U)}) {
    builder.Refuse(call, EPERM, Has(flags, O_ACCMODE, O_WRONLY));
    builder.Refuse(call, EPERM, Has(flags, O_ACCMODE, O_RDWR));
    builder.Refuse(call, EPERM, Has(flags, O_CREAT, O_CREAT));
    builder.Refuse(call, EPERM, Has(flags, O_TRUNC, O_TRUNC));
  }
}

// The kernel's tables, and services that know names of users; nothing else.
void ForbidNetwork(FilterBuilder& builder) {
  for (uint64_t family = 0; family < AF_MAX; ++family) {
    if (family != AF_UNIX && family != AF_NETLINK) {
      builder.Refuse(SCMP_SYS(socket), EPERM, Equals(0, family));
    }
  }
}

absl::StatusOr<std::vector<sock_filter>> Exported(scmp_filter_ctx filter) {
  const UniqueFd file(memfd_create("filter", MFD_CLOEXEC));
  if (!file.is_open()) return Failed("memfd_create", errno);
  std::vector<sock_filter> program;
  const int result = seccomp_export_bpf(filter, file.get());
  const off_t size = lseek(file.get(), 0, SEEK_END);
  if (result == 0 && size > 0) {
    program.resize(static_cast<size_t>(size) / sizeof(sock_filter));
    const auto wanted = static_cast<ssize_t>(program.size() * sizeof(sock_filter));
    if (pread(file.get(), program.data(), static_cast<size_t>(wanted), 0) != wanted)
      program.clear();
  }
  if (program.empty()) return Failed("seccomp_export_bpf", result == 0 ? EIO : -result);
  return program;
}

absl::Status Limited(const Walks& walks) {
  // Never more than there was before.
  const auto limit = [](auto resource, rlim_t value, rlim_t more = 0) {
    rlimit most{};
    if (getrlimit(resource, &most) != 0) return false;
    most.rlim_max = std::min(most.rlim_max, value + more);
    most.rlim_cur = std::min(most.rlim_max, value);
    return setrlimit(resource, &most) == 0;
  };
  const auto seconds = static_cast<rlim_t>(walks.deadline.ToSeconds());
  // First a signal that says why; then the other one.
  if (!limit(RLIMIT_CPU, seconds + seconds / 2 + 1, 1)) return Failed("RLIMIT_CPU", errno);
#ifndef __SANITIZE_ADDRESS__  // takes terabytes of addresses
  if (!limit(RLIMIT_AS, walks.max_memory_bytes)) return Failed("RLIMIT_AS", errno);
#endif
  if (!limit(RLIMIT_NOFILE, kMostOpenFiles)) return Failed("RLIMIT_NOFILE", errno);
  if (!limit(RLIMIT_FSIZE, 0)) return Failed("RLIMIT_FSIZE", errno);
  if (!limit(RLIMIT_CORE, 0)) return Failed("RLIMIT_CORE", errno);
  return absl::OkStatus();
}

absl::Status DropCapabilities() {
  LimitBoundingSet(0).IgnoreError();  // only for programs, and it runs none
  uint64_t kept = 0;
  for (const int each : kKept) kept |= CapabilityBit(each);
  return SetCapabilities(kept);
}

}  // namespace

absl::StatusOr<WalkConfinement> WalkConfinement::Prepare(const Walks& walks) {
  const Filter filter(seccomp_init(SCMP_ACT_ALLOW));
  if (filter == nullptr) return Failed("seccomp_init", ENOMEM);
  // A tree, not a list: a walk makes a call for each descriptor of the host.
  constexpr uint32_t kTree = 2;
  seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, kTree);
  FilterBuilder builder(filter.get());
  for (const int call : kForbidden) builder.Refuse(call, EPERM);
  ForbidBpf(builder);
  ForbidWriting(builder);
  ForbidNetwork(builder);
  if (builder.error() != 0) return Failed("seccomp rules", builder.error());
  absl::StatusOr<std::vector<sock_filter>> program = Exported(filter.get());
  if (!program.ok()) return program.status();
  return WalkConfinement(walks, *std::move(program));
}

absl::Status WalkConfinement::Enter(pid_t parent) const {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return Failed("pdeathsig", errno);
  if (getppid() != parent) return Failed("the monitor", ESRCH);
  if (absl::Status limited = Limited(walks_); !limited.ok()) return limited;
  if (absl::Status dropped = DropCapabilities(); !dropped.ok()) return dropped;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Failed("no_new_privs", errno);
  const sock_fprog program = {.len = static_cast<uint16_t>(filter_.size()),
                              .filter = const_cast<sock_filter*>(filter_.data())};
  // An old kernel does not know the flag, which only makes it faster.
  for (const unsigned long flags : {SECCOMP_FILTER_FLAG_SPEC_ALLOW, 0UL}) {
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) == 0) {
      return absl::OkStatus();
    }
  }
  return Failed("seccomp", errno);
}

}  // namespace cairn::daemon
