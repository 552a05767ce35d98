// SPDX-License-Identifier: BSD-3-Clause
// What is left of the knowledge after kills, torn files and full disks.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "catch2/catch.hpp"

#include "tests/traceback/tracing/knowledge/knowledge_rig.h"
#include "tests/traceback/tracing/knowledge/sample_chains.h"
#include "traceback/tracing/knowledge/journal_file.h"

namespace cairn::tracing {
namespace {

namespace fs = std::filesystem;

Chain Numbered(uint64_t number, const std::string& origin = "web.example.org") {
  return SampleChain(
      {.origin = origin, .number = number, .sequence = number, .previous = number - 1});
}

std::string BytesOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void SetBytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

TEST_CASE("Whatever is cut off the file, all records before it are read") {
  KnowledgeRig rig;
  std::vector<uint64_t> ends = {0};
  for (uint64_t number = 1; number <= 4; ++number) {
    rig.Add(Numbered(number));
    ends.push_back(rig.knowledge->counters().file_bytes);
  }
  rig.knowledge.reset();
  const std::string whole = BytesOf(rig.Journal());
  REQUIRE(whole.size() == ends.back());
  // The first record is part of a file that was made whole.
  for (uint64_t length = ends[1]; length < whole.size(); length += 7) {
    SetBytes(rig.Journal(), whole.substr(0, length));
    rig.Restart();
    size_t expected = 0;
    while (ends[expected + 1] <= length) ++expected;
    INFO("length " << length);
    REQUIRE(rig.Count({}) == expected);
    REQUIRE(rig.knowledge->counters().damaged == 0);
    // It goes on where it was cut.
    REQUIRE(rig.Add(Numbered(9)) == Added::kNew);
    rig.Restart();
    REQUIRE(rig.Count({}) == expected + 1);
    REQUIRE(rig.knowledge->counters().cut_bytes == 0);
  }
}

TEST_CASE("A file that consists of a torn record is empty") {
  KnowledgeRig rig;
  rig.knowledge.reset();
  std::string record;
  AppendRecord(record, 'C', std::string(100, 'x'));
  for (const size_t length : {size_t{0}, size_t{3}, size_t{12}, record.size() - 1}) {
    SetBytes(rig.Journal(), std::string(kJournalHead) + record.substr(0, length));
    rig.Restart();
    CHECK(rig.Count({}) == 0);
    CHECK(rig.knowledge->counters().cut_bytes == length);
    rig.knowledge.reset();
  }
}

TEST_CASE("A byte that has changed costs one record") {
  KnowledgeRig rig;
  std::vector<uint64_t> ends;
  for (uint64_t number = 1; number <= 6; ++number) {
    rig.Add(Numbered(number));
    ends.push_back(rig.knowledge->counters().file_bytes);
  }
  rig.knowledge.reset();
  const std::string whole = BytesOf(rig.Journal());
  // Behind the certificates, which come with the first chain.
  for (uint64_t at = ends[1] + 1; at < ends[4]; at += 41) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x20);
    SetBytes(rig.Journal(), bytes);
    rig.Restart();
    INFO("at " << at);
    REQUIRE(rig.Count({}) == 5);
    REQUIRE(rig.knowledge->counters().damaged >= 1);
    rig.knowledge.reset();
  }
}

TEST_CASE("A file of another kind is not touched") {
  KnowledgeRig rig;
  rig.knowledge.reset();
  const std::string other = "cairn chains 9\n and more that this version does not know";
  SetBytes(rig.Journal(), other);
  const auto opened = Knowledge::Open(rig.folder.File(""), AgentNamed(rig.self), {}, rig.now);
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK(BytesOf(rig.Journal()) == other);
}

TEST_CASE("A file made to take long is read in time that grows with its size only") {
  KnowledgeRig rig;
  rig.knowledge.reset();
  std::string bytes(kJournalHead);
  // Each could be a record of half a mebibyte.
  while (bytes.size() < (8 << 20)) bytes += std::string(kRecordMark) + std::string("\0\7\0\0", 4);
  SetBytes(rig.Journal(), bytes);
  rig.Restart();
  CHECK(rig.Count({}) == 0);
  CHECK(rig.knowledge->counters().cut_bytes > 0);
}

