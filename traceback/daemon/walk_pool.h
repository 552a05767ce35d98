// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_WALK_POOL_H_
#define CAIRN_TRACEBACK_DAEMON_WALK_POOL_H_

#include <poll.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "traceback/daemon/options.h"
#include "traceback/daemon/walk_child.h"
#include "traceback/daemon/walk_report.h"

namespace cairn::daemon {

// Runs walks in child processes.  What local users have built may make a walk long, large or fatal:
// of the monitor it takes nothing.  A child that takes much longer than the deadline is killed;
// what it said until then counts.
//
// Never waits, for anything.  Bounded: so many children, each with a bounded report; children that
// cannot even be killed at once (the kernel waits for a device) are at most kMostStuck, then none
// is started.  Thread-compatible; requires that nobody else waits for any child.
class WalkPool {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t kMostStuck = 4;

  // What the child does; returns its exit status.  WalkInChild but in tests.
  using Work = std::function<int(const WalkJob& job, pid_t parent, int pipe)>;

  enum class End : uint8_t { kWhole, kTime, kMemory, kFault };
  struct Ended {
    uint64_t id = 0;
    WalkReport report;
    End end = End::kFault;
  };

  WalkPool(const Walks& walks, Work work) : walks_(walks), work_(std::move(work)) {}
  ~WalkPool();
  WalkPool(const WalkPool&) = delete;
  WalkPool& operator=(const WalkPool&) = delete;

  bool HasRoom() const;
  // None can be started, for who knows how long.
  bool is_stuck() const { return children_.empty() && stuck_.size() >= kMostStuck; }
  // What a child has told so far; null: there is no such child any more.
  const WalkReport* ReportOf(uint64_t id) const;
  // Its end comes by TakeEnded(), also if it cannot be started.  Requires: HasRoom().
  void Start(uint64_t id, const WalkJob& job, Clock::time_point now);

  // What to wait for, beside others; and until when.
  void AppendPolled(std::vector<pollfd>& polled) const;
  std::optional<Clock::time_point> NextDeadline() const;
  // `ready`: those of AppendPolled, in their order; nothing was started since.
  void Step(Clock::time_point now, std::span<const pollfd> ready);
  std::vector<Ended> TakeEnded() { return std::exchange(ended_, {}); }

 private:
  struct Child {
    uint64_t id = 0;
    bool is_alone = false;
    pid_t pid = -1;
    UniqueFd pipe;  // none: it says nothing more, and is expected to end
    Clock::time_point deadline;
    WalkReportReader report;
    std::optional<End> reason;  // why it was killed
  };

  void Read(Child& child, Clock::time_point now);
  void Kill(Child& child, End reason);
  // False: it has not ended yet.
  bool Reap(Child& child, Clock::time_point now);

  const Walks walks_;
  const Work work_;
  std::list<Child> children_;
  std::vector<pid_t> stuck_;
  std::vector<Ended> ended_;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_WALK_POOL_H_
