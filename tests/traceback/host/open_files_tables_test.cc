// SPDX-License-Identifier: BSD-3-Clause
// Threads and processes with tables of their own, shared ones and very large ones.
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "catch2/catch.hpp"
#include "fmt/format.h"

#include "tests/traceback/host/family.h"
#include "tests/traceback/host/open_files_by_proc.h"
#include "traceback/host/open_files.h"
#include "traceback/host/proc_folder.h"

namespace cairn::host {
namespace {

// Until a child of the test has come as far.
void WaitFor(const std::function<bool()>& is_so) {
  for (int i = 0; i < 2000 && !is_so(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  REQUIRE(is_so());
}

void* HoldSocket(void*) {
  Must(unshare(CLONE_FILES) == 0);
  Must(close_range(3, ~0U, 0) == 0 && socket(AF_INET, SOCK_STREAM, 0) == 3);
  while (true) pause();
}

void* HoldNothing(void*) {
  while (true) pause();
}

void Start(void* (*run)(void*)) {
  pthread_t thread{};
  Must(pthread_create(&thread, nullptr, run, nullptr) == 0);
}

}  // namespace

TEST_CASE("open files of a thread are listed if its table is its own") {
  OpenFiles* open_files = TheOpenFiles();
  if (open_files == nullptr) return;
  Family family;
  const uint32_t child = family.Child({}, [] {
    Start(&HoldSocket);
    Start(&HoldNothing);
  });
  std::set<uint32_t> threads;
  WaitFor([&] {
    threads.clear();
    for (const OpenFile& file : FilesOf(*open_files, {child})) {
      if (file.thread == child || S_ISSOCK(file.mode)) threads.insert(file.thread);
    }
    return threads.size() == 2;
  });
  CHECK(LinesOf(*open_files, {child}) == LinesByProc({child}));
}

TEST_CASE("open files are listed once when the main thread has ended") {
  OpenFiles* open_files = TheOpenFiles();
  if (open_files == nullptr) return;
  Family family;
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const uint32_t child = family.Child({ends[1]}, [&ends] {
    Start(&HoldNothing);
    Start(&HoldNothing);
    // The test waits for the end of these.
    for (int descriptor = ends[0] + 1; descriptor < 64; ++descriptor) close(descriptor);
    syscall(SYS_exit, 0);  // of the thread alone
  });
  for (const int end : ends) close(end);
  WaitFor([child] { return StatField(child, 3) == "Z"; });
  const std::vector<OpenFile> files = FilesOf(*open_files, {child});
  REQUIRE_FALSE(files.empty());
  std::set<uint32_t> descriptors;
  for (const OpenFile& file : files) {
    CHECK(file.thread == files.front().thread);
    CHECK(file.thread != child);
    descriptors.insert(file.descriptor);
  }
  CHECK(descriptors.size() == files.size());
  CHECK(descriptors.contains(static_cast<uint32_t>(ends[0])));
  CHECK(LinesOf(*open_files, {child}) == LinesByProc({child}));
}

namespace {

// Another process with the very same table.
void StartSharer() {
  const long child = syscall(SYS_clone, CLONE_FILES | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  Must(child >= 0);
  if (child != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  while (true) pause();
}

uint32_t OnlyChildOf(uint32_t pid) {
  const std::string text =
      ProcFolder("/proc").Read(fmt::format("{}/task/{}/children", pid, pid).c_str());
  REQUIRE_FALSE(text.empty());
  return static_cast<uint32_t>(std::stoul(text));
}

// Room for many descriptors, of which hardly any is used.
constexpr uint32_t kMuchRoom = 16384;
void TakeRoom() {
  const rlimit limit = {kMuchRoom, kMuchRoom};
  Must(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  Must(dup2(0, kMuchRoom - 1) == kMuchRoom - 1);
}

// Whose descriptors are seen, in this order.
std::vector<uint32_t> SeenWith(OpenFiles& open_files, uint64_t room) {
  std::vector<uint32_t> seen;
  const auto visit = [&seen](const OpenFile& file) {
    if (seen.empty() || seen.back() != file.pid) seen.push_back(file.pid);
    return true;
  };
  REQUIRE(open_files.ForEach(visit, room).ok());
  return seen;
}

bool Has(const std::vector<uint32_t>& pids, uint32_t pid) {
  return std::find(pids.begin(), pids.end(), pid) != pids.end();
}

// Repeats a look until it is as wanted: the host's other processes come and go meanwhile.
void Until(const std::function<bool()>& is_so) {
  for (int i = 0; i < 50 && !is_so(); ++i) {
  }
}

// The least room with which the process is seen, as long as the host's other processes stay.
uint64_t RoomToSee(OpenFiles& open_files, uint32_t pid) {
  uint64_t too_little = 0;
  uint64_t enough = OpenFiles::kMostRoom;
  while (enough - too_little > 1) {
    const uint64_t middle = too_little + (enough - too_little) / 2;
    (Has(SeenWith(open_files, middle), pid) ? enough : too_little) = middle;
  }
  return enough;
}

// Whether the last look left this one out, and with whom it shares its table.
std::optional<uint32_t> SharedWith(const OpenFiles& open_files, uint32_t pid) {
  for (const OpenFilesGaps::Table& table : open_files.gaps().first) {
    if (table.pid == pid) return table.shared_with;
  }
  return {};
}

}  // namespace

TEST_CASE("open files of a table that processes share are those of each") {
  OpenFiles* open_files = TheOpenFiles();
  if (open_files == nullptr) return;
  Family family;
  const uint32_t child = family.Child({}, [] { StartSharer(); });
  const uint32_t sharer = OnlyChildOf(child);
  const Lines lines = LinesOf(*open_files, {child, sharer});
  CHECK(lines == LinesByProc({child, sharer}));
  CHECK(lines.size() >= 6);
}

TEST_CASE("who has most open files is left out first, and named") {
  OpenFiles* open_files = TheOpenFiles();
  if (open_files == nullptr) return;
  Family family;
  const uint32_t large = family.Child({}, &TakeRoom);
  const uint32_t small = family.Child({});
  std::vector<uint32_t> seen;
  Until([&] {
    seen = SeenWith(*open_files, RoomToSee(*open_files, large) - kMuchRoom / 4);
    return Has(seen, small) && !Has(seen, large);
  });
  CHECK(Has(seen, small));
  CHECK_FALSE(Has(seen, large));
  CHECK(open_files->gaps().tables >= 1);
  CHECK(SharedWith(*open_files, large) == std::optional<uint32_t>(0));
  CHECK_FALSE(SharedWith(*open_files, small).has_value());
  // With room for all, it comes last but for those that are as large.
  const std::vector<uint32_t> all = SeenWith(*open_files, OpenFiles::kMostRoom);
  CHECK(std::find(all.begin(), all.end(), small) < std::find(all.begin(), all.end(), large));
  CHECK(open_files->gaps().tables == 0);
}

TEST_CASE("a shared table is looked at once even if there is no room for all that share it") {
  OpenFiles* open_files = TheOpenFiles();
  if (open_files == nullptr) return;
  Family family;
  const uint32_t child = family.Child({}, [] {
    TakeRoom();
    StartSharer();
  });
  const uint32_t sharer = OnlyChildOf(child);
  const uint32_t first = std::min(child, sharer);
  const uint32_t second = std::max(child, sharer);
  std::vector<uint32_t> seen;
  Until([&] {
    seen = SeenWith(*open_files, RoomToSee(*open_files, first) + kMuchRoom / 4);
    return Has(seen, first) && !Has(seen, second);
  });
  CHECK(Has(seen, first));
  CHECK_FALSE(Has(seen, second));
  CHECK(SharedWith(*open_files, second) == std::optional<uint32_t>(first));
}

namespace {

constexpr int kHop = 50;  // milliseconds

// A process that hands on what it holds to a child and ends, until the pipe is closed.
void HopOn(int until_closed) {
  while (true) {
    pollfd ends = {until_closed, 0, 0};
    if (poll(&ends, 1, kHop) != 0) _exit(0);
    const pid_t next = fork();
    if (next != 0) _exit(0);
  }
}

}  // namespace

TEST_CASE("open files are found that one process hands on to the next all the time") {
  OpenFiles* open_files = TheOpenFiles();
  if (open_files == nullptr) return;
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  struct stat held {};
  REQUIRE(fstat(ends[0], &held) == 0);
  const pid_t first = fork();
  REQUIRE(first >= 0);
  if (first == 0) {
    close(ends[1]);
    HopOn(ends[0]);
  }
  std::set<uint32_t> holders;
  bool is_first_visit = true;
  const absl::Status status = open_files->ForEach([&](const OpenFile& file) {
    // By then none of those that were there in the beginning holds it any more.
    if (is_first_visit) std::this_thread::sleep_for(std::chrono::milliseconds(5 * kHop));
    is_first_visit = false;
    if (file.is_pipe && file.inode == held.st_ino) holders.insert(file.pid);
    return true;
  });
  close(ends[0]);
  close(ends[1]);
  CHECK(waitpid(first, nullptr, 0) == first);
  REQUIRE(status.ok());
  holders.erase(static_cast<uint32_t>(getpid()));
  CHECK_FALSE(holders.empty());
}

}  // namespace cairn::host
