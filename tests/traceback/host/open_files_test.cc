// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/open_files.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>

#include "catch2/catch.hpp"
#include "fmt/format.h"

#include "tests/support/scratch_folder.h"
#include "tests/traceback/host/family.h"
#include "tests/traceback/host/open_files_by_proc.h"
#include "traceback/host/proc_folder.h"

namespace cairn::host {
namespace {

void OpenEachKind(const std::string& folder) {
  std::array<int, 2> ends{};
  Must(pipe(ends.data()) == 0);
  Must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends.data()) == 0);
  Must(socket(AF_INET, SOCK_STREAM, 0) >= 0 && socket(AF_INET6, SOCK_DGRAM, 0) >= 0);
  const std::string fifo = folder + "/fifo";
  Must(mkfifo(fifo.c_str(), 0640) == 0);
  Must(open(fifo.c_str(), O_RDONLY | O_NONBLOCK) >= 0 && open(fifo.c_str(), O_WRONLY) >= 0);
  const std::string file = folder + "/file";
  Must(open(file.c_str(), O_CREAT | O_WRONLY, 0604) >= 0);
  Must(open(file.c_str(), O_RDONLY) >= 0 && open(file.c_str(), O_RDWR) >= 0);
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  std::array<char, 64> slave{};
  Must(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
  Must(ptsname_r(master, slave.data(), slave.size()) == 0);
  Must(open(slave.data(), O_RDWR | O_NOCTTY) >= 0 && open(slave.data(), O_RDONLY | O_NOCTTY) >= 0);
  Must(open("/dev/null", O_WRONLY) >= 0);
  Must(memfd_create("memory", 0) >= 0);
  // A pipe opened by its name in /proc.
  Must(pipe(ends.data()) == 0);
  Must(open(fmt::format("/proc/self/fd/{}", ends[0]).c_str(), O_WRONLY) >= 0);
  Must(dup2(ends[0], 900) == 900);
}

// What is of no use to whoever asks who passes data on, or only looks as if it were.
void OpenOtherKinds(const std::string& folder) {
  Must(open("/", O_RDONLY | O_DIRECTORY) >= 0 && open("/", O_PATH) >= 0);
  Must(eventfd(0, 0) >= 0);
  Must(syscall(SYS_pidfd_open, getpid(), 0) >= 0);
  Must(open("/dev/null", O_PATH) >= 0);
  const std::string name = folder + "/name of a socket";
  Must(mknod(name.c_str(), S_IFSOCK | 0600, 0) == 0 && open(name.c_str(), O_PATH) >= 0);
}

}  // namespace

TEST_CASE("open files of each kind are what stat tells of them") {
  OpenFiles* open_files = TheOpenFiles();
  if (open_files == nullptr) return;
  // There, stat tells the kernel's own numbers on every host.
  const testing::ScratchFolder scratch("/dev/shm");
  Family family;
  const uint32_t plain = family.Child({});
  const uint32_t child = family.Child({}, [&] {
    OpenEachKind(scratch.File(""));
    OpenOtherKinds(scratch.File(""));
  });
  const Lines lines = LinesOf(*open_files, {child});
  CHECK(lines == LinesByProc({child}));
  constexpr size_t kOpened = 2 + 2 + 2 + 2 + 3 + 3 + 1 + 1 + 4;
  CHECK(lines.size() == FilesOf(*open_files, {plain}).size() + kOpened);
}

TEST_CASE("a mere name of a socket or device is no open file") {
  OpenFiles* open_files = TheOpenFiles();
  if (open_files == nullptr) return;
  const testing::ScratchFolder scratch;
  Family family;
  const uint32_t plain = family.Child({});
  const uint32_t child = family.Child({}, [&] { OpenOtherKinds(scratch.File("")); });
  CHECK(FilesOf(*open_files, {child}).size() == FilesOf(*open_files, {plain}).size());
}

TEST_CASE("open files with one identity are one file, whoever holds it") {
  OpenFiles* open_files = TheOpenFiles();
  if (open_files == nullptr) return;
  std::array<int, 2> one{};
  std::array<int, 2> other{};
  REQUIRE(pipe(one.data()) == 0);
  REQUIRE(pipe(other.data()) == 0);
  Family family;
  const uint32_t reader = family.Child({one[1], other[0], other[1]});
  const uint32_t writer = family.Child({one[0], other[0], other[1]});
  const uint32_t stranger = family.Child({one[0], one[1], other[1]});
  for (const int end : {one[0], one[1], other[0], other[1]}) close(end);
  std::map<uint32_t, OpenFile> pipes;
  for (const OpenFile& file : FilesOf(*open_files, {reader, writer, stranger})) {
    if (file.is_pipe) pipes[file.pid] = file;
  }
  REQUIRE(pipes.size() == 3);
  CHECK(pipes[reader].identity == pipes[writer].identity);
  CHECK(pipes[reader].identity != pipes[stranger].identity);
  CHECK((pipes[reader].readable && !pipes[reader].writable));
  CHECK((!pipes[writer].readable && pipes[writer].writable));
}

