// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_RELAYS_CENTRED_SUMS_H_
#define CAIRN_DETECTOR_CORRELATOR_RELAYS_CENTRED_SUMS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "detector/correlator/relays/connection_signs.h"
#include "detector/correlator/relays/decay.h"
#include "detector/correlator/relays/flow_activity.h"
#include "detector/correlator/relays/role_table.h"
#include "detector/correlator/relays/signs.h"
#include "detector/stream/relay_options.h"

namespace cairn::relays {

// What is summed is looked at every minute, over the last minute and over what has passed of five
// minutes and of half an hour.
inline constexpr std::array<uint32_t, 3> kWindowMinutes = {1, 5, 30};
// Products are summed in stretches of this length.  Only what repeats counts, and not in the next
// one: there what happened once may still echo in the running means.
inline constexpr PacketDelta kBlock = PacketDelta::FromSeconds(3);

// The sides of a relay: a connection is of one or the other, or of a random one in each sum.
inline constexpr size_t kSides = 2;

// What one window says.
struct RelayScore {
  double nats = 0;      // e to the minus this is the chance that an innocent host shows as much
  double ratio = 0;     // mean square of the sums over what independent flows give; 1 by chance
  double freedom = 0;   // independent sums that it is worth
  uint32_t window = 0;  // of kWindowMinutes
  uint32_t reach = 0;   // of kReaches: the most improbable
  uint32_t blocks = 0;  // since the window's begin
};

// A host's sums (Coskun & Memon 2007, reworked; docs/relays.md has the mathematics).
//
// Each connection has a random sign in each of K sums.  In each slot the signs of the flows that
// came in on the one side are added, less the running mean of that sum, so that flows that are
// active always, or at a steady rate, add nothing; and the result is multiplied by the sum of the
// signs of the flows that go out on the other side, less its mean.  Two flows that keep going
// together add the same sign again and again, all others add as often 1 as -1.
//
// Thread-compatible.  Cost: O(1) for an activity, and O(K) when it is worked off, many at a time,
// so that a host's sums come into the cache once for all of them; nothing for empty slots.  Memory:
// 132 bytes times K, and 3 kB.  No allocation after construction.
class CentredSums {
 public:
  // Requires: `decay` is of options.slot and outlives this.
  CentredSums(const Options& options, const Decay& decay);

  // An activity of a connection to which the host is `role`, to or from the host.  Requires: times
  // do not decrease.
  void Add(const FlowActivity& activity, bool incoming, Role role, const IpAddress& peer);

  // Ends the blocks that end by `now`.
  void AdvanceTo(PacketTime now);

  // The most improbable of the reaches, in a window that ends with the last block.
  RelayScore Score(uint32_t window) const;
  // The sums of a window at a reach, one for each of K.
  void Read(uint32_t window, uint32_t reach, std::vector<float>& sums) const;
  // Begins a window anew.
  void Clear(uint32_t window);

 private:
  using Sums = std::array<float, kLanes>;
  // After so many empty blocks nothing is left of windows and means.
  static constexpr uint32_t kMostIdle = 10;
  static constexpr size_t kLog = 32;

  // kLanes sums, all of one alignment.
  struct alignas(64) Group {
    std::array<std::array<Lanes16, kSides>, 2> now{};  // of the slot: [incoming][side]
    std::array<Sums, kSides> total{};                  // of the block, both directions
    std::array<std::array<Sums, kSides>, 2> mean{};    // running: [incoming][side]
    std::array<std::array<Sums, kSides>, kReaches.size() - 1> reaching{};  // of what came in
    std::array<Sums, kReaches.size()> block{};
    std::array<Sums, kReaches.size()> block_before{};
    std::array<std::array<Sums, kReaches.size()>, kWindowMinutes.size()> window{};
    std::array<std::array<Sums, kSides>, kWindowMinutes.size()> flows{};  // totals of its blocks
  };
  // Of what came in, and of what went out on the other side, in one slot, each less its mean.
  struct Squares {
    Sums in{};
    Sums out{};
  };
  // The slots of one alignment.
  struct Alignment {
    int64_t slot = 0;  // that is being filled
    // Per side into which it comes: is anything in the slot, and before which are slots in the
    // sums?
    std::array<bool, kSides> touched{};
    std::array<int64_t, kSides> done{};
    bool filled = false;
    std::array<uint32_t, kSides> active{};  // flows, slot by slot, in this block
    std::array<float, kSides> variance{};   // running, of what comes in
  };
  // What scales the sums of a window, at one reach.
  struct Scale {
    double squares = 0;   // of the sums of each block, added
    double adjacent = 0;  // products with those of the block before, added
    double expected = 0;  // the same, by the rates of the flows
    double quartic = 0;   // squares of the blocks' mean squares, added ...
    double shared = 0;    // ... each over how many pairs of flows the block rests on
  };
  struct Entry {
    uint64_t uid = 0;
    uint64_t peer = 0;
    int64_t quarter = 0;
    uint32_t since = 0;  // quarters since the flow's last
    Role role = Role::kAccepted;
    bool incoming = false;
  };

  void WorkOff();
  void Take(const Entry& entry);
  void BeginAt(int64_t quarter);
  void EndBlock();
  void EndSlot(Alignment& alignment, uint32_t number);
  void Fade(Alignment& alignment, uint32_t number, size_t side, int64_t until);
  void Fade(Group& group, size_t side, uint64_t slots);
  void Multiply(Group& group, size_t side, Squares& squares) const;
  void Expect(Alignment& alignment, size_t side, const Squares& squares);
  void MeasureBlock();
  double Pairs(const std::array<double, kSides + 1>& squares,
               const std::array<double, kSides>& active) const;
  double PairsInWindow(uint32_t window) const;

  const SlotNumbers numbers_;
  const int64_t block_quarters_;
  const Pairing pairing_;
  const Decay& decay_;
  ConnectionSigns signs_;
  std::vector<Group> groups_;
  std::array<Alignment, kAlignments> alignments_;
  int64_t block_end_ = 0;             // in quarters
  bool active_ = false;               // anything in this block?
  uint32_t idle_blocks_ = kMostIdle;  // in a row before it
  std::array<double, kReaches.size()> expected_{};
  std::array<std::array<Scale, kReaches.size()>, kWindowMinutes.size()> scale_{};
  std::array<uint32_t, kWindowMinutes.size()> blocks_{};
  std::array<std::array<double, kSides>, kWindowMinutes.size()> active_flows_{};
  uint32_t logged_ = 0;
  std::array<Entry, kLog> log_;
};

}  // namespace cairn::relays

#endif  // CAIRN_DETECTOR_CORRELATOR_RELAYS_CENTRED_SUMS_H_
