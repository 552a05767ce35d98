// SPDX-License-Identifier: BSD-3-Clause
// What the process that walks does, and may do.
#include "traceback/daemon/walk_child.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

#include "catch2/catch.hpp"

#include "traceback/daemon/walk_pool.h"
#include "traceback/host/snapshot_bytes.h"

namespace cairn::daemon {
namespace {

constexpr int kWalkChildNotEntered = 99;

// How a child ends that is confined and then tries something: what that returns, or the signal,
// negative.
int WalkChildTried(const std::function<int()>& attempt, const Walks& walks = {}) {
  const absl::StatusOr<WalkConfinement> confinement = WalkConfinement::Prepare(walks);
  REQUIRE(confinement.ok());
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) _exit(confinement->Enter(parent).ok() ? attempt() : kWalkChildNotEntered);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

TEST_CASE("a confined process may look") {
  CHECK(WalkChildTried([] {
          struct stat status {};
          const bool files = open("/proc/self/status", O_RDONLY) >= 0 &&
                             open("/etc/passwd", O_RDONLY) >= 0 && stat("/proc/1", &status) == 0;
          const bool sockets = socket(AF_NETLINK, SOCK_RAW, 4) >= 0;
          void* memory = malloc(1 << 22);
          free(memory);
          return files && sockets && memory != nullptr ? 0 : 1;
        }) == 0);
}

TEST_CASE("a confined process can change nothing") {
  const std::string place = "/tmp/stopd-walk-" + std::to_string(getpid());
  const std::vector<std::pair<const char*, std::function<bool()>>> attempts = {
      {"run a program", [] { return execl("/bin/true", "true", nullptr) < 0; }},
      {"fork", [] { return fork() < 0; }},
      {"signal its parent", [] { return kill(getppid(), 0) < 0; }},
      {"trace its parent", [] { return ptrace(PTRACE_ATTACH, getppid(), nullptr, nullptr) < 0; }},
      {"make a file", [&] { return open(place.c_str(), O_WRONLY | O_CREAT, 0600) < 0; }},
      {"make a file to read", [&] { return open(place.c_str(), O_RDONLY | O_CREAT, 0600) < 0; }},
      {"write to memory", [] { return open("/proc/self/mem", O_RDWR) < 0; }},
      {"write a file", [] { return open("/dev/null", O_WRONLY) < 0; }},
      {"make a folder", [&] { return mkdir(place.c_str(), 0700) < 0; }},
      {"change its root", [] { return chroot("/") < 0; }},
      {"remove a file", [] { return unlink("/nowhere") < 0; }},
      {"become a user", [] { return setuid(65534) < 0; }},
      {"reach the network", [] { return socket(AF_INET, SOCK_STREAM, 0) < 0; }},
      {"reach it by IPv6", [] { return socket(AF_INET6, SOCK_DGRAM, 0) < 0; }},
      {"read packets", [] { return socket(AF_PACKET, SOCK_RAW, 0) < 0; }},
      {"speak to other machines", [] { return socket(AF_VSOCK, SOCK_STREAM, 0) < 0; }},
  };
  for (const auto& [name, attempt] : attempts) {
    INFO(name);
    CHECK(WalkChildTried([&attempt = attempt] { return attempt() && errno == EPERM ? 0 : 1; }) ==
          0);
  }
  CHECK(access(place.c_str(), F_OK) != 0);
}

TEST_CASE("time and memory of a confined process are bounded") {
  Walks walks;
  walks.deadline = PacketDelta::FromMilliseconds(1);
  walks.max_memory_bytes = 256 << 20;
  CHECK(WalkChildTried(
            [] {
              volatile int turns = 0;
              while (true) turns = 1;
              return turns;
            },
            walks) == -SIGXCPU);
#ifndef __SANITIZE_ADDRESS__
  CHECK(WalkChildTried([] { return malloc(512 << 20) == nullptr ? 0 : 1; }, walks) == 0);
#endif
}

// A TCP connection within this process.
struct Connection {
  Connection()
      : listener(socket(AF_INET, SOCK_STREAM, 0)), client(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* general = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    REQUIRE(bind(listener, general, size) == 0);
    REQUIRE(listen(listener, 1) == 0);
    REQUIRE(getsockname(listener, general, &size) == 0);
    remote = {*IpAddress::Parse("127.0.0.1"), ntohs(address.sin_port)};
    REQUIRE(connect(client, general, size) == 0);
    REQUIRE(getsockname(client, general, &size) == 0);
    local = {remote.ip, ntohs(address.sin_port)};
  }
  ~Connection() {
    close(listener);
    close(client);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int listener;
  int client;
  Endpoint local;
  Endpoint remote;
};

WalkPool::Ended Walked(host::Inspector& inspector, const Walks& walks, const WalkJob& job) {
  const absl::StatusOr<WalkConfinement> confinement = WalkConfinement::Prepare(walks);
  REQUIRE(confinement.ok());
  WalkPool pool(walks, [&](const WalkJob& of_child, pid_t parent, int pipe) {
    return WalkInChild(inspector, walks, *confinement, of_child, parent, pipe);
  });
  pool.Start(1, job, WalkPool::Clock::now());
  while (true) {
    std::vector<pollfd> polled;
    pool.AppendPolled(polled);
    poll(polled.data(), polled.size(), 5);
    pool.Step(WalkPool::Clock::now(), polled);
    std::vector<WalkPool::Ended> ended = pool.TakeEnded();
    if (!ended.empty()) return std::move(ended.front());
  }
}

TEST_CASE("a child finds who holds the connections, and tells what it has hashed") {
  const Connection one;
  const Connection other;
  host::Options options;
  options.max_executable_bytes = 256 << 20;  // this program has grown large in some builds
  const std::unique_ptr<host::Inspector> inspector = *host::Inspector::Open(options);
  WalkJob job = {.connections = {}, .is_alone = false, .now = PacketTime::FromNanoseconds(9)};
  for (const Connection* each : {&one, &other}) {
    const auto found = inspector->Find(each->local, each->remote, false);
    REQUIRE(found.ok());
    job.connections.push_back(*found);
  }
  job.connections.push_back({.local = {}, .remote = {}, .inode = 1, .uid = 0});  // nobody's
  Walks walks;
  walks.deadline = PacketDelta::FromSeconds(20);
  const WalkPool::Ended ended = Walked(*inspector, walks, job);
  CHECK(ended.end == WalkPool::End::kWhole);
  REQUIRE(ended.report.walks.size() == 3);
  for (size_t i = 0; i < 2; ++i) {
    REQUIRE(ended.report.walks[i].outcome == WalkReport::Outcome::kWalked);
    const auto snapshot = host::DecodeSnapshot(*ended.report.walks[i].snapshot);
    REQUIRE(snapshot.has_value());
    CHECK(snapshot->time == PacketTime::FromNanoseconds(9));
    REQUIRE_FALSE(snapshot->processes.empty());
    CHECK(snapshot->processes[0].pid == static_cast<uint32_t>(getpid()));
    CHECK(snapshot->processes[0].executable_sha256.size() == 64);
  }
  CHECK(ended.report.walks[2].outcome == WalkReport::Outcome::kGone);
  CHECK_FALSE(ended.report.learned.empty());
  // What is known is not hashed again.
  inspector->Learn(ended.report.learned);
  CHECK(Walked(*inspector, walks, job).report.learned.empty());
}

TEST_CASE("a walk without time says so") {
  const Connection connection;
  const std::unique_ptr<host::Inspector> inspector = *host::Inspector::Open({});
  const auto found = inspector->Find(connection.local, connection.remote, false);
  REQUIRE(found.ok());
  REQUIRE(inspector->Look(PacketTime::FromNanoseconds(9)).ok());
  const auto snapshot =
      inspector->WalkFromLook(*found, host::Deadline(host::Deadline::Clock::now()));
  REQUIRE(snapshot.ok());
  CHECK(snapshot->truncated);
  CHECK(snapshot->truncated_by == "time");
  CHECK(inspector->WalkFromLook(*found)->truncated_by.empty());
}

}  // namespace
}  // namespace cairn::daemon