TEST_CASE("a hundred thousand open files come out complete") {
  OpenFiles* open_files = TheOpenFiles();
  if (open_files == nullptr) return;
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const uint64_t of_each = std::min<uint64_t>(limit.rlim_max, 25'000);
  Family family;
  // What all children have from the test and is not listed, as are programs in the kernel.
  const uint32_t plain = family.Child({});
  size_t unlisted = 0;
  ProcFolder(fmt::format("/proc/{}/fd", plain).c_str()).ForEachNumber([&](uint32_t, const char*) {
    ++unlisted;
  });
  unlisted -= FilesOf(*open_files, {plain}).size();
  std::set<uint32_t> pids;
  while (pids.size() * of_each < 100'000) {
    pids.insert(family.Child({}, [of_each] {
      const rlimit raised = {of_each, of_each};
      Must(setrlimit(RLIMIT_NOFILE, &raised) == 0);
      while (dup(0) >= 0) {
      }
    }));
  }
  std::map<uint32_t, std::set<uint32_t>> descriptors;
  size_t twice = 0;
  for (const OpenFile& file : FilesOf(*open_files, pids)) {
    twice += descriptors[file.pid].insert(file.descriptor).second ? 0U : 1U;
  }
  CHECK(twice == 0);
  REQUIRE(descriptors.size() == pids.size());
  // All but the pipe by which the child has said that it is ready.
  for (const auto& [pid, numbers] : descriptors) CHECK(numbers.size() == of_each - 2 - unlisted);
}

TEST_CASE("no more open files come once the visitor has had enough") {
  OpenFiles* open_files = TheOpenFiles();
  if (open_files == nullptr) return;
  size_t visits = 0;
  REQUIRE(open_files->ForEach([&visits](const OpenFile&) { return ++visits < 3; }).ok());
  CHECK(visits == 3);
  // At least the process of the third.
  CHECK(open_files->gaps().tables > 0);
  CHECK(open_files->gaps().first.size() <= 64);
}

TEST_CASE("open files are listed without any rights once the programs are loaded") {
  OpenFiles* open_files = TheOpenFiles();
  if (open_files == nullptr) return;
  Family family;
  const uint32_t other = family.Child({});
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> none{};
    Must(setresuid(65534, 65534, 65534) == 0);
    Must(syscall(SYS_capset, &header, none.data()) == 0);
    bool found = false;
    const absl::Status status = open_files->ForEach([&](const OpenFile& file) {
      found |= file.pid == other;
      return true;
    });
    _exit(status.ok() && found ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("open files cannot be listed where processes have other numbers, and it is said") {
  if (TheOpenFiles() == nullptr) return;
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    Must(unshare(CLONE_NEWPID) == 0);
    const pid_t inner = fork();
    Must(inner >= 0);
    if (inner == 0) {
      const auto opened = OpenFiles::Open();
      _exit(absl::IsUnavailable(opened.status()) &&
                    opened.status().message().find("pid namespace") != std::string::npos
                ? 0
                : 1);
    }
    int status = 0;
    Must(waitpid(inner, &status, 0) == inner);
    _exit(status == 0 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("open files cannot be listed without rights, and it is said") {
  if (TheOpenFiles() == nullptr) return;
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    Must(setresuid(65534, 65534, 65534) == 0);
    _exit(absl::IsUnavailable(OpenFiles::Open().status()) ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("programs that list open files are not passed on to other programs") {
  if (TheOpenFiles() == nullptr) return;
  size_t programs = 0;
  const ProcFolder descriptors("/proc/self/fd");
  descriptors.ForEachNumber([&](uint32_t number, const char* name) {
    if (!descriptors.ReadLink(name).starts_with("anon_inode:bpf")) return;
    ++programs;
    CHECK((fcntl(static_cast<int>(number), F_GETFD) & FD_CLOEXEC) != 0);
  });
  CHECK(programs >= 2);
}

}  // namespace cairn::host
