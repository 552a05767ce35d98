// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/knowledge/store.h"

#include <unistd.h>

#include <algorithm>
#include <limits>

#include "traceback/tracing/knowledge/ways.h"
#include "traceback/tracing/trust/check_fact.h"

namespace cairn::tracing {
namespace {

constexpr uint64_t kOriginBytes = 320;  // of memory, for each
constexpr int64_t kNanosecondsPerMicrosecond = 1000;

uint64_t Microseconds(PacketTime time) {
  return time.ToNanoseconds() <= 0
             ? 0
             : static_cast<uint64_t>(time.ToNanoseconds() / kNanosecondsPerMicrosecond);
}

// What it takes on the wire, without encoding those that are small by far.
bool IsTooLarge(const Chain& chain) {
  if (chain.hops.size() > kMostHops) return true;
  size_t bytes = chain.certificate.size() + chain.signature.size();
  for (const SignedFact& hop : chain.hops) {
    bytes += hop.fact.size() + hop.signature.size() + hop.certificate.size();
  }
  return bytes > kMostChainBytes / 2 && EncodeChain(chain).size() > kMostChainBytes;
}

}  // namespace

Store::~Store() {
  if (may_write_) Sync();
}

uint64_t Store::LastSequence() const {
  const auto own = origins_.find(self_);
  return std::max(own_floor_, own == origins_.end() ? 0 : own->second.last());
}

uint64_t Store::NextSequence(PacketTime now) const {
  uint64_t last = LastSequence();
  if (const auto here = origins_.find(kHere); here != origins_.end()) {
    last = std::max(last, here->second.last());
  }
  return std::max(Microseconds(now),
                  last == std::numeric_limits<uint64_t>::max() ? last : last + 1);
}

Added Store::Add(const Chain& chain, PacketTime now, Saving saving) {
  return AddTo(chain.origin, chain, now, saving);
}

Added Store::KeepHere(const Chain& chain, PacketTime now) {
  return AddTo(kHere, chain, now, Saving::kNow);
}

Added Store::AddTo(const AgentId& origin, const Chain& chain, PacketTime now, Saving saving) {
  if (const auto obstacle = Obstacle(chain, origin, now); obstacle.has_value()) {
    return *obstacle;
  }
  KeptChain kept = {.trace = chain.trace,
                    .previous = chain.previous,
                    .time = chain.time,
                    .added = now,
                    .keys = KeysOf(chain)};
  PackedChain packed = PackChain(chain, shelf_);
  kept.packed = std::move(packed.bytes);
  kept.certificates = std::move(packed.certificates);
  Insert(origin, chain.sequence, std::move(kept), now);
  ++counters_.added;
  unsaved_.emplace_back(origin, chain.sequence);
  EvictForRoom(now);
  Save(now);
  if (saving == Saving::kNow) Sync();
  return Added::kNew;
}

// A trace that another origin has, too, is no duplicate: hosts that are asked in a trace know its
// id, and could hide it from others by being the first.
Store::Known Store::Find(const Chain& chain, const AgentId& origin) const {
  const auto [first, last] = traces_.equal_range(chain.trace);
  const bool is_known =
      std::any_of(first, last, [&](const auto& each) { return each.second.first == origin; });
  if (is_known) return Known::kSame;
  return FindKept({origin, chain.sequence}) == nullptr ? Known::kNever : Known::kOther;
}

const KeptChain* Store::FindKept(const Place& place) const {
  const auto origin = origins_.find(place.first);
  if (origin == origins_.end()) return nullptr;
  const auto chain = origin->second.chains().find(place.second);
  return chain == origin->second.chains().end() ? nullptr : &chain->second;
}

KeptChain* Store::FindKept(const Place& place) {
  const auto origin = origins_.find(place.first);
  if (origin == origins_.end()) return nullptr;
  const auto chain = origin->second.chains().find(place.second);
  return chain == origin->second.chains().end() ? nullptr : &chain->second;
}

std::optional<Added> Store::Obstacle(const Chain& chain, const AgentId& of, PacketTime now) {
  if (chain.sequence == 0 || chain.sequence > Microseconds(now + kMostAhead) || IsTooLarge(chain)) {
    ++counters_.refused;
    return Added::kRefused;
  }
  if (const Known known = Find(chain, of); known != Known::kNever) {
    if (known == Known::kOther) ++counters_.conflicts;
    ++counters_.duplicates;
    return Added::kDuplicate;
  }
  const auto origin = origins_.find(of);
  const bool was_evicted = origin != origins_.end() && chain.sequence <= origin->second.evicted();
  if (was_evicted || now - options_.max_age > chain.time) {
    ++counters_.too_old;
    return Added::kTooOld;
  }
  if (origin == origins_.end() && !HasRoomForOrigin(of, now)) {
    ++counters_.refused;
    return Added::kRefused;
  }
  return std::nullopt;
}

// An origin without chains is remembered so that none of them come back; when they are too old
// anyway, it can be forgotten.
bool Store::HasRoomForOrigin(const AgentId& origin, PacketTime now) {
  // One place is this agent's own, and one that of its chains that stay here.
  if (origins_.size() < kMostVector - 2 || origin == self_ || origin == kHere) return true;
  const auto forgotten = std::ranges::find_if(origins_, [&](const auto& each) {
    return each.second.chains().empty() && each.second.heard() < now - options_.max_age * 2;
  });
  if (forgotten == origins_.end()) return false;
  unsaved_marks_.erase(forgotten->first);
  origins_.erase(forgotten);
  return true;
}

OriginChains& Store::OriginOf(const AgentId& origin) {
  return origins_.try_emplace(origin, origin == self_ || origin == kHere).first->second;
}

void Store::Insert(const AgentId& origin, uint64_t sequence, KeptChain chain, PacketTime now) {
  traces_.emplace(chain.trace, Place(origin, sequence));
  record_bytes_ += chain.RecordBytes();
  OriginChains& chains = OriginOf(origin);
  chain_bytes_ -= chains.bytes();
  chains.Add(sequence, std::move(chain), now);
  chain_bytes_ += chains.bytes();
  ++count_;
}

void Store::Evict(const AgentId& origin, OriginChains& chains, PacketTime now) {
  const uint64_t sequence = chains.chains().begin()->first;
  chain_bytes_ -= chains.bytes();
  const KeptChain evicted = chains.EvictOldest(now);
  chain_bytes_ += chains.bytes();
  record_bytes_ -= std::min(record_bytes_, evicted.RecordBytes());
  --count_;
  for (const uint32_t number : evicted.certificates) shelf_.Release(number);
  const auto [first, last] = traces_.equal_range(evicted.trace);
  const auto named = std::find_if(
      first, last, [&](const auto& each) { return each.second == Place(origin, sequence); });
  if (named != last) traces_.erase(named);
  unsaved_marks_.insert(origin);
}

void Store::EvictOld(PacketTime now) {
  for (auto& [origin, chains] : origins_) {
    while (!chains.chains().empty() &&
           chains.chains().begin()->second.Since() < now - options_.max_age) {
      Evict(origin, chains, now);
      ++counters_.evicted_age;
    }
  }
}

uint64_t Store::MemoryBytes() const {
  return chain_bytes_ + shelf_.bytes() + origins_.size() * kOriginBytes;
}

void Store::EvictForRoom(PacketTime now) {
  while (count_ > options_.max_chains && EvictOne(false, now)) ++counters_.evicted_room;
  while (MemoryBytes() > options_.max_bytes && EvictOne(true, now)) ++counters_.evicted_room;
}

// The oldest chain of those origins that hold more than their equal share: when all is full, there
// is always one.
bool Store::EvictOne(bool by_bytes, PacketTime now) {
  uint64_t holders = 0;
  uint64_t held = 0;
  const auto holds = [&](const OriginChains& each) -> uint64_t {
    return by_bytes ? each.bytes() : each.chains().size();
  };
  for (const auto& [origin, chains] : origins_) {
    if (chains.chains().empty()) continue;
    ++holders;
    held += holds(chains);
  }
  if (holders == 0) return false;
  const uint64_t share = held / holders;
  std::map<AgentId, OriginChains>::iterator oldest = origins_.end();
  for (auto each = origins_.begin(); each != origins_.end(); ++each) {
    if (each->second.chains().empty() || holds(each->second) < share) continue;
    const auto since = [](const OriginChains& chains) {
      return chains.chains().begin()->second.Since();
    };
    if (oldest == origins_.end() || since(each->second) < since(oldest->second)) oldest = each;
  }
  Evict(oldest->first, oldest->second, now);
  return true;
}

void Store::HearEnd(const AgentId& peer, const AgentId& origin, uint64_t sequence, PacketTime now) {
  const auto known = origins_.find(origin);
  if (known == origins_.end()) return;
  const size_t given_up = known->second.HearEnd(peer, peer == origin, sequence, now);
  if (given_up == 0) return;
  counters_.gaps_given_up += given_up;
  unsaved_marks_.insert(origin);
}

// Else one peer could move the numbers of this agent up to where others take no more of them
// (kMostAhead), and their clocks need not be ahead for that.
void Store::HearVector(const Vector& known, PacketTime now) {
  for (const VectorEntry& entry : known) {
    if (entry.origin != self_ || entry.sequence > Microseconds(now + kMostSkew)) continue;
    own_floor_ = std::max(own_floor_, entry.sequence);
  }
}

void Store::Tick(PacketTime now) {
  if (!may_write_) return;
  EvictOld(now);
  for (auto& [origin, chains] : origins_) {
    const size_t given_up = chains.Tick(now);
    counters_.gaps_given_up += given_up;
    if (given_up > 0) unsaved_marks_.insert(origin);
  }
  Save(now);
}

PacketTime Store::NextTick(PacketTime now) const {
  if (!may_write_) return PacketTime::InfiniteFuture();
  if (!unsaved_.empty() || !unsaved_marks_.empty() || must_rewrite_ || !health_.ok()) return now;
  PacketTime next = NextLook(now);
  for (const auto& [origin, chains] : origins_) {
    next = std::min(next, chains.NextTick());
    if (chains.chains().empty()) continue;
    const PacketTime since = chains.chains().begin()->second.Since();
    if (since < next - options_.max_age) next = since + options_.max_age;
  }
  return next;
}

KnowledgeCounters Store::counters() const {
  KnowledgeCounters counters = counters_;
  counters.chains = count_;
  counters.origins = origins_.size();
  counters.bytes = MemoryBytes();
  counters.file_bytes = journal_.bytes();
  counters.unsaved = unsaved_.size();
  return counters;
}

}  // namespace cairn::tracing
