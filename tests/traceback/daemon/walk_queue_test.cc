// SPDX-License-Identifier: BSD-3-Clause
// Questions that wait for walks, with children that local users have made long or fatal.
#include "traceback/daemon/walk_queue.h"

#include <signal.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <string>

#include "catch2/catch.hpp"

#include "traceback/daemon/walk_report.h"

namespace cairn::daemon {
namespace {

using std::chrono::milliseconds;
using WalkQueueClock = WalkQueue::Clock;

// What its walk does, by the inode of the connection.
constexpr uint64_t kHangs = 1001;  // in a batch; alone it ends in time
constexpr uint64_t kAlwaysHangs = 1002;
constexpr uint64_t kDies = 1003;         // always
constexpr uint64_t kTakesMemory = 1004;  // always
constexpr uint64_t kLate = 1005;         // in a batch
constexpr uint64_t kGone = 1006;
constexpr uint64_t kMemoryHangs = 1007;      // looking into the memory of a process there
constexpr uint64_t kLateThenHangs = 1008;    // likewise, but only alone
constexpr uint64_t kOtherOfThatUser = 1009;  // of the user of kMemoryHangs
constexpr uint64_t kShort = 1010;            // the look had no time

const IpAddress kWalkQueueHonest = *IpAddress::Parse("192.0.2.1");
const IpAddress kHostile = *IpAddress::Parse("192.0.2.2");

int WalkQueueWalk(const WalkJob& job, pid_t, int pipe) {
  WalkReportWriter report(pipe);
  host::Snapshot seen;
  seen.host.name = "here";
  report.Looked(seen);
  for (size_t i = 0; i < job.connections.size(); ++i) {
    const uint64_t inode = job.connections[i].inode;
    host::Snapshot snapshot = seen;
    snapshot.processes.resize(1);
    snapshot.processes[0].pid = static_cast<uint32_t>(inode);
    if (job.is_alone && inode == kAlwaysHangs) report.Begun(i, snapshot);
    if (inode == kLateThenHangs && !job.is_alone) snapshot.truncated_by = "time";
    if (job.reads_memory && (inode == kMemoryHangs || (inode == kLateThenHangs && job.is_alone))) {
      while (true) pause();
    }
    if (!job.reads_memory) snapshot.processes[0].name = "careful";
    if (inode == kAlwaysHangs || (inode == kHangs && !job.is_alone)) {
      while (true) pause();
    }
    if (inode == kDies) kill(getpid(), SIGUSR2);
    if (inode == kTakesMemory) return kOutOfMemory;
    if (inode == kLate && !job.is_alone) snapshot.truncated_by = "time";
    if (inode == kShort) snapshot.truncated_by = "time";
    if (i < job.wants_links.size() && job.wants_links[i]) snapshot.links.resize(1);
    if (inode == kGone) {
      report.Gone(i);
    } else {
      report.Walked(i, snapshot, inode == kLate || inode == kLateThenHangs);
    }
  }
  report.End();
  return 0;
}

class Questions {
 public:
  explicit Questions(uint32_t max_requests = 64, int64_t deadline_ms = 200)
      : inspector_(*host::Inspector::Open({})) {
    Options options;
    options.limits.max_requests = max_requests;
    options.walks.deadline = PacketDelta::FromMilliseconds(deadline_ms);
    queue_ = std::make_unique<WalkQueue>(options, *inspector_, WalkQueueWalk);
  }

  WalkQueue& queue() { return *queue_; }
  // About nothing: inode 0.
  void Ask(uint64_t tag, const IpAddress& requester, uint64_t inode, bool wants_links = false) {
    std::optional<host::TcpConnection> connection;
    if (inode != 0) {
      connection.emplace().inode = inode;
      connection->uid = static_cast<uint32_t>(inode == kOtherOfThatUser ? kMemoryHangs : inode);
    }
    queue_->Add(tag, requester, connection, wants_links);
  }
  // One turn of the loop.
  void Turn() {
    queue_->Start(WalkQueueClock::now(), PacketTime::FromNanoseconds(5));
    std::vector<pollfd> polled;
    queue_->AppendPolled(polled);
    poll(polled.data(), polled.size(), 2);
    queue_->Step(WalkQueueClock::now(), polled);
    while (const std::optional<Walked> walked = queue_->Take()) {
      came_[walked->tag] = SnapshotOf(*walked, PacketTime::FromNanoseconds(6));
    }
  }
  // Until that has come.
  const host::Snapshot& Await(uint64_t tag) {
    const auto patience = WalkQueueClock::now() + std::chrono::seconds(20);
    while (!came_.contains(tag)) {
      REQUIRE(WalkQueueClock::now() < patience);
      Turn();
    }
    return came_[tag];
  }
  const WalkCounters& counters() const { return queue_->counters(); }

