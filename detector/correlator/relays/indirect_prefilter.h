// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_RELAYS_INDIRECT_PREFILTER_H_
#define CAIRN_DETECTOR_CORRELATOR_RELAYS_INDIRECT_PREFILTER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "detector/correlator/relays/host_table.h"
#include "detector/correlator/relays/role_table.h"
#include "detector/correlator/timing/comparison_budget.h"
#include "detector/stream/onset.h"
#include "detector/stream/relay_options.h"

namespace cairn::relays {

// Which hosts take part in relays of which the link shows one side only?  Of a chain whose middle
// is hidden inside the site, keystrokes enter at one host and leave from another.  So each host's
// onsets are held against all that the whole site does just before or after, by signed sums
// (Coskun & Memon 2007): an onset of a connection adds the site's sum, times the connection's sign,
// to its host's.  The other side of a chain is in that sum again and again with the same sign, all
// else as often with the one as with the other.
//
// It finds hosts in time linear in onsets, while comparing pairs is quadratic, and it errs often:
// it decides every ten seconds and may be wrong in one of four hundred decisions, which then holds
// for ten minutes.  Use it only to decide what is compared first.
//
// Thread-compatible.  Deterministic.  Cost: O(K) for an onset, and for a slot of 0.1 s with onsets
// in it; O(hosts K) every ten seconds.  Memory: 12 K bytes for each of Options::max_hosts hosts,
// and kMostPending onsets of 40 bytes in each of a few slots.
class IndirectPrefilter : public timing::Priority {
 public:
  IndirectPrefilter(const Options& options, const PrefixSet& protected_networks);

  // Requires: times do not decrease.
  void OnOnset(const timing::Onset& onset);
  // Has it looked like a relay within the last ten minutes?
  bool GoesFirst(const IpAddress& host) const override;

  uint64_t suspects() const;
  uint64_t hosts() const { return hosts_.size(); }
  // Onsets of one slot of 0.1 s that are held; of more, hosts learn nothing.
  static constexpr size_t kMostPending = 16'384;

  // How often a host or its onset found no room.
  uint64_t left_out() const { return left_out_; }

 private:
  // Whatever leaves the site within so many slots after something entered may be its relay.
  static constexpr size_t kReach = 3;
  static constexpr size_t kRing = 2 * kReach + 2;
  static constexpr size_t kFlowKinds = 4;

  using Sums = std::vector<float>;
  struct Host {
    IpAddress address;
    Sums total;   // fading
    Sums block;   // of the last ten seconds
    Sums before;  // of the ten before
    double squares = 0;
    double adjacent = 0;
    int64_t touched = 0;  // the last block with an onset
    PacketTime suspect_until = PacketTime::InfinitePast();
  };
  struct Pending {
    uint32_t host = 0;  // its number, for as long as `address` has it
    uint64_t uid = 0;
    size_t kind = 0;
    IpAddress address;
  };
  struct Slot {
    std::array<Sums, kFlowKinds> sums;  // of signs, by kind of flow
    std::vector<Pending> pending;       // until all that may follow is known
  };

  static size_t KindOf(bool enters, Role role) {
    return (enters ? 2U : 0U) + static_cast<size_t>(role);
  }
  void AdvanceTo(int64_t slot);
  void EndSlot();
  void AddPending(const Slot& slot, int64_t number);
  void EndBlock();
  void Judge(Host& host, PacketTime now);
  uint32_t HostOf(const IpAddress& address);
  void Take(const IpAddress& host, uint64_t uid, size_t kind);
  Slot& SlotAt(int64_t number) {
    return ring_[static_cast<size_t>(
        ((number % static_cast<int64_t>(kRing)) + static_cast<int64_t>(kRing)) %
        static_cast<int64_t>(kRing))];
  }

  const size_t count_;  // K
  const uint32_t max_hosts_;
  const PrefixSet protected_;
  std::array<Slot, kRing> ring_;
  std::array<Sums, kFlowKinds> mean_;
  Sums window_;
  bool begun_ = false;
  int64_t slot_ = 0;
  int64_t block_ = 0;
  PacketTime now_ = PacketTime::InfinitePast();
  HostTable<Host> hosts_;
  uint64_t left_out_ = 0;
};

}  // namespace cairn::relays

#endif  // CAIRN_DETECTOR_CORRELATOR_RELAYS_INDIRECT_PREFILTER_H_
