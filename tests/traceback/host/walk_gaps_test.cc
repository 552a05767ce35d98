// SPDX-License-Identifier: BSD-3-Clause
// What a walk cannot look through, and says so.
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <utility>

#include "catch2/catch.hpp"

#include "tests/traceback/host/walk_rig.h"

namespace cairn::host {
namespace {

TEST_CASE("ways that do not tell who is at their other end are named") {
  Asked asked;
  Family family;
  const uint32_t owner = family.Child({asked.connection.listener}, [] {
    const int udp = socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(udp, reinterpret_cast<sockaddr*>(&any), sizeof(any)) != 0) abort();
    // Shared memory that whoever has its descriptor can write.
    const int memory = memfd_create("cairn", 0);
    if (ftruncate(memory, 4096) != 0) abort();
    if (mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0) == MAP_FAILED) abort();
    // A descriptor that is in nobody's table, but in a socket's queue.
    const Ends pair = SocketPair();
    const int sent = open("/dev/null", O_RDONLY);
    SendDescriptor(pair[0], sent);
    close(sent);
  });
  close(std::exchange(asked.connection.client, -1));
  const Snapshot snapshot = asked.Walk();
  CHECK(FindGap(snapshot, Gap::kDatagrams, owner) != nullptr);
  CHECK(FindGap(snapshot, Gap::kSharedMemory, owner) != nullptr);
  CHECK(FindGap(snapshot, Gap::kInFlight, owner) != nullptr);
  CHECK(FindGap(snapshot, Gap::kRing, owner) == nullptr);
}

TEST_CASE("a file that a process reads and another writes is named") {
  std::string path = "/tmp/cairn_walk_XXXXXX";
  const int writing = mkstemp(path.data());
  REQUIRE(writing >= 0);
  REQUIRE(fchmod(writing, 0666) == 0);
  const int reading = open(path.c_str(), O_RDONLY);
  Asked asked;
  Family family;
  family.Child({asked.connection.listener, asked.connection.client, reading});
  const uint32_t owner = family.Child({asked.connection.listener, writing});
  for (const int descriptor : {reading, writing}) close(descriptor);
  close(std::exchange(asked.connection.client, -1));
  unlink(path.c_str());
  Options options;
  options.keep_descriptors = GENERATE(true, false);
  const Snapshot snapshot = asked.Walk(options);
  const NotSeen* gap = FindGap(snapshot, Gap::kSharedFile, owner);
  REQUIRE(gap != nullptr);
  CHECK(gap->detail.empty() == !options.keep_descriptors);
}

TEST_CASE("a hundred threads with descriptors of their own are all looked at") {
  Asked asked;
  Family family;
  const Ends pair = SocketPair();
  const uint32_t driver =
      family.Child({asked.connection.listener, asked.connection.client, pair[1]});
  static int mine = -1;
  mine = pair[1];
  const uint32_t owner = family.Child({asked.connection.listener, pair[0]}, [&] {
    static std::atomic<int> ready = 0;
    constexpr int kThreads = 100;
    for (int i = 0; i < kThreads; ++i) {
      pthread_t thread{};
      // The last one alone keeps it.
      pthread_create(
          &thread, nullptr,
          [](void* last) -> void* {
            if (unshare(CLONE_FILES) != 0) abort();
            // Nothing but that: the test waits until all else is closed.
            for (int descriptor = 0; descriptor < 1024; ++descriptor) {
              if (last == nullptr || descriptor != mine) close(descriptor);
            }
            ++ready;
            while (true) pause();
          },
          i == kThreads - 1 ? &mine : nullptr);
    }
    while (ready < kThreads) usleep(1000);
    close(mine);
  });
  close(pair[0]);
  close(pair[1]);
  close(std::exchange(asked.connection.client, -1));
  const Snapshot snapshot = asked.Walk();
  REQUIRE(Find(snapshot, owner) != nullptr);
  CHECK(Find(snapshot, driver) != nullptr);
  CHECK(FindGap(snapshot, Gap::kTables, owner) == nullptr);
}

TEST_CASE("a connection within the host whose other end has gone is no previous host") {
  Asked asked;
  const int listener = TcpListener();
  const Ends inner = Client(listener);
  Family family;
  const uint32_t owner =
      family.Child({asked.connection.listener, listener, inner[0]});  // it keeps the accepted end
  for (const int descriptor : {inner[0], inner[1], listener}) close(descriptor);
  close(std::exchange(asked.connection.client, -1));
  const Snapshot snapshot = asked.Walk();
  CHECK(snapshot.previous_hosts.empty());
  CHECK(FindGap(snapshot, Gap::kEnded, owner) != nullptr);
}

// Registers a socket in an io_uring; false: this kernel has none, or not for us.
bool PutIntoRing(int socket) {
  io_uring_params parameters{};
  const long ring = syscall(SYS_io_uring_setup, 1, &parameters);
  return ring >= 0 && syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, &socket, 1) == 0;
}

TEST_CASE("a socket that is in a ring only is followed, or the ring is named") {
  const Ends pair = SocketPair();
  Asked asked;
  Family family;
  std::array<int, 2> result{};
  REQUIRE(pipe(result.data()) == 0);
  const uint32_t driver = family.Child(
      {asked.connection.listener, result[0], result[1], asked.connection.client, pair[1]});
  const uint32_t owner = family.Child({asked.connection.listener, result[0], pair[0]}, [&] {
    const char done = PutIntoRing(pair[1]) ? 'y' : 'n';
    if (write(result[1], &done, 1) != 1) abort();
    close(pair[1]);
    close(result[1]);
  });
  char done = 0;
  REQUIRE(read(result[0], &done, 1) == 1);
  for (const int descriptor : {pair[0], pair[1], result[0], result[1]}) close(descriptor);
  close(std::exchange(asked.connection.client, -1));
  if (done != 'y') {
    WARN("SKIPPED: this kernel gives no io_uring to this program");
    return;
  }
  const Snapshot snapshot = asked.Walk();
  REQUIRE(Find(snapshot, owner) != nullptr);
  CHECK((Find(snapshot, driver) != nullptr || FindGap(snapshot, Gap::kRing, owner) != nullptr));
}

TEST_CASE("a connection that nobody is found to hold is not known, not nobody's") {
  Asked asked;
  const Ends pair = SocketPair();
  // It is on its way between two ends of a pair, and in nobody's table.
  SendDescriptor(pair[0], asked.connection.client);
  close(std::exchange(asked.connection.client, -1));
  const Snapshot snapshot = asked.Walk();
  CHECK(snapshot.processes.empty());
  CHECK(FindGap(snapshot, Gap::kOwner, 0) != nullptr);
  close(pair[0]);
  close(pair[1]);
}

}  // namespace
}  // namespace cairn::host
