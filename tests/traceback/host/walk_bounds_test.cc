// SPDX-License-Identifier: BSD-3-Clause
// What somebody may build to make a walk long, large, or wait.
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/traceback/host/family.h"
#include "traceback/host/budget.h"
#include "traceback/host/process_reader.h"

namespace cairn::host {
namespace {

using Ends = std::array<int, 2>;

Ends SocketPair() {
  Ends ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
  return ends;
}

uint32_t Self() { return static_cast<uint32_t>(getpid()); }

TEST_CASE("a server with very many listeners is not looked at again for each") {
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  constexpr size_t kListeners = 3000;
  if (limit.rlim_max < 4 * kListeners) {
    WARN("SKIPPED: needs more descriptors than this process may open");
    return;
  }
  const rlimit before = limit;
  limit.rlim_cur = 4 * kListeners;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  std::vector<int> clients;
  std::vector<int> of_server;
  for (size_t i = 0; i < kListeners; ++i) {
    const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = {}};
    socklen_t size = sizeof(name);
    // The kernel chooses an abstract name.
    REQUIRE(bind(listener, reinterpret_cast<const sockaddr*>(&name), sizeof(sa_family_t)) == 0);
    REQUIRE(listen(listener, 1) == 0);
    REQUIRE(getsockname(listener, reinterpret_cast<sockaddr*>(&name), &size) == 0);
    clients.push_back(socket(AF_UNIX, SOCK_STREAM, 0));
    REQUIRE(connect(clients.back(), reinterpret_cast<sockaddr*>(&name), size) == 0);
    of_server.push_back(listener);
    of_server.push_back(accept(listener, nullptr, nullptr));
  }
  Family family;
  const uint32_t server = family.Child(clients);
  const Owner owner(of_server);
  for (const int each : clients) close(each);
  for (const int each : of_server) close(each);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);  // other tests fill it
  const std::unique_ptr<Inspector> inspector = *Inspector::Open({});
  const auto found =
      inspector->Find(owner.connection.client_end, owner.connection.server_end, false);
  REQUIRE(found.ok());
  REQUIRE(inspector->Look(PacketTime::FromNanoseconds(7)).ok());
  const auto start = Deadline::Clock::now();
  const absl::StatusOr<Snapshot> snapshot =
      inspector->WalkFromLook(*found, Deadline(start + std::chrono::minutes(1)));
  REQUIRE(snapshot.ok());
  CHECK(Find(*snapshot, server) != nullptr);
  CHECK_FALSE(snapshot->truncated);
}

TEST_CASE("a crowd that holds very much is cut, and it is said") {
  constexpr size_t kEnds = 450;
  constexpr int kCrowd = 320;  // so that the other ends have more holders than are followed
  std::vector<int> near;
  std::vector<int> far;
  for (size_t i = 0; i < kEnds; ++i) {
    const Ends pair = SocketPair();
    near.push_back(pair[0]);
    far.push_back(pair[1]);
  }
  Family family;
  for (int i = 0; i < kCrowd; ++i) family.Child(near);
  const Owner owner(far);
  for (const int each : near) close(each);
  for (const int each : far) close(each);
  const Snapshot snapshot = WalkFrom(owner);
  REQUIRE_FALSE(snapshot.processes.empty());
  CHECK(snapshot.truncated_by == "processes");
  // Nobody else is lost by it.
  CHECK(Find(snapshot, Self()) != nullptr);
  CHECK(Find(snapshot, 1) != nullptr);
  CHECK(std::any_of(snapshot.processes.begin(), snapshot.processes.end(),
                    [](const Process& each) { return each.identical >= kCrowd - 1; }));
}

TEST_CASE("crowds of two kinds keep no third one out") {
  constexpr uint32_t kAll = 256;
  Budget budget(kAll);
  uint32_t taken = 0;
  for (uint32_t i = 0; i < kAll; ++i) {
    for (const Relation crowd : {Relation::kPipe, Relation::kUnix}) {
      if (budget.Take(crowd)) ++taken;
    }
  }
  for (const Relation other : {Relation::kOwner, Relation::kParent, Relation::kTcp}) {
    CHECK(budget.Has(other));
    while (budget.Take(other)) ++taken;
  }
  CHECK(taken > kAll * 3 / 4);
  CHECK(taken <= kAll);
  Budget least(1);
  CHECK(least.Take(Relation::kOwner));
  CHECK_FALSE(least.Take(Relation::kParent));
  least.Return(Relation::kOwner);
  CHECK(least.Take(Relation::kParent));
}

TEST_CASE("who holds very many descriptors does not take all of the time") {
  const ProcFolder proc("/proc");
  ExecutableHashes hashes(0);
  const Options options;
  ProcessReader reader(options, proc, hashes, PacketTime::FromNanoseconds(0));
  const auto all = reader.Read(Self());
  const auto late = reader.Read(Self(), Deadline(Deadline::Clock::now()));
  REQUIRE(all.has_value());
  REQUIRE(late.has_value());
  CHECK(all->descriptors_left_out == 0);
  CHECK_FALSE(all->descriptors.empty());
  CHECK(late->descriptors.empty());
  CHECK(late->descriptors_left_out >= all->descriptors.size());
  const Deadline half = Deadline(Deadline::Clock::now() + std::chrono::hours(1)).Part(2);
  CHECK_FALSE(half.Passed());
  CHECK_FALSE(Deadline().Part(2).Passed());
  CHECK(Deadline(Deadline::Clock::now()).Part(2).Passed());
}

TEST_CASE("the memory of processes can be left alone") {
  const Owner owner({});
  const std::unique_ptr<Inspector> inspector = *Inspector::Open({});
  const auto found =
      inspector->Find(owner.connection.client_end, owner.connection.server_end, false);
  REQUIRE(found.ok());
  REQUIRE(inspector->Look(PacketTime::FromNanoseconds(7)).ok());
  const Snapshot owners = inspector->Owners(*found);
  REQUIRE_FALSE(owners.processes.empty());
  CHECK(owners.processes[0].command_line.empty());
  const absl::StatusOr<Snapshot> whole = inspector->WalkFromLook(*found);
  inspector->LeaveMemory();
  const absl::StatusOr<Snapshot> careful = inspector->WalkFromLook(*found);
  REQUIRE(whole.ok());
  REQUIRE(careful.ok());
  CHECK_FALSE(whole->processes[0].command_line.empty());
  REQUIRE(careful->processes.size() == whole->processes.size());
  for (size_t i = 0; i < whole->processes.size(); ++i) {
    const Process& left = careful->processes[i];
    CHECK(left.pid == whole->processes[i].pid);
    CHECK(left.executable == whole->processes[i].executable);
    CHECK(left.executable_device == whole->processes[i].executable_device);
    CHECK(left.executable_inode == whole->processes[i].executable_inode);
    CHECK(left.command_line.empty());
    CHECK(left.ssh_connection.empty());
    CHECK(left.executable_sha256.empty());
  }
  CHECK(std::any_of(careful->not_seen.begin(), careful->not_seen.end(), [](const NotSeen& each) {
    return each.gap == Gap::kSharedMemory && each.detail == "not looked at";
  }));
}

}  // namespace
}  // namespace cairn::host