// Adds chains, and writes the number of each that is on disk into the pipe.
[[noreturn]] void AddForever(const std::string& folder, int told) {
  auto knowledge = Knowledge::Open(folder, AgentNamed("self"), {.max_chains = 40}, SampleTime());
  if (!knowledge.ok()) _exit(3);
  for (uint64_t number = (*knowledge)->counters().added + 1;; ++number) {
    const Vector vector = (*knowledge)->vector();
    const uint64_t next = vector.empty() ? 1 : vector.front().sequence + 1;
    if ((*knowledge)->Add(Numbered(next), SampleTime()) != Added::kNew) _exit(4);
    if (write(told, &next, sizeof(next)) != sizeof(next)) _exit(5);
  }
}

TEST_CASE("Killed at any moment, it has lost nothing that was added, and nothing twice") {
  KnowledgeRig rig;
  rig.knowledge.reset();
  uint64_t last = 0;
  for (int round = 0; round < 12; ++round) {
    int told[2];
    REQUIRE(pipe(told) == 0);
    const pid_t child = fork();
    if (child == 0) {
      close(told[0]);
      AddForever(rig.folder.File(""), told[1]);
    }
    close(told[1]);
    // At least a few, and then in the middle of whatever it does, compaction included.
    uint64_t number = 0;
    for (int i = 0; i < 3 + round * 17; ++i) {
      REQUIRE(read(told[0], &number, sizeof(number)) == sizeof(number));
      REQUIRE(number == last + 1);
      last = number;
    }
    kill(child, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    while (read(told[0], &number, sizeof(number)) == sizeof(number)) last = number;
    close(told[0]);

    rig.options.max_chains = 40;
    rig.Restart();
    CHECK(rig.knowledge->counters().damaged == 0);
    const auto through = rig.knowledge->vector().front().sequence;
    // One more may have been written than told.
    CHECK((through == last || through == last + 1));
    last = through;
    const size_t kept = rig.Count({});
    CHECK(kept == std::min<uint64_t>(last, 40));
    for (uint64_t each = last - kept + 1; each <= last; ++each) {
      CHECK(rig.knowledge->Get(AgentNamed("web.example.org"), each).has_value());
    }
    rig.knowledge.reset();
  }
  CHECK(last > 100);
}

// No file may grow beyond so many bytes: what a full disk is, for whoever writes.
class SmallFiles {
 public:
  explicit SmallFiles(rlim_t most) {
    old_action_ = signal(SIGXFSZ, SIG_IGN);
    REQUIRE(getrlimit(RLIMIT_FSIZE, &old_) == 0);
    const rlimit limit{.rlim_cur = most, .rlim_max = old_.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~SmallFiles() {
    setrlimit(RLIMIT_FSIZE, &old_);
    signal(SIGXFSZ, old_action_);
  }
  SmallFiles(const SmallFiles&) = delete;
  SmallFiles& operator=(const SmallFiles&) = delete;

 private:
  rlimit old_ = {};
  sighandler_t old_action_ = SIG_DFL;
};

TEST_CASE("When a write fails it goes on in memory, says so, and catches up") {
  KnowledgeRig rig;
  {
    const SmallFiles small(9000);
    for (uint64_t number = 1; number <= 30; ++number) {
      REQUIRE(rig.Add(Numbered(number)) == Added::kNew);
    }
    CHECK(rig.knowledge->counters().unsaved > 0);
    CHECK(rig.knowledge->counters().write_failures == 1);  // it does not try each time
    CHECK(rig.knowledge->health().code() == absl::StatusCode::kResourceExhausted);
    CHECK(rig.Count({}) == 30);
    // What is in the file is whole.
    const auto reader = Knowledge::OpenToRead(rig.folder.File(""));
    REQUIRE(reader.ok());
    CHECK((*reader)->counters().cut_bytes == 0);
    CHECK((*reader)->counters().chains < 30);
    rig.knowledge->Tick(rig.now + PacketDelta::FromSeconds(11));
    CHECK(rig.knowledge->counters().write_failures == 2);
  }
  rig.knowledge->Tick(rig.now + PacketDelta::FromSeconds(12));
  CHECK(rig.knowledge->counters().unsaved > 0);  // not yet
  rig.knowledge->Tick(rig.now + PacketDelta::FromSeconds(30));
  CHECK(rig.knowledge->counters().unsaved == 0);
  CHECK(rig.knowledge->health().ok());
  rig.Restart();
  CHECK(rig.Count({}) == 30);
  CHECK(rig.knowledge->counters().damaged == 0);
}

TEST_CASE("A full disk is survived, also when not even the first file can be made") {
  if (geteuid() != 0) {
    WARN("SKIPPED: only root can mount a small disk");
    return;
  }
  const testing::ScratchFolder folder;
  const std::string disk = folder.File("disk");
  fs::create_directory(disk);
  if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=64k") != 0) {
    WARN("SKIPPED: nothing can be mounted here");
    return;
  }
  const absl::Cleanup unmount = [&] { umount2(disk.c_str(), MNT_DETACH); };
  {
    std::ofstream(disk + "/full") << std::string(64 << 10, 'x');
    auto opened = Knowledge::Open(disk, AgentNamed("self"), {}, SampleTime());
    REQUIRE(opened.ok());
    Knowledge& knowledge = **opened;
    for (uint64_t number = 1; number <= 10; ++number) {
      CHECK(knowledge.Add(Numbered(number), SampleTime()) == Added::kNew);
    }
    CHECK(knowledge.counters().unsaved == 10);
    CHECK(knowledge.health().code() == absl::StatusCode::kResourceExhausted);
    fs::remove(disk + "/full");
    knowledge.Tick(SampleTime(20));
    CHECK(knowledge.counters().unsaved == 0);
    CHECK(knowledge.health().ok());
    // Until it is full again.
    for (uint64_t number = 11; number <= 300; ++number) {
      knowledge.Add(Numbered(number), SampleTime(30));
    }
    CHECK(knowledge.counters().unsaved > 0);
    CHECK(knowledge.Find({}).size() == 300);
  }
  const auto reader = Knowledge::OpenToRead(disk);
  REQUIRE(reader.ok());
  CHECK((*reader)->counters().chains >= 10);
  CHECK((*reader)->counters().damaged == 0);
}

TEST_CASE("A file that somebody has removed is made anew with all that is known") {
  KnowledgeRig rig;
  for (uint64_t number = 1; number <= 5; ++number) rig.Add(Numbered(number));
  fs::remove(rig.Journal());
  rig.knowledge->Tick(rig.now + PacketDelta::FromSeconds(60));
  rig.Restart();
  CHECK(rig.Count({}) == 5);
}

TEST_CASE("A reader beside an agent at work sees whole chains at any moment") {
  KnowledgeRig rig;
  rig.options.max_chains = 20;
  rig.Restart();
  rig.Add(Numbered(1));
  std::atomic<bool> is_done = false;
  std::atomic<uint64_t> faults = 0;
  std::atomic<uint64_t> reads = 0;
  std::thread reader([&] {
    uint64_t seen = 0;
    while (!is_done) {
      const auto read = Knowledge::OpenToRead(rig.folder.File(""));
      if (!read.ok()) {
        ++faults;
        continue;
      }
      const std::vector<Chain> found = (*read)->Find({});
      const Vector vector = (*read)->vector();
      const bool grows = !vector.empty() && vector.front().sequence >= seen;
      if (found.empty() || (*read)->counters().damaged > 0 || !grows) ++faults;
      if (!vector.empty()) seen = vector.front().sequence;
      ++reads;
    }
  });
  for (uint64_t number = 2; number <= 400; ++number) rig.Add(Numbered(number));
  while (reads < 5) std::this_thread::yield();
  is_done = true;
  reader.join();
  CHECK(faults == 0);
  CHECK(rig.knowledge->counters().compactions > 1);
}

}  // namespace
}  // namespace cairn::tracing
