// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_CONNECTIONS_CONNECTION_TABLE_H_
#define CAIRN_DETECTOR_SENSOR_CONNECTIONS_CONNECTION_TABLE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/hash_mix.h"
#include "base/huge_array.h"
#include "base/slot_pool.h"
#include "detector/sensor/connections/connection.h"

namespace cairn::connections {

// Connections by key: a hash index with linear probing over records that never move.  Bounded: it
// holds at most `max_connections`, and grows to that by doubling.
//
// A slot number names a record for as long as it is in the table; it is reused afterwards.
// Thread-compatible.  Find: expected O(1), two cache misses, which Prefetch... hide when called
// some segments ahead. The hash is keyed with a random number, so that nobody outside can aim at
// one bucket; no result depends on it.
class ConnectionTable {
 public:
  explicit ConnectionTable(uint32_t max_connections);

  uint64_t Hash(const ConnectionKey& key) const;
  void PrefetchIndex(uint64_t hash) const;
  // Looks at the index and prefetches the record it probably names; says which that is.  `data`:
  // also what only data need.
  std::optional<uint32_t> PrefetchRecord(uint64_t hash, bool data) const;

  std::optional<uint32_t> Find(const ConnectionKey& key, uint64_t hash) const;
  bool full() const { return size() == max_connections_; }
  // A fresh record with only its key filled in.  Requires: !full(), and the key is not in the
  // table.
  uint32_t Insert(const ConnectionKey& key, uint64_t hash);
  void Erase(uint32_t slot);
  // The slot of the next Insert(), unless somebody leaves before.
  uint32_t NextSlot() const { return std::min(slots_.next(), max_connections_ - 1); }

  Connection& operator[](uint32_t slot) { return records_[slot]; }
  const Connection& operator[](uint32_t slot) const { return records_[slot]; }

  uint32_t size() const { return slots_.size(); }
  uint32_t max_connections() const { return max_connections_; }
  // Slots ever used; every slot number is below it.
  uint32_t slot_limit() const { return slots_.limit(); }
  size_t memory_bytes() const;

 private:
  struct IndexEntry {
    uint32_t tag = 0;
    uint32_t slot_plus_one = 0;  // 0: empty
  };

  void Grow();
  void Place(IndexEntry entry, uint64_t bucket);
  uint64_t BucketOf(uint64_t hash) const { return hash & mask_; }
  static uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }

  const uint32_t max_connections_;
  const uint64_t seed_;
  uint64_t mask_ = 0;
  HugeArray<IndexEntry> index_;
  HugeArray<Connection> records_;  // address space for all, memory as slots are used
  HandleNumbers slots_;
};

// Inline: once per packet.

inline uint64_t ConnectionTable::Hash(const ConnectionKey& key) const {
  const uint64_t ports = static_cast<uint64_t>(key.port[0]) << 16 | key.port[1];
  const uint64_t first = HashMix(key.ip[0].high() ^ seed_, key.ip[0].low() ^ kHashOdd[0]);
  const uint64_t second = HashMix(key.ip[1].high() ^ kHashOdd[1], key.ip[1].low() ^ seed_);
  return HashMix(first ^ kHashOdd[2], second ^ ports ^ (seed_ << 1));
}

inline void ConnectionTable::PrefetchIndex(uint64_t hash) const {
  __builtin_prefetch(&index_[BucketOf(hash)]);
}

inline std::optional<uint32_t> ConnectionTable::PrefetchRecord(uint64_t hash, bool data) const {
  const uint32_t tag = TagOf(hash);
  for (uint64_t bucket = BucketOf(hash);; bucket = (bucket + 1) & mask_) {
    const IndexEntry& entry = index_[bucket];
    if (entry.slot_plus_one == 0) return std::nullopt;
    if (entry.tag != tag) continue;
    const Connection& connection = (*this)[entry.slot_plus_one - 1];
    __builtin_prefetch(&connection, 1);
    __builtin_prefetch(&connection.last_data, 1);
    if (data) __builtin_prefetch(&connection.onsets, 1);
    return entry.slot_plus_one - 1;
  }
}

inline std::optional<uint32_t> ConnectionTable::Find(const ConnectionKey& key,
                                                     uint64_t hash) const {
  const uint32_t tag = TagOf(hash);
  for (uint64_t bucket = BucketOf(hash);; bucket = (bucket + 1) & mask_) {
    const IndexEntry& entry = index_[bucket];
    if (entry.slot_plus_one == 0) return std::nullopt;
    if (entry.tag != tag) continue;
    const Connection& connection = (*this)[entry.slot_plus_one - 1];
    // Part by part: arrays as wholes are compared by a call of memcmp.
    const bool found = connection.ip[0] == key.ip[0] && connection.ip[1] == key.ip[1] &&
                       connection.port[0] == key.port[0] && connection.port[1] == key.port[1];
    if (found) return entry.slot_plus_one - 1;
  }
}

}  // namespace cairn::connections

#endif  // CAIRN_DETECTOR_SENSOR_CONNECTIONS_CONNECTION_TABLE_H_
