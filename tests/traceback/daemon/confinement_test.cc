// SPDX-License-Identifier: BSD-3-Clause
// What the monitor can still do, and what it cannot.
#include "traceback/daemon/confinement.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "catch2/catch.hpp"

#include "traceback/daemon/capabilities.h"

namespace cairn::daemon {
namespace {

constexpr int kNotConfined = 99;

// As on a host that systemd runs; in a mount namespace of the own.
bool ShareRoot() {
  return unshare(CLONE_NEWNS) == 0 &&
         mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr) == 0;
}

// How a child ends that is confined and then tries something.
int Tried(const std::string& writable, const std::function<bool()>& attempt) {
  const pid_t child = fork();
  if (child == 0) {
    if (!ShareRoot()) _exit(kNotConfined);
    if (!ConfineMonitor({writable}).ok()) _exit(kNotConfined);
    _exit(attempt() ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

class Folder {
 public:
  Folder() {
    path_ = (std::filesystem::current_path() / "confined.XXXXXX").string();
    REQUIRE(mkdtemp(path_.data()) != nullptr);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

bool NeedsRoot() {
  if (geteuid() == 0) return true;
  WARN("SKIPPED: needs root");
  return false;
}

TEST_CASE("the monitor looks at other processes and writes where it may") {
  if (!NeedsRoot()) return;
  const Folder folder;
  const std::string file = folder.path() + "/file";
  const std::string elsewhere = folder.path() + "_elsewhere";
  const pid_t other = fork();
  if (other == 0) {
    setgid(65534);
    setuid(65534);
    pause();
    _exit(0);
  }
  const std::string program = "/proc/" + std::to_string(other) + "/exe";
  CHECK(Tried(folder.path(), [&] {
          char target[256];
          return readlink(program.c_str(), target, sizeof(target)) > 0 &&
                 open(program.c_str(), O_RDONLY) >= 0;
        }) == 0);
  CHECK(Tried(folder.path(), [&] { return open(file.c_str(), O_CREAT | O_WRONLY, 0600) >= 0; }) ==
        0);
  CHECK(Tried(folder.path(), [&] {
          return open(elsewhere.c_str(), O_CREAT | O_WRONLY, 0600) < 0 && errno == EROFS;
        }) == 0);
  CHECK_FALSE(std::filesystem::exists(elsewhere));
  CHECK(Tried(folder.path(), [&] { return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 4) >= 0; }) ==
        0);
  CHECK(Tried(folder.path(), [] {
          const pid_t child = fork();
          if (child == 0) _exit(setresuid(65534, 65534, 65534) == 0 ? 7 : 8);
          int status = 0;
          return waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7;
        }) == 0);
  kill(other, SIGKILL);
  waitpid(other, nullptr, 0);
}

TEST_CASE("what others mount and unmount later is seen as they do it") {
  if (!NeedsRoot()) return;
  const Folder folder;
  const std::string place = folder.path() + "/later";
  REQUIRE(mkdir(place.c_str(), 0700) == 0);
  // The parent is the host; the child is confined, and told by a byte when to look.
  const pid_t host = fork();
  if (host == 0) {
    int to_child[2];
    int from_child[2];
    if (!ShareRoot() || pipe(to_child) != 0 || pipe(from_child) != 0) _exit(kNotConfined);
    const pid_t child = fork();
    if (child == 0) {
      if (!ConfineMonitor({}).ok()) _exit(kNotConfined);
      char byte = 'r';
      for (int i = 0; i < 2; ++i) {
        static_cast<void>(!write(from_child[1], &byte, 1));
        static_cast<void>(!read(to_child[0], &byte, 1));
        byte = access((place + "/inside").c_str(), F_OK) == 0 ? 'y' : 'n';
      }
      static_cast<void>(!write(from_child[1], &byte, 1));
      _exit(0);
    }
    close(from_child[1]);
    char ready = 0;
    char mounted = 0;
    char unmounted = 0;
    const bool heard = read(from_child[0], &ready, 1) == 1 &&
                       mount("none", place.c_str(), "tmpfs", 0, nullptr) == 0 &&
                       mkdir((place + "/inside").c_str(), 0700) == 0 &&
                       write(to_child[1], "l", 1) == 1 && read(from_child[0], &mounted, 1) == 1 &&
                       umount(place.c_str()) == 0 && write(to_child[1], "l", 1) == 1 &&
                       read(from_child[0], &unmounted, 1) == 1;
    _exit(heard && mounted == 'y' && unmounted == 'n' ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(host, &status, 0) == host);
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("where later mounts would not be seen all stays as it is") {
  if (!NeedsRoot()) return;
  const Folder folder;
  const std::string elsewhere = folder.path() + "/file";
  const pid_t child = fork();
  if (child == 0) {
    const bool is_private = unshare(CLONE_NEWNS) == 0 &&
                            mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    if (!is_private || !ConfineMonitor({}).ok()) _exit(kNotConfined);
    _exit(open(elsewhere.c_str(), O_CREAT | O_WRONLY, 0600) >= 0 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("the monitor keeps no capability that it does not need") {
  if (!NeedsRoot()) return;
  const Folder folder;
  CHECK(Tried(folder.path(), [] {
          for (int each = 0; prctl(PR_CAPBSET_READ, each, 0, 0, 0) >= 0; ++each) {
            const bool is_kept = (MonitorCapabilities() & CapabilityBit(each)) != 0;
            if (!is_kept && prctl(PR_CAPBSET_READ, each, 0, 0, 0) != 0) return false;
          }
          __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
          __user_cap_data_struct sets[2] = {};
          if (syscall(SYS_capget, &header, sets) != 0) return false;
          const uint64_t held = sets[0].permitted | uint64_t{sets[1].permitted} << 32;
          return (held & ~MonitorCapabilities()) == 0 &&
                 prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
        }) == 0);
  for (const int each : {CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_DAC_OVERRIDE, CAP_NET_RAW, CAP_BPF,
                         CAP_MKNOD, CAP_CHOWN, CAP_SYS_BOOT, CAP_NET_BIND_SERVICE}) {
    CHECK((MonitorCapabilities() & CapabilityBit(each)) == 0);
  }
}

TEST_CASE("the monitor makes no system call that could change the host") {
  if (!NeedsRoot()) return;
  const Folder folder;
  const std::vector<std::pair<const char*, std::function<long()>>> attempts = {
#ifndef __SANITIZE_ADDRESS__  // it does so itself
      {"trace a process", [] { return ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }},
#endif
      {"mount", [] { return mount("none", "/mnt", "tmpfs", 0, nullptr); }},
      {"undo the read-only view", [] { return mount(nullptr, "/", nullptr, MS_REMOUNT, nullptr); }},
      {"a mount namespace", [] { return unshare(CLONE_NEWNS); }},
      {"a user namespace", [] { return syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0); }},
      {"another mount namespace",
       [] { return setns(open("/proc/1/ns/mnt", O_RDONLY), CLONE_NEWNS); }},
      {"any other namespace", [] { return setns(open("/proc/1/ns/mnt", O_RDONLY), 0); }},
      {"load a module", [] { return syscall(SYS_init_module, nullptr, 0, ""); }},
      {"load BPF", [] { return syscall(SYS_bpf, 0, nullptr, 0); }},
      {"io_uring", [] { return syscall(SYS_io_uring_setup, 1, nullptr); }},
      {"write into a process",
       [] { return syscall(SYS_process_vm_writev, getppid(), 0, 0, 0, 0, 0); }},
      {"a packet socket", [] { return socket(AF_PACKET, SOCK_RAW, 0); }},
      {"lend its rights", [] { return chmod("/var/tmp/stopd_no_such_file", 04755); }},
      {"lend its rights from the start",
       [] { return open("/var/tmp/stopd_no_such_file", O_CREAT | O_WRONLY, 04755); }},
      {"set the name of the host", [] { return sethostname("x", 1); }},
  };
  for (const auto& [what, attempt] : attempts) {
    INFO(what);
    CHECK(Tried(folder.path(), [&attempt = attempt] { return attempt() < 0 && errno == EPERM; }) ==
          0);
  }
}

}  // namespace
}  // namespace cairn::daemon
