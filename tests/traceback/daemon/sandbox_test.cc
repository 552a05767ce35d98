// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/sandbox.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>

#include "catch2/catch.hpp"

namespace cairn::daemon {
namespace {

constexpr int kNotEntered = 99;
constexpr uint16_t kAskPort = 9;

// How a child ends that enters the sandbox and then tries something: what that returns, or the
// signal, negative.
int SandboxTried(const std::function<int()>& attempt, Connects connects = Connects::kAllowed) {
  const absl::StatusOr<std::string> root = MakeEmptyFolder();
  REQUIRE(root.ok());
  const pid_t child = fork();
  if (child == 0) {
    const bool entered = EnterSandbox({.identity = {.uid = 65534, .gid = 65534},
                                       .root = *root,
                                       .connects = connects,
                                       .ask_port = kAskPort})
                             .ok();
    _exit(entered ? attempt() : kNotEntered);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(rmdir(root->c_str()) == 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

bool SandboxNeedsRoot() {
  if (geteuid() == 0) return true;
  WARN("SKIPPED: needs root");
  return false;
}

TEST_CASE("what serving sockets needs works in the sandbox") {
  if (!SandboxNeedsRoot()) return;
  CHECK(SandboxTried([] {
          const int socket_of_tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
          sockaddr_in address{};
          address.sin_family = AF_INET;
          address.sin_port = htons(kAskPort);
          address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
          const bool tried =
              connect(socket_of_tcp, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 &&
              (errno == EINPROGRESS || errno == ECONNREFUSED);
          void* memory = malloc(1 << 22);
          free(memory);
          return socket_of_tcp >= 0 && tried && memory != nullptr ? 0 : 1;
        }) == 0);
}

TEST_CASE("files are refused, though libraries may ask for them") {
  if (!SandboxNeedsRoot()) return;
  for (const char* path : {"/", "/etc/passwd", ".", "..", "/proc/self/mem"}) {
    INFO(path);
    CHECK(SandboxTried([path] { return open(path, O_RDONLY) < 0 && errno == EACCES ? 0 : 1; }) ==
          0);
  }
  CHECK(SandboxTried([] {
          struct stat status {};
          return stat("/etc/passwd", &status) != 0 ? 0 : 1;
        }) == 0);
}

TEST_CASE("whatever could reach beyond sockets ends the process") {
  if (!SandboxNeedsRoot()) return;
  const std::vector<std::pair<const char*, std::function<int()>>> attempts = {
      {"run a program", [] { return execl("/bin/true", "true", nullptr); }},
      {"fork", [] { return fork() < 0 ? 1 : 0; }},
      {"become root", [] { return setuid(0); }},
      {"signal its parent", [] { return kill(getppid(), 0); }},
      {"trace its parent",
       [] { return static_cast<int>(ptrace(PTRACE_ATTACH, 1, nullptr, nullptr)); }},
      {"make a folder", [] { return mkdir("/x", 0700); }},
      {"change its root", [] { return chroot("/"); }},
      {"remove a file", [] { return unlink("/x"); }},
      {"open a socket of the host", [] { return socket(AF_UNIX, SOCK_STREAM, 0); }},
      {"open a raw socket", [] { return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP); }},
      {"open a datagram socket", [] { return socket(AF_INET, SOCK_DGRAM, 0); }},
      {"open a packet socket", [] { return socket(AF_PACKET, SOCK_RAW, 0); }},
      {"ask the kernel for sockets", [] { return socket(AF_NETLINK, SOCK_RAW, 4); }},
      {"run memory that it wrote",
       [] {
         return mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                     -1, 0) == MAP_FAILED;
       }},
      {"listen", [] { return listen(0, 1); }},
  };
  for (const auto& [what, attempt] : attempts) {
    INFO(what);
    CHECK(SandboxTried(attempt) == -SIGSYS);
  }
}

// The error of a connection to `port` of this host, or of a socket bound to it.
int TriedPort(int (*attempt)(int, const sockaddr*, socklen_t), uint16_t port) {
  const int tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int result = attempt(tcp, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  return result == 0 ? 0 : errno;
}

TEST_CASE("hosts can be reached at the one port only, and from no port of choice") {
  if (!SandboxNeedsRoot()) return;
  constexpr int kAskVersion = 1;
  if (syscall(SYS_landlock_create_ruleset, nullptr, 0, kAskVersion) < 4) {
    WARN("SKIPPED: needs Landlock of Linux 6.7");
    return;
  }
  CHECK(SandboxTried([] { return TriedPort(connect, kAskPort); }) != EACCES);
  CHECK(SandboxTried([] { return TriedPort(connect, 22); }) == EACCES);
  CHECK(SandboxTried([] { return TriedPort(bind, 0); }) == 0);
  CHECK(SandboxTried([] { return TriedPort(bind, 40404); }) == EACCES);
}

TEST_CASE("no option of a socket can be set but that it sends at once") {
  if (!SandboxNeedsRoot()) return;
  const auto set = [](int level, int option) {
    const int tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int one = 1;
    return setsockopt(tcp, level, option, &one, sizeof(one));
  };
  CHECK(SandboxTried([&] { return set(IPPROTO_TCP, TCP_NODELAY); }) == 0);
  CHECK(SandboxTried([&] { return set(IPPROTO_IP, IP_FREEBIND); }) == -SIGSYS);
}

TEST_CASE("without recursion nobody can be connected to") {
  if (!SandboxNeedsRoot()) return;
  const auto attempt = [] {
    return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  };
  CHECK(SandboxTried(attempt, Connects::kForbidden) == -SIGSYS);
}

TEST_CASE("the network side cannot be root, nor nobody known") {
  CHECK(absl::IsInvalidArgument(IdentityOf("root").status()));
  CHECK(absl::IsInvalidArgument(IdentityOf("0").status()));
  CHECK(absl::IsNotFound(IdentityOf("no_such_user_here").status()));
  const auto nobody = IdentityOf("nobody");
  REQUIRE(nobody.ok());
  CHECK(IdentityOf(std::to_string(nobody->uid))->uid == nobody->uid);
}

}  // namespace
}  // namespace cairn::daemon
