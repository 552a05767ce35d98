// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CONNECTIONS_CONNECTION_TABLE_H_
#define CAIRN_DETECTOR_CONNECTIONS_CONNECTION_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "detector/connections/connection.h"

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
  // Looks at the index and prefetches the record it probably names.
  void PrefetchRecord(uint64_t hash) const;

  std::optional<uint32_t> Find(const ConnectionKey& key, uint64_t hash) const;
  bool full() const { return size_ == max_connections_; }
  // A fresh record with only its key filled in.  Requires: !full(), and the key is not in the
  // table.
  uint32_t Insert(const ConnectionKey& key, uint64_t hash);
  void Erase(uint32_t slot);

  Connection& operator[](uint32_t slot) { return chunks_[slot / kChunk][slot % kChunk]; }
  const Connection& operator[](uint32_t slot) const {
    return chunks_[slot / kChunk][slot % kChunk];
  }

  uint32_t size() const { return size_; }
  uint32_t max_connections() const { return max_connections_; }
  // Slots ever used; every slot number is below it.
  uint32_t slot_limit() const { return slot_limit_; }
  size_t memory_bytes() const;

 private:
  struct IndexEntry {
    uint32_t tag = 0;
    uint32_t slot_plus_one = 0;  // 0: empty
  };
  static constexpr uint32_t kChunk = 4096;

  void Grow();
  void Place(IndexEntry entry, uint64_t bucket);
  uint64_t BucketOf(uint64_t hash) const { return hash & mask_; }
  static uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }

  const uint32_t max_connections_;
  const uint64_t seed_;
  uint32_t size_ = 0;
  uint32_t slot_limit_ = 0;
  uint64_t mask_ = 0;
  std::vector<IndexEntry> index_;
  std::vector<std::unique_ptr<Connection[]>> chunks_;
  std::vector<uint32_t> free_slots_;
};

}  // namespace cairn::connections

#endif  // CAIRN_DETECTOR_CONNECTIONS_CONNECTION_TABLE_H_
