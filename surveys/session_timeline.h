// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_SURVEYS_SESSION_TIMELINE_H_
#define CAIRN_SURVEYS_SESSION_TIMELINE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "base/address.h"
#include "base/time.h"
#include "detector/findings/session_record.h"

// What one host did, in the order of time.
namespace cairn::surveys {

// The sessions that an alert names: when they were, and whose.  Thread-compatible.
class AlertSessions {
 public:
  explicit AlertSessions(std::string alert) : alert_(std::move(alert)) {}

  void Add(const SessionRecord& session);

  uint64_t count() const { return count_; }
  // When the first began and the last ended.  Requires: count() > 0.
  PacketTime first() const { return first_; }
  PacketTime last() const { return last_; }
  // The hosts that take part in all of them, in order: the stepping stone, where it is one.
  std::vector<IpAddress> SharedHosts() const;
  // All hosts, those of most sessions first; at most 64 are told apart.
  std::vector<IpAddress> Hosts() const;

 private:
  static constexpr size_t kMostHosts = 64;

  void CountHost(const IpAddress& host);

  const std::string alert_;
  uint64_t count_ = 0;
  PacketTime first_ = PacketTime::InfiniteFuture();
  PacketTime last_ = PacketTime::InfinitePast();
  absl::flat_hash_map<IpAddress, uint64_t> sessions_of_;
};

struct TimelineQuery {
  // Unset: only the sessions of the alerts, whoever took part in them, each as its client's.
  std::optional<IpAddress> host = {};
  // Sessions of which any part lies in this stretch.
  PacketTime from = PacketTime::InfinitePast();
  PacketTime to = PacketTime::InfiniteFuture();
  // Where there are more sessions than `limit`, those that begin nearest to this stretch stay; by
  // default the earliest.  Those of the alerts stay before all others.
  PacketTime near_first = PacketTime::InfinitePast();
  PacketTime near_last = PacketTime::InfinitePast();
  std::vector<std::string> alerts = {};  // or chains: their sessions are marked
  size_t limit = SIZE_MAX;
};

struct TimelineEntry {
  SessionRecord session;
  bool outgoing = false;  // the host is its client
  bool of_alert = false;

  const SessionSide& peer() const { return outgoing ? session.server() : session.client(); }
  const SessionSide& host() const { return outgoing ? session.client() : session.server(); }
};

// Thread-compatible.  Add: logarithmic in the limit.  Memory: about 600 bytes for each session
// within the limit.
class SessionTimeline {
 public:
  // Requires: the limit is not 0.
  explicit SessionTimeline(TimelineQuery query) : query_(std::move(query)) {}

  void Add(const SessionRecord& session);
  // By the time at which they began, then by id and endpoints.
  std::vector<TimelineEntry> Entries() const;
  uint64_t more() const { return more_; }  // sessions beyond the limit

 private:
  struct Kept {
    TimelineEntry entry;
    uint64_t distance = 0;  // from the stretch that is near, in nanoseconds
  };
  // Those of the alerts, then by nearness, then by time and the rest.
  static bool Before(const Kept& a, const Kept& b);

  const TimelineQuery query_;
  std::vector<Kept> kept_;  // a heap, the first to go on top, once the limit is reached
  uint64_t more_ = 0;
};

}  // namespace cairn::surveys

#endif  // CAIRN_SURVEYS_SESSION_TIMELINE_H_