 private:
  std::unique_ptr<host::Inspector> inspector_;
  std::unique_ptr<WalkQueue> queue_;
  std::map<uint64_t, host::Snapshot> came_;
};

TEST_CASE("those that wait share a look, and each has its walk") {
  Questions questions;
  for (uint64_t tag = 1; tag <= 2; ++tag) questions.Ask(tag, kWalkQueueHonest, tag);
  questions.Ask(3, kHostile, 3);
  questions.Ask(4, kHostile, kGone);
  questions.Ask(5, *IpAddress::Parse("192.0.2.9"), 0);
  for (uint64_t tag = 1; tag <= 3; ++tag) {
    const host::Snapshot& snapshot = questions.Await(tag);
    REQUIRE(snapshot.processes.size() == 1);
    CHECK(snapshot.processes[0].pid == tag);
    CHECK_FALSE(snapshot.truncated);
  }
  // Nobody held it any more; and there was none: both know the host.
  for (const uint64_t tag : {4U, 5U}) {
    const host::Snapshot& snapshot = questions.Await(tag);
    CHECK(snapshot.processes.empty());
    CHECK_FALSE(snapshot.truncated);
    CHECK(snapshot.host.name == "here");
  }
  CHECK(questions.counters().looks == 1);
  CHECK(questions.queue().is_idle());
}

TEST_CASE("a walk that somebody made long is done again, and nobody waits for it") {
  for (const uint64_t inode : {kHangs, kLate}) {
    Questions questions;
    questions.Ask(1, kHostile, inode);
    questions.Ask(2, kWalkQueueHonest, 50);
    questions.Ask(3, kWalkQueueHonest, 51);
    questions.Await(2);
    questions.Await(3);
    const host::Snapshot& slow = questions.Await(1);
    REQUIRE(slow.processes.size() == 1);
    CHECK(slow.processes[0].pid == inode);
    CHECK(slow.truncated_by.empty());
    CHECK(questions.counters().walks_again == 1);
    CHECK(questions.counters().out_of_time == 0);
  }
}

TEST_CASE("what was slow lately does not begin among the others") {
  Questions questions;
  questions.Ask(1, kHostile, kHangs);
  questions.Await(1);
  const uint64_t looks = questions.counters().looks;
  questions.Ask(2, kHostile, kHangs);
  questions.Await(2);
  CHECK(questions.counters().looks == looks + 1);
  CHECK(questions.counters().walks_again == 1);
}

TEST_CASE("a walk is not done again because the look had no time") {
  Questions questions;
  questions.Ask(1, kHostile, kShort);
  CHECK(questions.Await(1).truncated_by == "time");
  CHECK(questions.counters().walks_again == 0);
  CHECK(questions.counters().out_of_time == 1);
}

TEST_CASE("a user whose processes make a look into their memory wait hides nothing by it") {
  Questions questions;
  for (const uint64_t inode : {kMemoryHangs, kLateThenHangs}) {
    questions.Ask(inode, kHostile, inode);
    const host::Snapshot& found = questions.Await(inode);
    CHECK_FALSE(found.truncated);
    REQUIRE(found.processes.size() == 1);
    CHECK(found.processes[0].name == "careful");
  }
  CHECK(questions.counters().walk_faults + questions.counters().out_of_time == 0);
  // Each child that waits there may be one that cannot be ended: no second one of that user.
  const uint64_t looks = questions.counters().looks;
  questions.Ask(1, kHostile, kOtherOfThatUser);
  CHECK(questions.Await(1).processes.at(0).name == "careful");
  CHECK(questions.counters().looks == looks + 1);
  questions.Ask(2, kWalkQueueHonest, 50);
  CHECK(questions.Await(2).processes.at(0).name.empty());
}

TEST_CASE("a walk that never ends, or kills its child, says why there is nothing") {
  for (const auto& [inode, reason] : {std::pair(kAlwaysHangs, "time"), std::pair(kDies, "fault"),
                                      std::pair(kTakesMemory, "memory")}) {
    INFO(reason);
    Questions questions;
    questions.Ask(1, kHostile, inode);
    questions.Ask(2, kWalkQueueHonest, 50);
    const host::Snapshot& nothing = questions.Await(1);
    CHECK(nothing.truncated);
    CHECK(nothing.truncated_by == reason);
    // But who holds it, if that was told before.
    CHECK(nothing.processes.size() == (inode == kAlwaysHangs ? 1 : 0));
    CHECK(nothing.host.name == "here");
    CHECK(questions.Await(2).processes.size() == 1);
    const WalkCounters& counters = questions.counters();
    CHECK(counters.out_of_time + counters.out_of_memory + counters.walk_faults == 1);
  }
}

TEST_CASE("an honest requester is answered while slow walks go on without end") {
  Questions questions(64, 1000);
  uint64_t tag = 1;
  for (uint64_t i = 0; i < 8; ++i) {
    questions.Ask(tag++, IpAddress::FromV4(static_cast<uint32_t>(100 + i)), kAlwaysHangs);
  }
  questions.Await(1);  // from now on they are known
  for (int i = 0; i < 5; ++i) {
    questions.Ask(1000, kHostile, kAlwaysHangs);
    questions.Turn();
    const auto start = WalkQueueClock::now();
    questions.Ask(tag, kWalkQueueHonest, 50);
    questions.Await(tag++);
    CHECK(WalkQueueClock::now() - start < milliseconds(900));  // a slow one takes more than 1,000
  }
}

TEST_CASE("all that ask about one connection share its walk") {
  Questions questions;
  for (uint64_t tag = 1; tag <= 40; ++tag) {
    questions.Ask(tag, IpAddress::FromV4(static_cast<uint32_t>(tag)), tag % 2 == 0 ? 7 : 0);
  }
  for (uint64_t tag = 1; tag <= 40; ++tag) {
    CHECK(questions.Await(tag).processes.size() == (tag % 2 == 0 ? 1 : 0));
  }
  CHECK(questions.counters().looks == 1);
}

TEST_CASE("without room to wait nothing is walked, and all is told") {
  Questions questions(3);
  for (uint64_t tag = 1; tag <= 5; ++tag) questions.Ask(tag, kHostile, tag);
  CHECK(questions.counters().not_walked == 2);
  questions.Ask(6, kWalkQueueHonest, 6);  // in place of one of the many
  CHECK(questions.counters().not_walked == 3);
  CHECK(questions.Await(6).processes.size() == 1);
  size_t walked = 0;
  for (uint64_t tag = 1; tag <= 5; ++tag) {
    const host::Snapshot& snapshot = questions.Await(tag);
    walked += snapshot.processes.size();
    CHECK(snapshot.truncated == snapshot.processes.empty());
  }
  CHECK(walked == 2);
}

TEST_CASE("given up, all is told at once") {
  Questions questions;
  questions.Ask(1, kHostile, kAlwaysHangs);
  questions.Turn();
  for (uint64_t tag = 2; tag <= 20; ++tag) questions.Ask(tag, kWalkQueueHonest, tag);
  questions.queue().GiveUp();
  CHECK(questions.queue().is_idle());
  CHECK(questions.queue().walked() == 20);
}

TEST_CASE("links are told where somebody wants them, and to all who share that walk") {
  Questions questions;
  questions.Ask(1, kWalkQueueHonest, 7);
  questions.Ask(2, kWalkQueueHonest, 8);
  questions.Ask(3, kHostile, 8, true);
  questions.Ask(4, kHostile, 0, true);
  CHECK(questions.Await(1).links.empty());
  CHECK(questions.Await(2).links.size() == 1);
  CHECK(questions.Await(3).links.size() == 1);
  CHECK(questions.Await(4).links.empty());
  CHECK(questions.counters().looks == 1);
  // Not for those that ask later.
  questions.Ask(5, kWalkQueueHonest, 8);
  CHECK(questions.Await(5).links.empty());
}

TEST_CASE("links that are wanted are told by a walk that is done again, too") {
  Questions questions;
  questions.Ask(1, kWalkQueueHonest, kLate, true);
  questions.Ask(2, kWalkQueueHonest, kHangs, true);
  CHECK(questions.Await(1).links.size() == 1);
  CHECK(questions.Await(2).links.size() == 1);
  CHECK(questions.counters().walks_again == 2);
}

}  // namespace
}  // namespace cairn::daemon
