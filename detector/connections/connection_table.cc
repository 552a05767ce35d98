// SPDX-License-Identifier: BSD-3-Clause
#include "detector/connections/connection_table.h"

#include <random>

namespace cairn::connections {
namespace {

constexpr size_t kFirstIndexSize = 1024;

// Folds a 64x64-bit product: every input bit reaches every output bit (the mixing step of wyhash).
uint64_t Mix(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t RandomSeed() {
  std::random_device device;
  return static_cast<uint64_t>(device()) << 32 | device();
}

}  // namespace

ConnectionTable::ConnectionTable(uint32_t max_connections)
    : max_connections_(max_connections == 0 ? 1 : max_connections),
      seed_(RandomSeed()),
      mask_(kFirstIndexSize - 1),
      index_(kFirstIndexSize) {}

uint64_t ConnectionTable::Hash(const ConnectionKey& key) const {
  constexpr uint64_t kOdd0 = 0xa0761d6478bd642fULL;
  constexpr uint64_t kOdd1 = 0xe7037ed1a0b428dbULL;
  constexpr uint64_t kOdd2 = 0x8ebc6af09c88c6e3ULL;
  const uint64_t ports = static_cast<uint64_t>(key.port[0]) << 16 | key.port[1];
  const uint64_t first = Mix(key.ip[0].high() ^ seed_, key.ip[0].low() ^ kOdd0);
  const uint64_t second = Mix(key.ip[1].high() ^ kOdd1, key.ip[1].low() ^ seed_);
  return Mix(first ^ kOdd2, second ^ ports ^ (seed_ << 1));
}

void ConnectionTable::PrefetchIndex(uint64_t hash) const {
  __builtin_prefetch(&index_[BucketOf(hash)]);
}

void ConnectionTable::PrefetchRecord(uint64_t hash) const {
  const IndexEntry& entry = index_[BucketOf(hash)];
  if (entry.slot_plus_one == 0) return;
  const Connection& connection = (*this)[entry.slot_plus_one - 1];
  __builtin_prefetch(&connection, 1);
  __builtin_prefetch(&connection.last_data, 1);
  __builtin_prefetch(&connection.onsets[1], 1);
}

std::optional<uint32_t> ConnectionTable::Find(const ConnectionKey& key, uint64_t hash) const {
  const uint32_t tag = TagOf(hash);
  for (uint64_t bucket = BucketOf(hash);; bucket = (bucket + 1) & mask_) {
    const IndexEntry& entry = index_[bucket];
    if (entry.slot_plus_one == 0) return std::nullopt;
    if (entry.tag != tag) continue;
    const Connection& connection = (*this)[entry.slot_plus_one - 1];
    if (connection.ip == key.ip && connection.port == key.port) return entry.slot_plus_one - 1;
  }
}

uint32_t ConnectionTable::Insert(const ConnectionKey& key, uint64_t hash) {
  if ((static_cast<uint64_t>(size_) + 1) * 8 > index_.size() * 6) Grow();
  uint32_t slot = 0;
  if (!free_slots_.empty()) {
    slot = free_slots_.back();
    free_slots_.pop_back();
  } else {
    slot = slot_limit_++;
    if (slot / kChunk == chunks_.size()) chunks_.push_back(std::make_unique<Connection[]>(kChunk));
  }
  Connection& connection = (*this)[slot];
  connection = Connection{};
  connection.ip = key.ip;
  connection.port = key.port;
  Place({TagOf(hash), slot + 1}, BucketOf(hash));
  ++size_;
  return slot;
}

void ConnectionTable::Place(IndexEntry entry, uint64_t bucket) {
  while (index_[bucket].slot_plus_one != 0) bucket = (bucket + 1) & mask_;
  index_[bucket] = entry;
}

void ConnectionTable::Grow() {
  std::vector<IndexEntry> old = std::move(index_);
  index_.assign(old.size() * 2, IndexEntry{});
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
  free_slots_.push_back(slot);
  --size_;
}

size_t ConnectionTable::memory_bytes() const {
  return index_.capacity() * sizeof(IndexEntry) + chunks_.size() * kChunk * sizeof(Connection) +
         free_slots_.capacity() * sizeof(uint32_t);
}

}  // namespace cairn::connections
