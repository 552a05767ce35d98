// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/network_namespace.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "catch2/catch.hpp"
#include "fmt/format.h"

#include "tests/traceback/host/family.h"
#include "traceback/host/socket_tables.h"

namespace cairn::host {
namespace {

constexpr uid_t kUser = 4242;

bool CanMakeNamespaces() {
  if (geteuid() == 0) return true;
  WARN("SKIPPED: needs root to make network namespaces, and to become somebody else");
  return false;
}

// Also of a process that has become another user.
void Require(bool done) {
  if (!done) abort();
}

void BecomeUser() {
  Require(setgid(kUser) == 0);
  Require(setuid(kUser) == 0);
}

NetworkNamespace NamespaceOf(uint32_t pid) {
  static const ProcFolder proc("/proc");
  absl::StatusOr<NetworkNamespace> network =
      NetworkNamespace::Open(proc, fmt::format("{}/ns/net", pid));
  REQUIRE(network.ok());
  return *std::move(network);
}

void WriteMap(const std::string& text) {
  prctl(PR_SET_DUMPABLE, 1);  // else the files are not its own
  for (const char* file : {"/proc/self/setgroups", "/proc/self/gid_map", "/proc/self/uid_map"}) {
    const int map = open(file, O_WRONLY);
    const std::string line = std::string(file).ends_with("setgroups") ? "deny" : text;
    Require(map >= 0 && write(map, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
    close(map);
  }
}

TEST_CASE("a network namespace is its maker's, and the system's if the system made it") {
  if (!CanMakeNamespaces()) return;
  Family family;
  CHECK_FALSE(NamespaceOf(static_cast<uint32_t>(getpid())).MadeBy().has_value());
  const uint32_t by_root = family.Child({}, [] { Require(unshare(CLONE_NEWNET) == 0); });
  CHECK_FALSE(NamespaceOf(by_root).MadeBy().has_value());
  // As of a container whose root is nobody outside.
  const uint32_t by_root_inside =
      family.Child({}, [] { Require(unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0); });
  CHECK_FALSE(NamespaceOf(by_root_inside).MadeBy().has_value());
  const uint32_t by_user = family.Child({}, [] {
    BecomeUser();
    Require(unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0);
  });
  CHECK(NamespaceOf(by_user).MadeBy() == kUser);
}

TEST_CASE("inside of what a user made, everything is that user's") {
  if (!CanMakeNamespaces()) return;
  Family family;
  const uint32_t nested = family.Child({}, [] {
    BecomeUser();
    Require(unshare(CLONE_NEWUSER) == 0);
    WriteMap(fmt::format("0 {} 1", kUser));
    Require(setuid(0) == 0);  // root there
    Require(unshare(CLONE_NEWUSER) == 0);
    WriteMap("0 0 1");
    Require(unshare(CLONE_NEWNET) == 0);
  });
  CHECK(NamespaceOf(nested).MadeBy() == kUser);
}

TEST_CASE("asking in another namespace leaves this process where it is") {
  if (!CanMakeNamespaces()) return;
  Family family;
  const uint32_t other = family.Child({}, [] { Require(unshare(CLONE_NEWNET) == 0); });
  const uint64_t own = OwnNetworkNamespace();
  CHECK(NamespaceOf(other).OpenNetlink(NETLINK_SOCK_DIAG).ok());
  CHECK(OwnNetworkNamespace() == own);
  CHECK(NamespaceOf(other).number() != own);
}

TEST_CASE("each namespace that processes are in is noticed once, and not the own one") {
  if (!CanMakeNamespaces()) return;
  Family family;
  const uint32_t one = family.Child({}, [] { Require(unshare(CLONE_NEWNET) == 0); });
  const std::vector<NoticedNamespace> noticed = NoticeNamespaces(ProcFolder("/proc"));
  const auto count = [&noticed](uint64_t number) {
    return std::count_if(noticed.begin(), noticed.end(),
                         [number](const auto& each) { return each.number == number; });
  };
  CHECK(count(NamespaceOf(one).number()) == 1);
  CHECK(count(OwnNetworkNamespace()) == 0);
  const Deadline passed(Deadline::Clock::now());
  CHECK(NoticeNamespaces(ProcFolder("/proc"), passed).empty());
}

TEST_CASE("a socket of a namespace that no process is in is found, and whose it is") {
  if (!CanMakeNamespaces()) return;
  const bool by_user = GENERATE(true, false);
  constexpr int kSocket = 100;
  Family family;
  const uint32_t maker = family.Child({}, [by_user] {
    if (by_user) BecomeUser();
    Require(unshare(by_user ? CLONE_NEWUSER | CLONE_NEWNET : CLONE_NEWNET) == 0);
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    Require(listen(listener, 1) == 0 && dup2(listener, kSocket) == kSocket);
  });
  // As if it had been handed over: it is held by this process, which was never there.
  const auto process = static_cast<int>(syscall(SYS_pidfd_open, maker, 0));
  const auto held = static_cast<int>(syscall(SYS_pidfd_getfd, process, kSocket, 0));
  REQUIRE(held >= 0);
  close(process);
  family.End(maker);
  struct stat status {};
  REQUIRE(fstat(held, &status) == 0);
  const uint64_t inode = status.st_ino;
  const auto self = static_cast<uint32_t>(getpid());
  const auto descriptor = static_cast<uint32_t>(held);
  absl::StatusOr<SockDiag> diag = SockDiag::Open();
  REQUIRE(diag.ok());
  const ProcFolder proc("/proc");
  SocketTables tables(proc, *diag);
  CHECK(tables.TableOf(inode) == nullptr);
  // A descriptor that is another one by now tells nothing.
  CHECK(tables.TableOf(inode + 1, self, descriptor) == nullptr);
  const SocketTable* table = tables.TableOf(inode, self, descriptor);
  REQUIRE(table != nullptr);
  CHECK(table->FindTcp(inode) != nullptr);
  CHECK(table->number() != OwnNetworkNamespace());
  CHECK(table->made_by() == (by_user ? std::optional<uint32_t>(kUser) : std::nullopt));
  close(held);
}

}  // namespace
}  // namespace cairn::host
