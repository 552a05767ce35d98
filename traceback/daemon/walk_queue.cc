// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/walk_queue.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "traceback/host/snapshot_bytes.h"

namespace cairn::daemon {
namespace {

using Outcome = WalkReport::Outcome;

constexpr size_t kMostBefore = 256 << 10;  // bytes kept of a walk that is done again
constexpr size_t kUnbounded = std::numeric_limits<size_t>::max();
constexpr size_t kMostKnownSlow = 1024;
constexpr std::chrono::seconds kSlowFor{60};

std::string ReasonOf(WalkPool::End end) {
  switch (end) {
    case WalkPool::End::kTime:
      return "time";
    case WalkPool::End::kMemory:
      return "memory";
    case WalkPool::End::kWhole:
    case WalkPool::End::kFault:
      break;
  }
  return "fault";
}

bool IsSame(const host::TcpConnection& a, const host::TcpConnection& b) {
  return a.inode == b.inode && a.local == b.local && a.remote == b.remote;
}

// Where the walk of a connection stands among others; their number: nowhere.
size_t PlaceOf(const host::TcpConnection& connection,
               const std::vector<host::TcpConnection>& connections) {
  const auto found = std::find_if(
      connections.begin(), connections.end(),
      [&connection](const host::TcpConnection& each) { return IsSame(connection, each); });
  return static_cast<size_t>(found - connections.begin());
}

}  // namespace

host::Snapshot SnapshotOf(const Walked& walked, PacketTime now) {
  if (walked.snapshot != nullptr) {
    if (std::optional<host::Snapshot> snapshot = host::DecodeSnapshot(*walked.snapshot)) {
      if (!walked.truncated_by.empty()) {
        snapshot->truncated = true;
        snapshot->truncated_by = walked.truncated_by;
      }
      return *std::move(snapshot);
    }
  }
  host::Snapshot empty;
  if (walked.seen != nullptr) {
    empty = host::DecodeSnapshot(*walked.seen).value_or(host::Snapshot());
  }
  if (!empty.time.IsSet()) empty.time = now;
  // A snapshot that cannot be read is a fault, too.
  empty.truncated_by = walked.snapshot == nullptr ? walked.truncated_by : "fault";
  empty.truncated = !empty.truncated_by.empty();
  return empty;
}

WalkQueue::WalkQueue(const Options& options, host::Inspector& inspector, WalkPool::Work work)
    : walks_(options.walks),
      inspector_(inspector),
      pool_(options.walks, std::move(work)),
      quick_(options.limits.max_requests, kMostOfOne),
      slow_(options.limits.max_requests, 1),
      walked_(kUnbounded, kUnbounded) {}

void WalkQueue::Add(uint64_t tag, const IpAddress& requester,
                    const std::optional<host::TcpConnection>& connection, bool wants_links) {
  Entry entry = {.tag = tag,
                 .requester = requester,
                 .connection = connection,
                 .before = nullptr,
                 .wants_links = wants_links};
  if (connection.has_value() && IsKnownSlow(*connection)) {
    entry.leaves_memory = IsDeadly(*connection);
    return PushSlow(std::move(entry));
  }
  const std::optional<Entry> left_out = quick_.Push(requester, std::move(entry));
  if (!left_out.has_value()) return;
  ++counters_.not_walked;
  Tell(*left_out, nullptr, nullptr, "time");
}

void WalkQueue::Start(Clock::time_point now, PacketTime time) {
  while (!known_slow_.empty() && known_slow_.front().until <= now) known_slow_.pop_front();
  if (pool_.is_stuck()) return GiveUp();
  while (pool_.HasRoom()) {
    const std::optional<Lane> lane = NextLane();
    if (!lane.has_value()) return;
    if (StartFrom(*lane, now, time)) continue;
    // All that wait there have enough at work.
    const Lane other = *lane == Lane::kQuick ? Lane::kSlow : Lane::kQuick;
    const bool may = other == Lane::kQuick || slow_running_ + 1 < walks_.max_concurrent;
    if (!may || !StartFrom(other, now, time)) return;
  }
}

// In turns, where both wait; and one child at least is for the quick ones.
std::optional<WalkQueue::Lane> WalkQueue::NextLane() const {
  const size_t most_slow = std::max<size_t>(1, walks_.max_concurrent - 1);
  const bool slow = slow_.size() > 0 && slow_running_ < most_slow;
  const bool quick = quick_.size() > 0;
  if (slow && (!quick || last_ == Lane::kQuick)) return Lane::kSlow;
  if (quick) return Lane::kQuick;
  return std::nullopt;
}

bool WalkQueue::StartFrom(Lane lane, Clock::time_point now, PacketTime time) {
  Batch batch = {.is_alone = lane == Lane::kSlow, .entries = {}};
  WalkJob job = {.connections = {}, .is_alone = batch.is_alone, .now = time};
  FairQueue<Entry>& queue = QueueOf(batch.is_alone);
  const size_t most = batch.is_alone ? 1 : kMostInBatch;
  while (batch.entries.size() < most) {
    std::optional<Entry> entry = queue.Pop();
    if (!entry.has_value()) break;
    entry->is_at_work = true;
    batch.entries.push_back(*std::move(entry));
  }
  if (batch.entries.empty()) return false;
  for (Entry& entry : batch.entries) {
    if (!entry.connection.has_value()) continue;
    entry.place = PlaceOf(*entry.connection, job.connections);
    if (entry.place == job.connections.size()) job.connections.push_back(*entry.connection);
    // Others of that user may have killed a child while it waited.
    if (batch.is_alone && IsDeadly(*entry.connection)) entry.leaves_memory = true;
    job.reads_memory = job.reads_memory && !entry.leaves_memory;
  }
  // What costs nothing more.
  for (Entry& entry : queue.TakeAll([&job](const Entry& each) {
         return !each.connection.has_value() ||
                PlaceOf(*each.connection, job.connections) < job.connections.size();
       })) {
    if (entry.connection.has_value()) entry.place = PlaceOf(*entry.connection, job.connections);
    entry.leaves_memory = entry.leaves_memory || !job.reads_memory;
    batch.entries.push_back(std::move(entry));
  }
  // One walk tells all that any of those wants who ask about the connection.
  job.wants_links.resize(job.connections.size());
  for (const Entry& entry : batch.entries) {
    if (entry.connection.has_value() && entry.wants_links) job.wants_links[entry.place] = true;
  }
  last_ = lane;
  if (batch.is_alone) ++slow_running_;
  ++counters_.looks;
  const uint64_t id = next_id_++;
  running_.emplace(id, std::move(batch));
  pool_.Start(id, job, now);
  return true;
}

void WalkQueue::Step(Clock::time_point now, std::span<const pollfd> ready) {
  pool_.Step(now, ready);
  for (auto& [id, batch] : running_) {
    if (const WalkReport* report = pool_.ReportOf(id)) TellWalked(batch, *report);
  }
  for (const WalkPool::Ended& ended : pool_.TakeEnded()) {
    auto batch = running_.extract(ended.id);
    if (batch.empty()) continue;
    if (batch.mapped().is_alone) --slow_running_;
    inspector_.Learn(ended.report.learned);
    Finish(std::move(batch.mapped()), ended);
  }
}

void WalkQueue::TellWalked(Batch& batch, const WalkReport& report) {
  const auto is_walked = [&report](const Entry& entry) {
    return entry.place < report.walks.size() && report.walks[entry.place].outcome != Outcome::kNone;
  };
  for (Entry& entry : batch.entries) {
    if (is_walked(entry)) FinishWalked(entry, batch.is_alone, report);
  }
  std::erase_if(batch.entries, is_walked);
}

void WalkQueue::FinishWalked(Entry entry, bool is_alone, const WalkReport& report) {
  Done(entry, is_alone);
  const WalkReport::Walk& walk = report.walks[entry.place];
  if (walk.outcome == Outcome::kGone) return Tell(entry, entry.before, report.seen, {});
  if (walk.outcome == Outcome::kWalked) return Tell(entry, walk.snapshot, nullptr, {});
  // Another look would take as long.
  if (is_alone || walk.outcome == Outcome::kShort) {
    ++counters_.out_of_time;
    return Tell(entry, walk.snapshot, nullptr, {});
  }
  if (walk.snapshot->size() <= kMostBefore) entry.before = walk.snapshot;
  WalkAgain(std::move(entry));
}

void WalkQueue::Finish(Batch batch, const WalkPool::Ended& ended) {
  TellWalked(batch, ended.report);
  // The child died of the first walk that it did not end; those after it are as before.
  size_t died_of = kMostInBatch;
  for (const Entry& entry : batch.entries) died_of = std::min(died_of, entry.place);
  const bool may_go_on = !batch.is_alone && ended.report.looked;
  const std::string reason = ReasonOf(ended.end);
  std::vector<Entry> unbegun;
  for (Entry& entry : batch.entries) {
    Done(entry, batch.is_alone);
    if (!entry.connection.has_value()) {
      Tell(entry, nullptr, ended.report.seen, {});
    } else if (may_go_on && entry.place != died_of) {
      unbegun.push_back(std::move(entry));
    } else if (may_go_on || (ended.report.looked && reason == "time" && !entry.leaves_memory)) {
      const std::shared_ptr<const std::string>& owners = ended.report.walks[entry.place].snapshot;
      if (entry.before == nullptr && owners != nullptr && owners->size() <= kMostBefore) {
        entry.before = owners;
      }
      entry.leaves_memory = true;
      WalkAgain(std::move(entry));
    } else {
      ++(reason == "time"     ? counters_.out_of_time
         : reason == "memory" ? counters_.out_of_memory
                              : counters_.walk_faults);
      const std::shared_ptr<const std::string>& owners = ended.report.walks[entry.place].snapshot;
      Tell(entry, entry.before != nullptr ? entry.before : owners, ended.report.seen, reason);
    }
  }
  while (!unbegun.empty()) {
    Entry entry = std::move(unbegun.back());
    unbegun.pop_back();
    entry.place = kMostInBatch;
    const IpAddress requester = entry.requester;
    quick_.PushFirst(requester, std::move(entry));
  }
}

void WalkQueue::WalkAgain(Entry entry) {
  ++counters_.walks_again;
  Remember(entry);
  PushSlow(std::move(entry));
}

void WalkQueue::Remember(const Entry& entry) {
  const host::TcpConnection& connection = *entry.connection;
  if (entry.leaves_memory ? IsDeadly(connection) : IsKnownSlow(connection)) return;
  if (known_slow_.size() >= kMostKnownSlow) known_slow_.pop_front();
  known_slow_.push_back({.inode = connection.inode,
                         .uid = connection.uid,
                         .killed = entry.leaves_memory,
                         .until = Clock::now() + kSlowFor});
}

void WalkQueue::PushSlow(Entry entry) {
  entry.place = kMostInBatch;
  const IpAddress requester = entry.requester;
  const std::optional<Entry> left_out = slow_.Push(requester, std::move(entry));
  if (!left_out.has_value()) return;
  ++counters_.not_walked;
  Tell(*left_out, left_out->before, nullptr, "time");
}

bool WalkQueue::IsKnownSlow(const host::TcpConnection& connection) const {
  return IsDeadly(connection) ||
         std::any_of(known_slow_.begin(), known_slow_.end(), [&connection](const KnownSlow& known) {
           return known.inode == connection.inode;
         });
}

bool WalkQueue::IsDeadly(const host::TcpConnection& connection) const {
  return std::any_of(known_slow_.begin(), known_slow_.end(), [&connection](const KnownSlow& known) {
    return known.killed && known.uid == connection.uid;
  });
}

void WalkQueue::Done(Entry& entry, bool is_alone) {
  if (std::exchange(entry.is_at_work, false)) QueueOf(is_alone).Done(entry.requester);
}

void WalkQueue::Tell(const Entry& entry, std::shared_ptr<const std::string> snapshot,
                     std::shared_ptr<const std::string> seen, std::string truncated_by) {
  walked_.Push(entry.requester, {.tag = entry.tag,
                                 .requester = entry.requester,
                                 .snapshot = std::move(snapshot),
                                 .seen = std::move(seen),
                                 .truncated_by = std::move(truncated_by)});
}

std::optional<Walked> WalkQueue::Take() {
  std::optional<Walked> walked = walked_.Pop();
  if (walked.has_value()) walked_.Done(walked->requester);
  return walked;
}

void WalkQueue::GiveUp() {
  for (auto& [id, batch] : running_) {
    for (Entry& entry : batch.entries) {
      Done(entry, batch.is_alone);
      Tell(entry, entry.before, nullptr, "time");
    }
  }
  running_.clear();
  slow_running_ = 0;
  for (FairQueue<Entry>* queue : {&quick_, &slow_}) {
    for (const Entry& entry : queue->TakeAll([](const Entry&) { return true; })) {
      Tell(entry, entry.before, nullptr, "time");
    }
  }
}

}  // namespace cairn::daemon
