// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/connections/connection_table.h"

#include <memory>
#include <random>

namespace cairn::connections {
namespace {

constexpr size_t kFirstIndexSize = 1024;
constexpr char kSetting[] = "connections.max_connections";

uint64_t RandomSeed() {
  std::random_device device;
  return static_cast<uint64_t>(device()) << 32 | device();
}

}  // namespace

ConnectionTable::ConnectionTable(uint32_t max_connections)
    : max_connections_(max_connections == 0 ? 1 : max_connections),
      seed_(RandomSeed()),
      mask_(kFirstIndexSize - 1),
      index_(kFirstIndexSize, kSetting),
      records_(max_connections_, kSetting) {}

uint32_t ConnectionTable::Insert(const ConnectionKey& key, uint64_t hash) {
  if ((static_cast<uint64_t>(size()) + 1) * 8 > index_.size() * 5) Grow();
  const uint32_t slot = slots_.Take();
  Connection& connection = *std::construct_at(&records_[slot]);
  connection.ip = key.ip;
  connection.port = key.port;
  Place({TagOf(hash), slot + 1}, BucketOf(hash));
  // Somebody will come before long.
  const Connection& next = records_[NextSlot()];
  __builtin_prefetch(&next, 1);
  __builtin_prefetch(&next.last_data, 1);
  __builtin_prefetch(&next.onsets, 1);
  __builtin_prefetch(&next.ended_at, 1);
  return slot;
}

void ConnectionTable::Place(IndexEntry entry, uint64_t bucket) {
  while (index_[bucket].slot_plus_one != 0) bucket = (bucket + 1) & mask_;
  index_[bucket] = entry;
}

void ConnectionTable::Grow() {
  HugeArray<IndexEntry> old(index_.size() * 2, kSetting);
  std::swap(old, index_);
  mask_ = index_.size() - 1;
  for (const IndexEntry& entry : old) {
    if (entry.slot_plus_one != 0)
      Place(entry, BucketOf(Hash((*this)[entry.slot_plus_one - 1].key())));
  }
}

// Linear probing without tombstones: entries that the hole would cut off from their bucket move
// back into it.
void ConnectionTable::Erase(uint32_t slot) {
  uint64_t hole = BucketOf(Hash((*this)[slot].key()));
  while (index_[hole].slot_plus_one != slot + 1) hole = (hole + 1) & mask_;
  for (uint64_t next = (hole + 1) & mask_; index_[next].slot_plus_one != 0;
       next = (next + 1) & mask_) {
    const uint64_t home = BucketOf(Hash((*this)[index_[next].slot_plus_one - 1].key()));
    if (((next - home) & mask_) >= ((next - hole) & mask_)) {
      index_[hole] = index_[next];
      hole = next;
    }
  }
  index_[hole] = IndexEntry{};
  slots_.GiveBack(slot);
}

size_t ConnectionTable::memory_bytes() const {
  return index_.size() * sizeof(IndexEntry) + slot_limit() * sizeof(Connection) +
         slots_.memory_bytes();
}

}  // namespace cairn::connections
