// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_SESSIONS_HOST_PAIRS_H_
#define CAIRN_DETECTOR_SENSOR_SESSIONS_HOST_PAIRS_H_

#include <algorithm>
#include <cstdint>

#include "base/address.h"
#include "detector/sensor/sessions/hash_lines.h"

namespace cairn::sessions {

// Where a live session is recorded.
struct SessionRef {
  uint64_t id = 0;  // SessionState::id; 0: none
  uint32_t slot = 0;
};

// One session for each two hosts that have sessions to each other, by their addresses' hash.
// Sessions that have ended are replaced when their place is needed.  The addresses are not kept:
// the caller compares them with those of the session.
//
// Bounded: `limit` pairs; of live sessions that meet in one line the earliest is dropped.
// Thread-compatible.  O(1), no allocation.
class HostPairs {
 public:
  explicit HostPairs(uint32_t limit) : lines_(limit, "sessions.max_host_pairs") {}

  static uint64_t Hash(const IpAddress& a, const IpAddress& b);  // that of (b, a), too

  void Prefetch(uint64_t hash) const { lines_.Prefetch(hash); }

  // Its id is 0: none is known.
  SessionRef Find(uint64_t hash) const {
    for (const Entry& entry : lines_.LineOf(hash)) {
      if (entry.id != 0 && entry.tag == TagOf(hash)) return {entry.id, entry.slot};
    }
    return {};
  }
  // In place of that of the same hash, if there is one.  `is_live(SessionRef)`: whether that
  // session goes on.
  template <typename IsLive>
  void Put(uint64_t hash, const SessionRef& session, IsLive is_live) {
    auto& line = lines_.LineOf(hash);
    auto victim = line.begin();  // the earliest session has most likely ended
    for (auto entry = line.begin(); entry != line.end(); ++entry) {
      if (entry->id != 0 && entry->tag == TagOf(hash)) {
        *entry = {session.id, session.slot, entry->tag};
        return;
      }
      if (entry->id < victim->id) victim = entry;
    }
    const auto is_free = [&](const Entry& entry) {
      return entry.id == 0 || !is_live(SessionRef{entry.id, entry.slot});
    };
    if (!is_free(*victim)) {
      const auto other = std::find_if(line.begin(), line.end(), is_free);
      if (other != line.end()) {
        victim = other;
      } else {
        ++dropped_;
      }
    }
    *victim = {session.id, session.slot, TagOf(hash)};
  }

  uint64_t dropped() const { return dropped_; }

 private:
  struct Entry {
    uint64_t id = 0;
    uint32_t slot = 0;
    uint32_t tag = 0;
  };

  static uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash); }

  HashLines<Entry> lines_;
  uint64_t dropped_ = 0;
};

}  // namespace cairn::sessions

#endif  // CAIRN_DETECTOR_SENSOR_SESSIONS_HOST_PAIRS_H_
