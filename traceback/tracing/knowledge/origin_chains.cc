// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/knowledge/origin_chains.h"

#include <algorithm>
#include <utility>

#include "traceback/tracing/knowledge/journal_file.h"

namespace cairn::tracing {
namespace {

constexpr uint64_t kNodeBytes = 120;  // of the maps of chains and traces, and the allocator's
constexpr uint64_t kRecordFields = 8 + 8 + 8 + 1;

}  // namespace

uint64_t KeptChain::MemoryBytes() const {
  return sizeof(KeptChain) + kNodeBytes + packed.capacity() +
         certificates.capacity() * sizeof(uint32_t) + keys.seen.capacity() * sizeof(uint64_t);
}

uint64_t KeptChain::RecordBytes() const {
  return kRecordHeadBytes + 1 + kRecordFields + keys.seen.size() * sizeof(uint64_t) + packed.size();
}

void OriginChains::Add(uint64_t sequence, KeptChain chain, PacketTime now) {
  bytes_ += chain.MemoryBytes();
  heard_ = std::max(heard_, chain.added);
  chains_.emplace(sequence, std::move(chain));
  Advance(now);
}

KeptChain OriginChains::EvictOldest(PacketTime now) {
  const auto oldest = chains_.begin();
  KeptChain evicted = std::move(oldest->second);
  bytes_ -= std::min(bytes_, evicted.MemoryBytes());
  evicted_ = std::max(evicted_, oldest->first);
  through_ = std::max(through_, evicted_);
  chains_.erase(oldest);
  Advance(now);
  return evicted;
}

void OriginChains::Restore(uint64_t through, uint64_t evicted) {
  evicted_ = std::max(evicted_, evicted);
  through_ = std::max({through_, through, evicted_});
}

// An origin that begins anew, without a chain before, has lost its store: perhaps others know more
// of it than it does itself.
bool OriginChains::IsNext(const Map::value_type& chain) const {
  if (is_own_) return true;
  return chain.second.previous == 0 ? through_ == 0 : chain.second.previous <= through_;
}

void OriginChains::Advance(PacketTime now) {
  const uint64_t before = through_;
  auto next = chains_.upper_bound(through_);
  for (; next != chains_.end() && IsNext(*next); ++next) through_ = next->first;
  if (next == chains_.end()) {
    gap_ = 0;
    return;
  }
  if (gap_ == 0 || through_ != before) gap_since_ = now;
  gap_ = next->first;
}

size_t OriginChains::Witnesses(uint64_t sequence) const {
  return static_cast<size_t>(std::ranges::count_if(
      witnesses_, [&](const Witness& each) { return each.sequence >= sequence; }));
}

size_t OriginChains::HearEnd(const AgentId& peer, bool is_origin, uint64_t sequence,
                             PacketTime now) {
  if (gap_ == 0 || sequence < gap_) return 0;
  if (is_origin) origins_word_ = std::max(origins_word_, sequence);
  const auto known =
      std::ranges::find_if(witnesses_, [&](const Witness& each) { return each.peer == peer; });
  if (known != witnesses_.end()) {
    known->sequence = sequence;
  } else if (witnesses_.size() < kEnoughWitnesses) {
    witnesses_.push_back({.peer = peer, .sequence = sequence});
  } else {
    // Of those that are kept, the one that says less makes room.
    const auto least = std::ranges::min_element(witnesses_, {}, &Witness::sequence);
    if (least->sequence < sequence) *least = {.peer = peer, .sequence = sequence};
  }
  return Tick(now);
}

size_t OriginChains::Tick(PacketTime now) {
  size_t given_up = 0;
  for (; gap_ != 0 && IsOver(now); ++given_up) {
    through_ = gap_;
    // The next gap is as old.
    const PacketTime since = gap_since_;
    Advance(now);
    gap_since_ = since;
  }
  if (gap_ == 0) witnesses_.clear();
  return given_up;
}

PacketTime OriginChains::NextTick() const {
  if (gap_ == 0) return PacketTime::InfiniteFuture();
  return gap_since_ + (Witnesses(gap_) > 0 ? kGapWithWitness : kGapWithout);
}

bool OriginChains::IsOver(PacketTime now) const {
  const auto behind = chains_.find(gap_);
  const bool is_anew = behind != chains_.end() && behind->second.previous == 0;
  if (origins_word_ >= gap_ && !is_anew) return true;
  const size_t witnesses = Witnesses(gap_);
  const PacketDelta age = now - gap_since_;
  return witnesses >= kEnoughWitnesses || (witnesses > 0 && age >= kGapWithWitness) ||
         age >= kGapWithout;
}

}  // namespace cairn::tracing
