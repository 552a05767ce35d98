// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/walk.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <set>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/traceback/host/family.h"

namespace cairn::host {
namespace {

using WalkEnds = std::array<int, 2>;

WalkEnds Pipe() {
  WalkEnds ends{};
  REQUIRE(pipe(ends.data()) == 0);
  return ends;
}

WalkEnds WalkSocketPair() {
  WalkEnds ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
  return ends;
}

void Close(const WalkEnds& ends) {
  close(ends[0]);
  close(ends[1]);
}

uint32_t WalkSelf() { return static_cast<uint32_t>(getpid()); }

Relation RelationOf(const Snapshot& snapshot, uint32_t pid) {
  const Process* process = Find(snapshot, pid);
  REQUIRE(process != nullptr);
  return process->relation;
}

TEST_CASE("the owner comes first, then its parents up to the first process") {
  const Owner owner({});
  const Snapshot snapshot = WalkFrom(owner);
  CHECK(snapshot.processes.front().pid == owner.pid);
  CHECK(snapshot.processes.front().relation == Relation::kOwner);
  CHECK(RelationOf(snapshot, WalkSelf()) == Relation::kParent);
  std::set<uint32_t> seen;
  for (const Process& process : snapshot.processes) {
    CHECK(seen.insert(process.pid).second);
    CHECK((process.relation == Relation::kOwner || seen.contains(process.related_to)));
  }
  const Process* init = Find(snapshot, 1);
  REQUIRE(init != nullptr);
  CHECK(init->not_followed == "init");
}

TEST_CASE("who writes into a pipe that is read is found, and who writes into theirs") {
  const WalkEnds first = Pipe();
  const WalkEnds second = Pipe();
  Family family;
  const uint32_t far = family.Child({first[0], second[0], second[1]});
  const uint32_t near = family.Child({first[1], second[0]});
  const Owner owner({first[0], first[1], second[1]});
  Close(first);
  Close(second);
  const Snapshot snapshot = WalkFrom(owner);
  CHECK(RelationOf(snapshot, near) == Relation::kPipe);
  CHECK(RelationOf(snapshot, far) == Relation::kPipe);
  CHECK(Find(snapshot, near)->related_to == owner.pid);
  CHECK(Find(snapshot, far)->related_to == near);
}

TEST_CASE("who only reads what a session writes is found, and nobody else who writes there") {
  const WalkEnds log = Pipe();
  Family family;
  const uint32_t logger = family.Child({log[1]});
  const uint32_t stranger = family.Child({log[0]});
  const Owner owner({log[0]});
  Close(log);
  const Snapshot snapshot = WalkFrom(owner);
  CHECK(RelationOf(snapshot, logger) == Relation::kPipe);
  CHECK(Find(snapshot, stranger) == nullptr);
}

TEST_CASE("both ends of a pair of sockets find each other") {
  const WalkEnds pair = WalkSocketPair();
  Family family;
  const uint32_t other = family.Child({pair[0]});
  const Owner owner({pair[1]});
  Close(pair);
  const Snapshot snapshot = WalkFrom(owner);
  CHECK(RelationOf(snapshot, other) == Relation::kUnix);
}

TEST_CASE("a named pipe is a pipe") {
  std::string folder = "/tmp/cairn_walk_XXXXXX";
  REQUIRE(mkdtemp(folder.data()) != nullptr);
  const std::string path = folder + "/fifo";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  const int reading = open(path.c_str(), O_RDONLY | O_NONBLOCK);
  const int writing = open(path.c_str(), O_WRONLY);
  Family family;
  const uint32_t writer = family.Child({reading});
  const Owner owner({writing});
  close(reading);
  close(writing);
  unlink(path.c_str());  // what is gone from the file system is a pipe still
  rmdir(folder.c_str());
  const Snapshot snapshot = WalkFrom(owner);
  CHECK(RelationOf(snapshot, writer) == Relation::kPipe);
}

TEST_CASE("a connection within the host leads to the process at its other end") {
  const Connection inner;
  Family family;
  const uint32_t other = family.Child({inner.listener, inner.client});
  const Owner owner({inner.listener, inner.server});
  const Snapshot snapshot = WalkFrom(owner);
  CHECK(RelationOf(snapshot, other) == Relation::kTcp);
  CHECK(snapshot.previous_hosts.empty());
}

TEST_CASE("a program on a terminal leads to whoever holds the master, and the other way round") {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE(master >= 0);
  REQUIRE(grantpt(master) == 0);
  REQUIRE(unlockpt(master) == 0);
  std::array<char, 64> name{};
  REQUIRE(ptsname_r(master, name.data(), name.size()) == 0);
  const int slave = open(name.data(), O_RDWR | O_NOCTTY);
  REQUIRE(slave >= 0);
  Family family;
  SECTION("from the program") {
    const uint32_t holder = family.Child({slave});
    const Owner owner({master});
    close(master);
    close(slave);
    CHECK(RelationOf(WalkFrom(owner), holder) == Relation::kTerminal);
  }
  SECTION("from the holder") {
    const uint32_t program = family.Child({master});
    const Owner owner({slave});
    close(master);
    close(slave);
    CHECK(RelationOf(WalkFrom(owner), program) == Relation::kPipe);
  }
}

TEST_CASE("siblings are not found through their common parent") {
  Family family;
  const uint32_t sibling = family.Child({});
  const Owner owner({});
  const Snapshot snapshot = WalkFrom(owner);
  CHECK(Find(snapshot, WalkSelf()) != nullptr);
  CHECK(Find(snapshot, sibling) == nullptr);
}

TEST_CASE("a walk ends at the most processes that are kept, and says so") {
  const Owner owner({});
  Options options;
  options.max_processes = 1;
  const Snapshot snapshot = WalkFrom(owner, options);
  CHECK(snapshot.processes.size() == 1);
  CHECK(snapshot.processes.front().pid == owner.pid);
  CHECK(snapshot.truncated);
}

TEST_CASE("descriptors beyond the most that are listed are counted") {
  std::vector<int> copies;
  for (int i = 0; i < 20; ++i) copies.push_back(dup(0));
  const Owner owner({});
  for (const int copy : copies) close(copy);
  Options options;
  options.max_descriptors = 5;
  const Snapshot snapshot = WalkFrom(owner, options);
  CHECK(snapshot.processes.front().descriptors.size() == 5);
  CHECK(snapshot.processes.front().descriptors_left_out >= 15);
}

TEST_CASE("names that processes give themselves stay names") {
  Family family;
  const WalkEnds pair = WalkSocketPair();
  const uint32_t other = family.Child({pair[0]}, [] { prctl(PR_SET_NAME, ") 1 (\n\x1b[31m"); });
  const Owner owner({pair[1]});
  Close(pair);
  const Snapshot snapshot = WalkFrom(owner);
  REQUIRE(Find(snapshot, other) != nullptr);
  CHECK(Find(snapshot, other)->name == ") 1 (\n\x1b[31m");
  CHECK(Find(snapshot, other)->parent == WalkSelf());
}

TEST_CASE("processes that end while they are looked at are left out") {
  const Connection connection;
  for (int i = 0; i < 20; ++i) {
    Family family;
    const WalkEnds pair = WalkSocketPair();
    const uint32_t other = family.Child({});
    family.End(other);
    Close(pair);
    const Snapshot snapshot = host::WalkFrom(connection);
    CHECK(Find(snapshot, other) == nullptr);
  }
}

TEST_CASE("descriptors of a thread that has a table of its own are seen") {
  const WalkEnds pair = WalkSocketPair();
  Family family;
  const uint32_t other = family.Child({pair[0]}, [&] {
    static int mine = pair[1];
    static std::atomic<bool> ready = false;
    pthread_t thread{};
    pthread_create(
        &thread, nullptr,
        [](void*) -> void* {
          if (unshare(CLONE_FILES) != 0) abort();
          // Nothing but that: the test waits until all else is closed.
          for (int descriptor = 0; descriptor < 1024; ++descriptor) {
            if (descriptor != mine) close(descriptor);
          }
          ready = true;
          while (true) pause();
        },
        nullptr);
    while (!ready) usleep(1000);
    close(mine);
  });
  const Owner owner({pair[1]});
  Close(pair);
  const Snapshot snapshot = WalkFrom(owner);
  REQUIRE(Find(snapshot, other) != nullptr);
  CHECK(RelationOf(snapshot, other) == Relation::kUnix);
}

TEST_CASE("what a process holds is counted once, however often it is met") {
  const WalkEnds pair = WalkSocketPair();
  const int udp = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(bind(udp, reinterpret_cast<sockaddr*>(&any), sizeof(any)) == 0);
  // This process is met as the owner's parent, and then at the other end of the pair.
  const Owner owner({pair[0], udp});
  close(pair[1]);
  const Snapshot snapshot = WalkFrom(owner);
  size_t met = 0;
  for (const NotSeen& each : snapshot.not_seen) {
    if (each.pid != WalkSelf() || each.gap != Gap::kDatagrams) continue;
    ++met;
    CHECK(each.count == 1);
  }
  CHECK(met == 1);
  close(pair[0]);
  close(udp);
}

}  // namespace
}  // namespace cairn::host
