// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_CONNECTIONS_ENDED_KEYS_H_
#define CAIRN_DETECTOR_SENSOR_CONNECTIONS_ENDED_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "base/time.h"

namespace cairn::connections {

// The connections that ended last, by the hash of their keys: a FIN that is repeated minutes after
// the end is no session of its own.  The latest kMost are remembered.
//
// Thread-compatible.  Expected O(1).  Memory: at most 4 MB, which grows with use.
class EndedKeys {
 public:
  static constexpr size_t kMost = 65536;

  void Add(uint64_t hash, PacketTime time) {
    if (ring_.size() < kMost) {
      ring_.push_back(hash);
    } else {
      const auto oldest = ended_.find(ring_[next_]);
      if (oldest != ended_.end() && --oldest->second.times == 0) ended_.erase(oldest);
      ring_[next_] = hash;
    }
    next_ = (next_ + 1) % kMost;
    Ended& ended = ended_[hash];
    ended.time = time;
    ++ended.times;
  }
  // Did a connection with this key end less than `within` ago?
  bool Holds(uint64_t hash, PacketTime now, PacketDelta within) const {
    const auto found = ended_.find(hash);
    return found != ended_.end() && now - found->second.time <= within;
  }

 private:
  struct Ended {
    PacketTime time;
    uint32_t times = 0;  // in the ring
  };
  std::vector<uint64_t> ring_;
  size_t next_ = 0;
  absl::flat_hash_map<uint64_t, Ended> ended_;
};

}  // namespace cairn::connections

#endif  // CAIRN_DETECTOR_SENSOR_CONNECTIONS_ENDED_KEYS_H_
