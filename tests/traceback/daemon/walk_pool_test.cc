// SPDX-License-Identifier: BSD-3-Clause
// Children that walk, and that do not do as they should.
#include "traceback/daemon/walk_pool.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "catch2/catch.hpp"

#include "traceback/daemon/walk_report.h"
#include "traceback/host/snapshot_bytes.h"

namespace cairn::daemon {
namespace {

using WalkPoolEnd = WalkPool::End;
using Outcome = WalkReport::Outcome;
using std::chrono::milliseconds;

WalkJob Job(size_t walks) {
  return {.connections = std::vector<host::TcpConnection>(walks), .is_alone = true, .now = {}};
}

Walks Quick() {
  Walks walks;
  walks.deadline = PacketDelta::FromMilliseconds(200);
  return walks;
}

// Steps until so many have ended.
std::vector<WalkPool::Ended> Await(WalkPool& pool, size_t count) {
  const auto patience = WalkPool::Clock::now() + std::chrono::seconds(20);
  std::vector<WalkPool::Ended> all;
  while (all.size() < count) {
    REQUIRE(WalkPool::Clock::now() < patience);
    std::vector<pollfd> polled;
    pool.AppendPolled(polled);
    poll(polled.data(), polled.size(), 5);
    pool.Step(WalkPool::Clock::now(), polled);
    for (WalkPool::Ended& ended : pool.TakeEnded()) all.push_back(std::move(ended));
  }
  return all;
}

WalkPool::Ended EndOf(const WalkPool::Work& work, size_t walks = 2) {
  WalkPool pool(Quick(), work);
  pool.Start(7, Job(walks), WalkPool::Clock::now());
  WalkPool::Ended ended = std::move(Await(pool, 1).front());
  CHECK(ended.id == 7);
  CHECK(ended.report.walks.size() == walks);
  // No zombie stays.
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
  return ended;
}

host::Snapshot Found() {
  host::Snapshot snapshot;
  snapshot.processes.resize(1);
  snapshot.processes[0].name = "found";
  return snapshot;
}

void WriteRaw(int pipe, const std::string& bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t written = write(pipe, bytes.data() + done, bytes.size() - done);
    if (written <= 0) return;
    done += static_cast<size_t>(written);
  }
}

TEST_CASE("what a child tells arrives whole") {
  const WalkPool::Ended ended = EndOf([](const WalkJob&, pid_t, int pipe) {
    WalkReportWriter report(pipe);
    report.Looked({});
    host::Snapshot large = Found();
    large.processes[0].command_line = std::string(900'000, 'x');  // more than a pipe holds
    report.Walked(0, large, false);
    report.Gone(1);
    report.Learned({{.key = {1, 2, 3, 4, 5}, .sha256 = std::string(64, 'a')}});
    report.End();
    return 0;
  });
  CHECK(ended.end == WalkPoolEnd::kWhole);
  CHECK(ended.report.looked);
  CHECK(ended.report.walks[0].outcome == Outcome::kWalked);
  const auto snapshot = host::DecodeSnapshot(*ended.report.walks[0].snapshot);
  REQUIRE(snapshot.has_value());
  CHECK(snapshot->processes[0].command_line.size() == 900'000);
  CHECK(ended.report.walks[1].outcome == Outcome::kGone);
  REQUIRE(ended.report.learned.size() == 1);
  CHECK(ended.report.learned[0].key == host::ExecutableHashes::Key(1, 2, 3, 4, 5));
}

TEST_CASE("of a child that dies, what it told before counts") {
  const auto dies = [](int how) {
    return [how](const WalkJob&, pid_t, int pipe) {
      WalkReportWriter report(pipe);
      report.Looked({});
      report.Walked(0, Found(), false);
      if (how > 0) kill(getpid(), how);
      return -how;
    };
  };
  for (const auto& [how, end] :
       {std::pair(SIGUSR2, WalkPoolEnd::kFault), std::pair(SIGKILL, WalkPoolEnd::kFault),
        std::pair(SIGXCPU, WalkPoolEnd::kTime), std::pair(-kOutOfMemory, WalkPoolEnd::kMemory),
        std::pair(-1, WalkPoolEnd::kFault), std::pair(0, WalkPoolEnd::kFault)}) {
    INFO(how);
    const WalkPool::Ended ended = EndOf(dies(how));
    CHECK(ended.end == end);
    CHECK(ended.report.walks[0].outcome == Outcome::kWalked);
    CHECK(ended.report.walks[1].outcome == Outcome::kNone);
  }
}

TEST_CASE("a child that hangs is killed a little after its deadline") {
  const auto start = WalkPool::Clock::now();
  const WalkPool::Ended ended = EndOf([](const WalkJob&, pid_t, int pipe) {
    WalkReportWriter(pipe).Looked({});
    while (true) pause();
    return 0;
  });
  CHECK(ended.end == WalkPoolEnd::kTime);
  CHECK(ended.report.looked);
  const auto took = WalkPool::Clock::now() - start;
  CHECK(took >= milliseconds(200));
  CHECK(took < std::chrono::seconds(5));
}

TEST_CASE("a child that closes its pipe and stays is killed, too") {
  CHECK(EndOf([](const WalkJob&, pid_t, int pipe) {
          close(pipe);
          while (true) pause();
          return 0;
        }).end == WalkPoolEnd::kFault);
}

TEST_CASE("a child that tells nonsense is killed") {
  const std::string step_of_none("L\0\0\0\0\0\0\0\0W\x09\0\0\0\0\0\0\0", 18);
  const std::string too_long("L\0\0\0\0\xff\xff\xff\x7f", 9);
  const std::string twice("L\0\0\0\0\0\0\0\0L\0\0\0\0\0\0\0\0", 18);
  const std::string not_looked("G\0\0\0\0\0\0\0\0", 9);
  const std::string after_end("E\0\0\0\0\0\0\0\0L\0\0\0\0\0\0\0\0", 18);
  for (const std::string& bytes : {std::string("garbage, and more of it"), step_of_none, too_long,
                                   twice, not_looked, after_end}) {
    INFO(bytes);
    CHECK(EndOf([&bytes](const WalkJob&, pid_t, int pipe) {
            WriteRaw(pipe, bytes);
            while (true) pause();
            return 0;
          }).end == WalkPoolEnd::kFault);
  }
}

TEST_CASE("a child that tells too much is killed") {
  CHECK(EndOf([](const WalkJob&, pid_t, int pipe) {
          WriteRaw(pipe, std::string("L\0\0\0\0", 5));
          const uint32_t size = kMostWalkBytes;
          WriteRaw(pipe, std::string(reinterpret_cast<const char*>(&size), sizeof(size)));
          for (int i = 0; i < 100; ++i) WriteRaw(pipe, std::string(1 << 20, 'x'));
          while (true) pause();
          return 0;
        }).end == WalkPoolEnd::kFault);
}

TEST_CASE("no more children than may be, and their descriptors are closed") {
  Walks walks = Quick();
  walks.max_concurrent = 2;
  WalkPool pool(walks, [](const WalkJob&, pid_t, int) {
    while (true) pause();
    return 0;
  });
  const int before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  close(before);
  for (int round = 0; round < 2; ++round) {
    CHECK(pool.HasRoom());
    pool.Start(1, Job(1), WalkPool::Clock::now());
    CHECK(pool.HasRoom());
    pool.Start(2, Job(1), WalkPool::Clock::now());
    CHECK_FALSE(pool.HasRoom());
    Await(pool, 2);
  }
  const int after = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  close(after);
  CHECK(after == before);
}

TEST_CASE("children end with the pool") {
  {
    WalkPool pool(Quick(), [](const WalkJob&, pid_t, int) {
      while (true) pause();
      return 0;
    });
    pool.Start(1, Job(1), WalkPool::Clock::now());
  }
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
}

}  // namespace
}  // namespace cairn::daemon
