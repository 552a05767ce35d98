// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_SESSIONS_KNOWN_SERVERS_H_
#define CAIRN_DETECTOR_SENSOR_SESSIONS_KNOWN_SERVERS_H_

#include <algorithm>
#include <cstdint>

#include "base/address.h"
#include "detector/sensor/sessions/hash_lines.h"

namespace cairn::sessions {

// What is known of an address and port that serves.
struct KnownServer {
  uint64_t hash = 0;  // of both; 0: none
  // The hash of the server whose session controlled its only session so far; 0: unknown.
  uint64_t commanded_by : 62 = 0;
  uint64_t transient : 1 = 0;
  uint64_t settled : 1 = 0;  // `transient` holds
};

// Servers by a hash of 62 bits, which stands for them: two that share one are taken for the same.
//
// Bounded: `limit` servers; of those that meet in one line the longest unused is forgotten.
// Thread-compatible.  O(1), no allocation.
class KnownServers {
 public:
  explicit KnownServers(uint32_t limit) : lines_(limit, "sessions.max_servers") {}

  static constexpr uint64_t kHashBits = (uint64_t{1} << 62) - 1;
  static uint64_t Hash(const Endpoint& server);  // never 0

  void Prefetch(uint64_t hash) const { lines_.Prefetch(Place(hash)); }
  // Null: it is not known.  Valid until the next call.
  KnownServer* Find(uint64_t hash) {
    auto& line = lines_.LineOf(Place(hash));
    for (auto entry = line.begin(); entry != line.end(); ++entry) {
      if (entry->hash != hash) continue;
      std::rotate(line.begin(), entry, entry + 1);  // the latest used is the first
      return &line[0];
    }
    return nullptr;
  }
  // The same, and a fresh one where there was none.
  KnownServer& FindOrInsert(uint64_t hash) {
    if (KnownServer* found = Find(hash); found != nullptr) return *found;
    auto& line = lines_.LineOf(Place(hash));
    if (line.back().hash != 0) ++dropped_;
    std::copy_backward(line.begin(), line.end() - 1, line.end());
    line[0] = {.hash = hash};
    return line[0];
  }

  uint64_t dropped() const { return dropped_; }

 private:
  static uint64_t Place(uint64_t hash) { return hash << 2; }

  HashLines<KnownServer> lines_;
  uint64_t dropped_ = 0;
};

}  // namespace cairn::sessions

#endif  // CAIRN_DETECTOR_SENSOR_SESSIONS_KNOWN_SERVERS_H_
