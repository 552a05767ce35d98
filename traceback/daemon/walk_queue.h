// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_WALK_QUEUE_H_
#define CAIRN_TRACEBACK_DAEMON_WALK_QUEUE_H_

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "traceback/daemon/fair_queue.h"
#include "traceback/daemon/options.h"
#include "traceback/daemon/walk_pool.h"
#include "traceback/host/inspector.h"
#include "traceback/host/snapshot.h"

namespace cairn::daemon {

// Only grows.
struct WalkCounters {
  uint64_t looks = 0;        // child processes started: looks at the host, each for several walks
  uint64_t walks_again = 0;  // walks begun anew, alone, because they took long, or their child died
  uint64_t out_of_time = 0;  // walks that ended early, by each reason
  uint64_t out_of_memory = 0;
  uint64_t walk_faults = 0;
  uint64_t not_walked = 0;  // there was no room to wait
};

// What came of a walk: at least why there is nothing.
struct Walked {
  uint64_t tag = 0;
  IpAddress requester;
  std::shared_ptr<const std::string> snapshot;  // host::EncodeSnapshot; null: none
  std::shared_ptr<const std::string> seen;      // the same, of the host alone; or null
  // If there is no snapshot, or not the whole of one: "time", "memory", "fault".  Empty without a
  // snapshot: no process held the connection any more.
  std::string truncated_by;
};
// The snapshot of it, if only an empty one.
host::Snapshot SnapshotOf(const Walked& walked, PacketTime now);

// Questions that wait for a walk, and their walks.
//
// Requesters take turns (FairQueue).  Those that wait when a child begins share its look at the
// host, each with its part of a short time.  What takes longer, or kills the child, is walked again
// alone, in a second queue that never has all of the children; and for a while it goes there at
// once.  What has killed a child is walked without looking into the memory and the programs'
// files of processes, which is where a user can make a look wait; and so are, for a while, that
// user's other connections: else each would leave a child that cannot be ended, and there are few
// of those until nobody is served.  All that ask about one connection share its walk.  So what one
// user has built makes nobody wait but those that ask about it.
//
// Who asks about nothing waits for a look, too: how long an answer takes must not tell whether
// there was a connection.
//
// Bounded by Limits::max_requests and Walks.  Thread-compatible.
class WalkQueue {
 public:
  using Clock = WalkPool::Clock;
  static constexpr size_t kMostOfOne = 2;  // walks of one requester at once

  // Requires: `inspector` outlives this.
  WalkQueue(const Options& options, host::Inspector& inspector, WalkPool::Work work);

  // `tag` comes back by Take(), at once if there is no room.  `wants_links`: the snapshot is to
  // tell them (host::Snapshot::links); it may tell them if others want that.
  void Add(uint64_t tag, const IpAddress& requester,
           const std::optional<host::TcpConnection>& connection, bool wants_links = false);
  // Begins what can begin.
  void Start(Clock::time_point now, PacketTime time);

  void AppendPolled(std::vector<pollfd>& polled) const { pool_.AppendPolled(polled); }
  std::optional<Clock::time_point> NextDeadline() const { return pool_.NextDeadline(); }
  void Step(Clock::time_point now, std::span<const pollfd> ready);

  size_t walked() const { return walked_.size(); }  // that Take() will give
  bool is_idle() const { return running_.empty() && quick_.size() + slow_.size() == 0; }
  // In turns of the requesters: a record takes its time, too.
  std::optional<Walked> Take();
  // Waits for no walk any longer: all come by Take().
  void GiveUp();

  const WalkCounters& counters() const { return counters_; }

 private:
  struct Entry {
    uint64_t tag = 0;
    IpAddress requester;
    std::optional<host::TcpConnection> connection;
    std::shared_ptr<const std::string> before;  // what an earlier walk found
    // A child died of it: the next one leaves the memory of processes alone.
    bool leaves_memory = false;
    bool wants_links = false;
    bool is_at_work = false;      // its queue is to know when it is done
    size_t place = kMostInBatch;  // of its walk in the batch; beyond: none
  };
  struct Batch {
    bool is_alone = false;
    std::vector<Entry> entries;  // not told yet
  };
  enum class Lane : uint8_t { kQuick, kSlow };

  FairQueue<Entry>& QueueOf(bool is_alone) { return is_alone ? slow_ : quick_; }
  std::optional<Lane> NextLane() const;
  bool StartFrom(Lane lane, Clock::time_point now, PacketTime time);
  // Of what a child has told.
  void TellWalked(Batch& batch, const WalkReport& report);
  void FinishWalked(Entry entry, bool is_alone, const WalkReport& report);
  // A child has ended: whatever it has not told will not come.
  void Finish(Batch batch, const WalkPool::Ended& ended);
  void WalkAgain(Entry entry);
  void Remember(const Entry& entry);
  void PushSlow(Entry entry);
  // Whether its walk took long lately, or killed a child, or another of the same user did that.
  bool IsKnownSlow(const host::TcpConnection& connection) const;
  bool IsDeadly(const host::TcpConnection& connection) const;
  void Done(Entry& entry, bool is_alone);
  void Tell(const Entry& entry, std::shared_ptr<const std::string> snapshot,
            std::shared_ptr<const std::string> seen, std::string truncated_by);

  const Walks walks_;
  host::Inspector& inspector_;
  WalkPool pool_;
  FairQueue<Entry> quick_;
  FairQueue<Entry> slow_;
  std::map<uint64_t, Batch> running_;
  size_t slow_running_ = 0;
  // What took long lately, the earliest first; at most kMostKnownSlow.
  struct KnownSlow {
    uint64_t inode = 0;
    uint32_t uid = 0;
    bool killed = false;
    Clock::time_point until;
  };
  std::deque<KnownSlow> known_slow_;
  Lane last_ = Lane::kSlow;
  uint64_t next_id_ = 1;
  FairQueue<Walked> walked_;  // bounded by what was added
  WalkCounters counters_;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_WALK_QUEUE_H_
