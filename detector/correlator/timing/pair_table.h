// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_TIMING_PAIR_TABLE_H_
#define CAIRN_DETECTOR_CORRELATOR_TIMING_PAIR_TABLE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "base/slot_pool.h"
#include "detector/correlator/timing/connection_states.h"
#include "detector/correlator/timing/pair.h"

namespace cairn::timing {

// Which bound a pair gave way to.
enum class PairBound : uint8_t { kConnection, kTable };

// Told of every pair that gives way to another, before it goes.
class EvictionSink {
 public:
  virtual ~EvictionSink() = default;
  virtual void OnEviction(const Pair& pair) = 0;
};

// The pairs under observation: found by their two inputs, and listed by connection.  Bounded in
// total and per connection; a new pair takes the place of the least promising old one that is not
// reported yet.
//
// Least promising: fewest consecutive coincidences, then fewest coincidences, then the longest
// without one.  In total the rule looks at a fixed number of pairs round-robin (not at all of
// them), which keeps it O(1) and deterministic; where those are all reported, the new one is
// refused.
//
// Thread-compatible.  Memory: about 700 bytes per pair, allocated as needed.
class PairTable {
 public:
  PairTable(ConnectionStates& states, uint32_t max_pairs, uint32_t max_pairs_per_connection);

  // Requires: `sink` outlives the last Insert().
  void TellEvictions(EvictionSink& sink) { sink_ = &sink; }

  std::optional<uint32_t> Find(Pair::Input a, Pair::Input b) const;
  // Makes room by the eviction rule.  No value if every pair that could be evicted is reported;
  // then states that are in no pair have been removed, too. Requires: the pair is not in the table;
  // a.state != b.state.
  std::optional<uint32_t> Insert(Pair::Input a, Pair::Input b, PairKind kind);
  // A pair of an earlier run; its links are set.  Requires: as for Insert(), and there is room.
  uint32_t Restore(const Pair& pair);
  // So many were made by earlier runs.  To be called before anything else.
  void SetCreatedBefore(const std::array<uint64_t, 2>& created) {
    created_ = created;
    created_before_ = created[0] + created[1];
  }
  // The reported ones, so that restored in this order they are listed as they are now.
  std::vector<uint32_t> Reported() const;
  uint32_t max_pairs() const { return max_pairs_; }
  uint32_t max_per_connection() const { return max_per_connection_; }
  // Removes the pair, and the states of connections that are in no other pair.
  void Erase(uint32_t pair);

  Pair& operator[](uint32_t pair) { return pairs_[pair]; }
  const Pair& operator[](uint32_t pair) const { return pairs_[pair]; }

  uint32_t size() const { return pairs_.size(); }
  uint32_t peak() const { return peak_; }
  uint64_t created() const { return created_[0] + created_[1]; }
  uint64_t created_before() const { return created_before_; }
  uint64_t created(PairKind kind) const { return created_[static_cast<size_t>(kind)]; }
  uint64_t evicted() const { return evicted_[0] + evicted_[1]; }
  uint64_t evicted(PairBound bound) const { return evicted_[static_cast<size_t>(bound)]; }

 private:
  static uint64_t KeyOf(Pair::Input a, Pair::Input b);
  static bool LessPromising(const Pair& a, const Pair& b);
  bool MakeRoom(uint32_t a, uint32_t b);
  bool EvictFromConnection(uint32_t state);
  bool EvictAnywhere();
  void Evict(uint32_t pair, PairBound bound);
  void Link(uint32_t pair, unsigned side);
  void Unlink(uint32_t pair, unsigned side);

  ConnectionStates& states_;
  const uint32_t max_pairs_;
  const uint32_t max_per_connection_;
  uint32_t peak_ = 0;
  std::array<uint64_t, 2> created_{};
  uint64_t created_before_ = 0;
  std::array<uint64_t, 2> evicted_{};
  EvictionSink* sink_ = nullptr;
  uint32_t hand_ = 0;
  SlotPool<Pair> pairs_;
  absl::flat_hash_map<uint64_t, uint32_t> by_inputs_;
};

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_CORRELATOR_TIMING_PAIR_TABLE_H_
