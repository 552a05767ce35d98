// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_RELAYS_CENTRED_SUMS_H_
#define CAIRN_DETECTOR_RELAYS_CENTRED_SUMS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "capture/time.h"
#include "detector/relays/flow_activity.h"
#include "detector/relays/options.h"
#include "detector/relays/signs.h"

namespace cairn::relays {

// How many slots the incoming sum reaches back: what comes in is looked for going out in the same
// slot, or within five, or within twelve.
inline constexpr std::array<uint32_t, 3> kReaches = {1, 5, 12};
// What is summed is looked at every minute, over the last minute and over what has passed of five
// minutes and of half an hour.
inline constexpr std::array<uint32_t, 3> kWindowMinutes = {1, 5, 30};
// Products are summed in stretches of this length.  Only what repeats from one to another counts.
inline constexpr PacketDelta kBlock = PacketDelta::FromSeconds(3);

// The sides of a relay: a connection is of one or the other, or of a random one in each sum.
inline constexpr size_t kSides = 2;

// What one window says at one reach.
struct RelayScore {
  double nats = 0;      // e to the minus this is the chance that an innocent host shows as much
  double ratio = 0;     // mean square of the sums over what independent flows give; 1 by chance
  double freedom = 0;   // independent sums that it is worth
  uint32_t window = 0;  // of kWindowMinutes
  uint32_t reach = 0;   // of kReaches
  uint32_t blocks = 0;  // with anything in them
};

// A host's sums (Coskun & Memon 2007, reworked; docs/relays.md has the mathematics).
//
// Each connection has a random sign in each of K sums.  In each slot the signs of the flows that
// came in are added, and those of the flows that went out; each sum less its own running mean, so
// that flows that are active always, or at a steady rate, add nothing; and the sum of what came in
// on the one side is multiplied by the sum of what went out on the other.  Two flows that keep
// going together add the same sign again and again, all others add as often 1 as -1.
//
// Thread-compatible.  Cost: O(K) for an activity and for a slot that is not empty, O(K) for a block
// and a minute.  Memory: 112 bytes times K.  No allocation after construction.
class CentredSums {
 public:
  explicit CentredSums(const Options& options);

  // `signs`: the connection's, a word for each 64 sums.  `side`: in which sums the connection is of
  // the second side, likewise.  Requires: times do not decrease.
  void Add(const FlowActivity& activity, bool incoming, std::span<const uint64_t> signs,
           std::span<const uint64_t> side);

  // Ends the blocks that end by `now`, and their slots.
  void AdvanceTo(PacketTime now);

  // The most improbable of the reaches, in a window that ends with the last block.
  RelayScore Score(uint32_t window) const;
  // The sums of a window at a reach, one for each of K.
  void Read(uint32_t window, uint32_t reach, std::vector<float>& sums) const;
  // Begins a window anew.
  void Clear(uint32_t window);
  // The blocks of a window that anything happened in, or just before.
  uint32_t blocks(uint32_t window) const { return blocks_[window]; }

 private:
  static constexpr size_t kRing = 12;
  // After so many empty blocks nothing is left of the running means.
  static constexpr uint32_t kMostIdle = 12;
  static_assert(kReaches.back() <= kRing);

  // kLanes sums, of one alignment.
  struct alignas(64) Group {
    std::array<std::array<Lanes16, kSides>, 2> now{};  // of the slot: [incoming][side]
    std::array<std::array<std::array<float, kLanes>, kSides>, 2> mean{};
    std::array<std::array<Lanes16, kSides>, kReaches.size() - 1> reaching{};
    std::array<std::array<std::array<int8_t, kLanes>, kSides>, kRing> past{};  // incoming
    std::array<std::array<float, kLanes>, kReaches.size()> block{};
    std::array<Lanes16, kSides> total{};  // of the block, both directions
    std::array<std::array<std::array<float, kLanes>, kReaches.size()>, kWindowMinutes.size()>
        window{};
  };
  // What scales the sums of a window, at one reach.
  struct Scale {
    double squares = 0;   // of the sums of each block, added
    double expected = 0;  // the same, by the rates of the flows
    double quartic = 0;   // squares of squares, by which blocks count, and ...
    double shared = 0;    // ... times one over how many pairs of flows a block rests on
  };

  void BeginAt(PacketTime time);
  void EndBlock();
  void EndSlots(uint32_t alignment, int64_t until);
  void EndSlot(uint32_t alignment, Group& group);
  void SkipEmptySlots(uint32_t alignment, int64_t slots);
  void MeasureBlock();
  double PairsInBlock();
  void MeasureVariance(const Group& group);

  const SlotNumbers numbers_;
  const Pairing pairing_;
  const float weight_;  // of a slot in the running means
  std::vector<Group> groups_;
  std::array<int64_t, kAlignments> slot_{};          // that is being filled
  std::array<uint32_t, kAlignments> empty_slots_{};  // in a row before it
  std::array<bool, kAlignments> filled_{};           // is anything in it?
  PacketTime block_end_ = PacketTime::InfinitePast();
  std::array<std::array<uint32_t, kSides>, kAlignments>
      active_slots_{};                // of all flows, this block
  bool active_ = false;               // anything in this block?
  uint32_t idle_blocks_ = kMostIdle;  // in a row before it
  // Running variances of the sums, and by them what a block's square would be: [incoming][side].
  std::array<std::array<double, kSides>, 2> variance_{};
  std::array<double, kReaches.size()> expected_{};
  std::array<std::array<Scale, kReaches.size()>, kWindowMinutes.size()> scale_{};
  std::array<uint32_t, kWindowMinutes.size()> blocks_{};
};

}  // namespace cairn::relays

#endif  // CAIRN_DETECTOR_RELAYS_CENTRED_SUMS_H_
