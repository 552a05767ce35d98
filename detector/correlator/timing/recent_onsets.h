// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_TIMING_RECENT_ONSETS_H_
#define CAIRN_DETECTOR_CORRELATOR_TIMING_RECENT_ONSETS_H_

#include <array>
#include <cstdint>

#include "base/huge_array.h"
#include "detector/stream/onset.h"

namespace cairn::timing {

// The onsets of the last coincidence window, in a ring, and threaded into chains so that an onset
// finds its candidates without looking at all the others:
//   by the host that a flow ends at (direct pairs: what entered the host from which this onset
//   starts?), and by when the flow's previous onsets were (indirect pairs: whose previous onsets
//   coincided with ours?).
// The second is what keeps indirect pairs affordable: a consecutive coincidence is found by where
// it must lie, not by comparing with every onset of the window.
//
// Chains run from the newest onset back; a walk ends at the first that is too old.
// Thread-compatible.  Push: O(1), no allocation.  Memory: fixed at construction, about 260 bytes
// per entry.
class RecentOnsets {
 public:
  enum class Chain : uint8_t {
    kHost,         // key: HostKey(destination)
    kPrevious,     // key: PreviousKey(previous[0])
    kPreviousTwo,  // key: PreviousTwoKey(previous[0], previous[1])
  };
  static constexpr size_t kChains = 3;
  using Keys = std::array<uint64_t, kChains>;

  // `capacity` is rounded up to a power of two.
  explicit RecentOnsets(uint32_t capacity);

  // An entry with these keys comes soon.
  void PrefetchHeads(const Keys& keys) const {
    for (size_t c = 0; c < kChains; ++c) __builtin_prefetch(&HeadOf(c, keys[c]), 1);
  }
  // A walk along this chain comes soon.
  void PrefetchNewest(Chain chain, uint64_t key) const {
    const Link& head = HeadOf(static_cast<size_t>(chain), key);
    const Entry& newest = entries_[head.number & mask_];
    __builtin_prefetch(&newest);
    __builtin_prefetch(&newest.onset.history);
    __builtin_prefetch(&newest.onset.key);
  }
  // The oldest entry is overwritten.
  void Push(const Onset& onset, const Keys& keys);

  // Calls `visit(const Onset&)` for entries of a chain, newest first, until it returns false, the
  // entry is older than `oldest`, or the chain ends.  Entries whose key only collides with `key`
  // are visited, too: check what you need.
  template <typename Visit>
  void Walk(Chain chain, uint64_t key, PacketTime oldest, Visit visit) const {
    const auto c = static_cast<size_t>(chain);
    const Link* link = &HeadOf(c, key);
    while (link->time >= oldest && IsHeld(link->number)) {
      const Entry& entry = entries_[link->number & mask_];
      if (!visit(entry.onset)) return;
      link = &entry.older[c];
    }
  }

  // Calls `visit` for all entries, newest first, until it returns false or the entry is older than
  // `oldest`.
  template <typename Visit>
  void WalkAll(PacketTime oldest, Visit visit) const {
    for (uint64_t number = next_ - 1; IsHeld(number); --number) {
      const Onset& onset = entries_[number & mask_].onset;
      if (onset.time < oldest || !visit(onset)) return;
    }
  }

  // How many entries are not older than `oldest`, up to the capacity.  Amortised O(1) when `oldest`
  // does not decrease.
  uint64_t CountSince(PacketTime oldest);

 private:
  // Names an entry.  Its time stands beside it, because most that a walk ends at are too old, and
  // then in no cache any more.
  struct Link {
    PacketTime time;
    uint64_t number = 0;  // 0: none
  };
  struct Entry {
    std::array<Link, kChains> older{};
    Onset onset;
  };

  Link& HeadOf(size_t chain, uint64_t key) { return heads_[chain * (mask_ + 1) + (key & mask_)]; }
  const Link& HeadOf(size_t chain, uint64_t key) const {
    return heads_[chain * (mask_ + 1) + (key & mask_)];
  }
  bool IsHeld(uint64_t number) const { return number != 0 && number + entries_.size() >= next_; }

  uint64_t mask_;
  uint64_t next_ = 1;  // number of the next entry; 0 means none
  uint64_t oldest_in_window_ = 1;
  HugeArray<Entry> entries_;
  HugeArray<Link> heads_;  // the newest entries, chain after chain
};

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_CORRELATOR_TIMING_RECENT_ONSETS_H_
