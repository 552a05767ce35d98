// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_BASE_AGING_MAP_H_
#define CAIRN_BASE_AGING_MAP_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace cairn {

// A map that holds at most `limit` entries and forgets those unused for longest, in two halves:
// when the younger half is full, the older one is dropped and the younger takes its place.  So the
// latest limit/2 entries used are always there.
//
// Deterministic, whatever the order inside the hash tables.  Thread-compatible.  Expected O(1);
// dropping a half costs no more than having filled it.  A pointer is valid until the next call.
template <typename Key, typename Value>
class AgingMap {
 public:
  explicit AgingMap(size_t limit) : half_(limit < 2 ? 1 : limit / 2) {}

  // Null: it is not there.
  Value* Find(const Key& key) {
    if (const auto found = young_.find(key); found != young_.end()) return &found->second;
    const auto found = old_.find(key);
    if (found == old_.end()) return nullptr;
    Value value = std::move(found->second);
    old_.erase(found);
    return &Insert(key, std::move(value));
  }
  // The same, and a fresh one where there was none.
  Value& FindOrInsert(const Key& key) {
    Value* value = Find(key);
    return value != nullptr ? *value : Insert(key, Value());
  }
  void Erase(const Key& key) {
    young_.erase(key);
    old_.erase(key);
  }
  size_t size() const { return young_.size() + old_.size(); }
  uint64_t dropped() const { return dropped_; }

 private:
  Value& Insert(const Key& key, Value value) {
    if (young_.size() >= half_) {
      dropped_ += old_.size();
      old_ = std::move(young_);
      young_.clear();
    }
    return young_.emplace(key, std::move(value)).first->second;
  }

  const size_t half_;
  absl::flat_hash_map<Key, Value> young_;
  absl::flat_hash_map<Key, Value> old_;
  uint64_t dropped_ = 0;
};

}  // namespace cairn

#endif  // CAIRN_BASE_AGING_MAP_H_
