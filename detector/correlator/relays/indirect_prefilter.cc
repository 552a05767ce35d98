// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/relays/indirect_prefilter.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "detector/correlator/relays/chance.h"
#include "detector/correlator/relays/signs.h"

namespace cairn::relays {
namespace {

constexpr PacketDelta kSlot = PacketDelta::FromMilliseconds(100);
constexpr int64_t kSlotsPerBlock = 100;
constexpr float kMeanWeight = 0.02F;        // of a slot: a memory of five seconds
constexpr double kKept = 0.985;             // of a host's total from block to block: ten minutes
constexpr int64_t kForgetAfterBlocks = 60;  // blocks
constexpr PacketDelta kSuspectFor = PacketDelta::FromSeconds(600);
constexpr double kSuspectNats = 6;
// Younger flows are no people yet, and most of the world's never will be.
constexpr uint32_t kFewestOnsets = 12;

float SignOf(uint64_t uid, size_t k, uint64_t& word) {
  if (k % 64 == 0) word = SignWord(uid, static_cast<uint32_t>(k / 64));
  return (word >> (k % 64) & 1U) != 0 ? 1.0F : -1.0F;
}

}  // namespace

IndirectPrefilter::IndirectPrefilter(const Options& options, const PrefixSet& protected_networks)
    : count_(options.sums), max_hosts_(options.max_hosts), protected_(protected_networks) {
  for (Slot& slot : ring_) {
    for (Sums& sums : slot.sums) sums.resize(count_);
  }
  for (Sums& mean : mean_) mean.resize(count_);
  window_.resize(count_);
}

void IndirectPrefilter::OnOnset(const timing::Onset& onset) {
  now_ = onset.time;
  AdvanceTo(StretchNumber(onset.time, kSlot));
  const timing::OnsetHistory& history = onset.history[timing::IndexOf(PairKind::kIndirect)];
  if (!history.is_onset || history.count < kFewestOnsets) return;
  const bool everywhere = protected_.empty();
  const bool enters = everywhere || protected_.Contains(onset.destination());
  const bool leaves = everywhere || protected_.Contains(onset.source());
  if (!everywhere && enters == leaves) return;
  const bool from_client = onset.flow == onset.originator_side;
  if (enters) {
    const Role role = from_client ? Role::kAccepted : Role::kOpened;
    Take(onset.destination(), onset.uid, KindOf(true, role));
  }
  if (leaves) {
    const Role role = from_client ? Role::kOpened : Role::kAccepted;
    Take(onset.source(), onset.uid, KindOf(false, role));
  }
}

void IndirectPrefilter::Take(const IpAddress& host, uint64_t uid, size_t kind) {
  const uint32_t index = HostOf(host);
  Slot& slot = SlotAt(slot_);
  uint64_t word = 0;
  Sums& sums = slot.sums[kind];
  for (size_t k = 0; k < count_; ++k) sums[k] += SignOf(uid, k, word);
  if (index == hosts_.kNone) return;
  if (slot.pending.size() >= kMostPending) {
    ++left_out_;
    return;
  }
  slot.pending.push_back({.host = index, .uid = uid, .kind = kind, .address = host});
}

uint32_t IndirectPrefilter::HostOf(const IpAddress& address) {
  if (const uint32_t known = hosts_.Find(address); known != hosts_.kNone) return known;
  if (hosts_.size() >= max_hosts_) {
    ++left_out_;
    return hosts_.kNone;
  }
  auto host = std::make_unique<Host>();
  host->address = address;
  host->total.resize(count_);
  host->block.resize(count_);
  host->before.resize(count_);
  host->touched = block_;
  return hosts_.Insert(std::move(host));
}

void IndirectPrefilter::AdvanceTo(int64_t slot) {
  if (!begun_) {
    begun_ = true;
    slot_ = slot;
    block_ = slot / kSlotsPerBlock;
    return;
  }
  // What is pending is worked off, and the means have faded, long before a block has passed.
  for (int64_t passed = 0; slot_ < slot && passed < 2 * kSlotsPerBlock; ++passed) EndSlot();
  slot_ = std::max(slot_, slot);
  if (slot_ / kSlotsPerBlock != block_) {
    EndBlock();
    block_ = slot_ / kSlotsPerBlock;
  }
}

// The newest slot is complete, and with it all that may follow on the one kReach before.
void IndirectPrefilter::EndSlot() {
  const int64_t due = slot_ - static_cast<int64_t>(kReach);
  Slot& slot = SlotAt(due);
  if (!slot.pending.empty()) {
    AddPending(slot, due);
    slot.pending.clear();
  }
  for (size_t kind = 0; kind < kFlowKinds; ++kind) {
    const Sums& sums = SlotAt(slot_).sums[kind];
    for (size_t k = 0; k < count_; ++k) mean_[kind][k] += kMeanWeight * (sums[k] - mean_[kind][k]);
  }
  ++slot_;
  for (Sums& sums : SlotAt(slot_).sums) std::fill(sums.begin(), sums.end(), 0.0F);
  if (slot_ / kSlotsPerBlock != block_) {
    EndBlock();
    block_ = slot_ / kSlotsPerBlock;
  }
}

// What entered on a connection of the one role leaves after it on one of the other; what leaves has
// entered before.
void IndirectPrefilter::AddPending(const Slot& slot, int64_t number) {
  for (size_t kind = 0; kind < kFlowKinds; ++kind) {
    const bool enters = kind >= 2;
    const auto role = static_cast<Role>(kind % 2);
    const size_t other = KindOf(!enters, role == Role::kAccepted ? Role::kOpened : Role::kAccepted);
    bool computed = false;
    for (const Pending& pending : slot.pending) {
      if (pending.kind != kind || !hosts_.IsHeldBy(pending.host, pending.address)) continue;
      if (!computed) {
        for (size_t k = 0; k < count_; ++k) {
          window_[k] = -static_cast<float>(kReach + 1) * mean_[other][k];
        }
        for (int64_t lag = 0; lag <= static_cast<int64_t>(kReach); ++lag) {
          const Sums& sums = SlotAt(enters ? number + lag : number - lag).sums[other];
          for (size_t k = 0; k < count_; ++k) window_[k] += sums[k];
        }
        computed = true;
      }
      Host& host = hosts_[pending.host];
      uint64_t word = 0;
      for (size_t k = 0; k < count_; ++k) {
        host.block[k] += window_[k] * SignOf(pending.uid, k, word);
      }
      if (host.touched != block_) {
        if (host.touched != block_ - 1) std::fill(host.before.begin(), host.before.end(), 0.0F);
        host.touched = block_;
      }
    }
  }
}

void IndirectPrefilter::EndBlock() {
  for (uint32_t number = 0; number < hosts_.end(); ++number) {
    if (!hosts_.IsHeld(number)) continue;
    Host& host = hosts_[number];
    if (host.touched == block_) {
      Judge(host, now_);
    } else if (block_ - host.touched > kForgetAfterBlocks) {
      hosts_.Erase(number);
    }
  }
}

void IndirectPrefilter::Judge(Host& host, PacketTime now) {
  double squares = 0;
  double adjacent = 0;
  double total = 0;
  for (size_t k = 0; k < count_; ++k) {
    const auto block = static_cast<double>(host.block[k]);
    squares += block * block;
    adjacent += block * host.before[k];
    host.total[k] = static_cast<float>(kKept) * host.total[k] + host.block[k];
    total += static_cast<double>(host.total[k]) * host.total[k];
  }
  host.squares = kKept * kKept * host.squares + squares;
  host.adjacent = kKept * kKept * host.adjacent + adjacent;
  host.before.swap(host.block);
  std::fill(host.block.begin(), host.block.end(), 0.0F);
  const auto sums = static_cast<double>(count_);
  const double ratio = std::max(0.0, total - 2 * host.adjacent) / (host.squares + sums);
  // About half of the hosts have connections of the other role, with one sign or a few each.
  const double freedom = 1 / (1 / sums + 2 / static_cast<double>(hosts_.size()));
  if (ChiSquareTailNats(freedom, ratio) >= kSuspectNats) host.suspect_until = now + kSuspectFor;
}

bool IndirectPrefilter::GoesFirst(const IpAddress& host) const {
  const uint32_t known = hosts_.Find(host);
  return known != hosts_.kNone && hosts_[known].suspect_until >= now_;
}

uint64_t IndirectPrefilter::suspects() const {
  uint64_t count = 0;
  for (uint32_t number = 0; number < hosts_.end(); ++number) {
    if (hosts_.IsHeld(number) && hosts_[number].suspect_until >= now_) ++count;
  }
  return count;
}

}  // namespace cairn::relays
