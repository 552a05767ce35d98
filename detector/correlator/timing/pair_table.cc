// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/timing/pair_table.h"

#include <algorithm>
#include <utility>

namespace cairn::timing {
namespace {

// How many pairs an eviction compares.  With 16, the victim is among the worst fifth 97 times in
// 100.
constexpr uint32_t kEvictionSample = 16;

// Reported pairs stay; so many are passed over before a new pair is refused.  A table that is full
// of them must not cost its length for every pair that finds no room.
constexpr uint32_t kMostPassedOver = 1024;

}  // namespace

PairTable::PairTable(ConnectionStates& states, uint32_t max_pairs,
                     uint32_t max_pairs_per_connection)
    : states_(states),
      max_pairs_(std::max(max_pairs, 1U)),
      max_per_connection_(std::max(max_pairs_per_connection, 1U)) {}

uint64_t PairTable::KeyOf(Pair::Input a, Pair::Input b) {
  uint32_t low = a.state << 1 | a.flow;
  uint32_t high = b.state << 1 | b.flow;
  if (low > high) std::swap(low, high);
  return static_cast<uint64_t>(high) << 32 | low;
}

std::optional<uint32_t> PairTable::Find(Pair::Input a, Pair::Input b) const {
  const auto found = by_inputs_.find(KeyOf(a, b));
  if (found == by_inputs_.end()) return std::nullopt;
  return found->second;
}

std::optional<uint32_t> PairTable::Insert(Pair::Input a, Pair::Input b, PairKind kind) {
  if (!MakeRoom(a.state, b.state)) return std::nullopt;
  const uint32_t index = pairs_.Take();
  Pair& pair = pairs_[index];
  pair.input = {a, b};
  pair.kind = kind;
  pair.in_use = true;
  for (unsigned side = 0; side < 2; ++side) {
    const ConnectionState& state = states_[pair.input[side].state];
    const uint8_t flow = pair.input[side].flow;
    const auto k = static_cast<size_t>(kind);
    pair.created_at[side] = {state.flow[flow][k].count, state.flow[1U - flow][k].count};
    Link(index, side);
  }
  by_inputs_.emplace(KeyOf(a, b), index);
  ++created_[static_cast<size_t>(kind)];
  peak_ = std::max(peak_, size());
  return index;
}

uint32_t PairTable::Restore(const Pair& pair) {
  const uint32_t index = pairs_.Take();
  pairs_[index] = pair;
  pairs_[index].in_use = true;
  for (unsigned side = 0; side < 2; ++side) Link(index, side);
  by_inputs_.emplace(KeyOf(pair.input[0], pair.input[1]), index);
  peak_ = std::max(peak_, size());
  return index;
}

// Lists begin with what was made last: a pair stands behind all that its two lists have after it.
std::vector<uint32_t> PairTable::Reported() const {
  std::vector<uint32_t> reported;
  std::vector<bool> visited(pairs_.limit());
  std::vector<uint32_t> open;  // each waits for the one above it
  const auto first_open_after = [&](uint32_t index) -> std::optional<uint32_t> {
    for (uint32_t link : pairs_[index].next) {
      while (link != Pair::kNoLink && !pairs_[link / 2].reported) {
        link = pairs_[link / 2].next[link % 2];
      }
      if (link != Pair::kNoLink && !visited[link / 2]) return link / 2;
    }
    return std::nullopt;
  };
  for (uint32_t index = 0; index < pairs_.limit(); ++index) {
    if (!pairs_[index].in_use || !pairs_[index].reported || visited[index]) continue;
    open.push_back(index);
    visited[index] = true;
    while (!open.empty()) {
      if (const auto next = first_open_after(open.back()); next.has_value()) {
        open.push_back(*next);
        visited[*next] = true;
      } else {
        reported.push_back(open.back());
        open.pop_back();
      }
    }
  }
  return reported;
}

// Both states count one pair more while others give way, so that neither is freed under our hands.
bool PairTable::MakeRoom(uint32_t a, uint32_t b) {
  ++states_[a].pairs;
  ++states_[b].pairs;
  bool room = true;
  for (const uint32_t state : {a, b}) {
    if (room && states_[state].pairs > max_per_connection_) room = EvictFromConnection(state);
  }
  if (room && size() >= max_pairs_) room = EvictAnywhere();
  for (const uint32_t state : {a, b}) {
    if (--states_[state].pairs == 0 && !room) states_.Erase(state);
  }
  return room;
}

void PairTable::Erase(uint32_t index) {
  Pair& pair = pairs_[index];
  by_inputs_.erase(KeyOf(pair.input[0], pair.input[1]));
  for (unsigned side = 0; side < 2; ++side) Unlink(index, side);
  pair.in_use = false;
  pairs_.GiveBack(index);
}

void PairTable::Link(uint32_t index, unsigned side) {
  Pair& pair = pairs_[index];
  ConnectionState& state = states_[pair.input[side].state];
  const uint32_t link = index * 2 + side;
  pair.previous[side] = Pair::kNoLink;
  pair.next[side] = state.first_pair;
  if (state.first_pair != Pair::kNoLink)
    pairs_[state.first_pair / 2].previous[state.first_pair % 2] = link;
  state.first_pair = link;
  ++state.pairs;
}

void PairTable::Unlink(uint32_t index, unsigned side) {
  const Pair& pair = pairs_[index];
  ConnectionState& state = states_[pair.input[side].state];
  const uint32_t next = pair.next[side];
  const uint32_t previous = pair.previous[side];
  if (previous == Pair::kNoLink) {
    state.first_pair = next;
  } else {
    pairs_[previous / 2].next[previous % 2] = next;
  }
  if (next != Pair::kNoLink) pairs_[next / 2].previous[next % 2] = previous;
  if (--state.pairs == 0) states_.Erase(pair.input[side].state);
}

bool PairTable::LessPromising(const Pair& a, const Pair& b) {
  const auto last = [](const Pair& pair) {
    return std::max(pair.direction[0].last_time, pair.direction[1].last_time);
  };
  if (a.consecutive() != b.consecutive()) return a.consecutive() < b.consecutive();
  if (a.coincidences() != b.coincidences()) return a.coincidences() < b.coincidences();
  return last(a) < last(b);
}

bool PairTable::EvictFromConnection(uint32_t state) {
  uint32_t victim = Pair::kNoLink;
  for (uint32_t link = states_[state].first_pair; link != Pair::kNoLink;
       link = pairs_[link / 2].next[link % 2]) {
    const uint32_t index = link / 2;
    if (pairs_[index].reported) continue;
    if (victim == Pair::kNoLink || LessPromising(pairs_[index], pairs_[victim])) victim = index;
  }
  if (victim == Pair::kNoLink) return false;
  Evict(victim, PairBound::kConnection);
  return true;
}

bool PairTable::EvictAnywhere() {
  uint32_t victim = Pair::kNoLink;
  for (uint32_t looked_at = 0; looked_at < std::min(pairs_.limit(), kMostPassedOver) &&
                               (looked_at < kEvictionSample || victim == Pair::kNoLink);
       ++looked_at) {
    hand_ = hand_ + 1 < pairs_.limit() ? hand_ + 1 : 0;
    const Pair& pair = pairs_[hand_];
    if (!pair.in_use || pair.reported) continue;
    if (victim == Pair::kNoLink || LessPromising(pair, pairs_[victim])) victim = hand_;
  }
  if (victim == Pair::kNoLink) return false;
  Evict(victim, PairBound::kTable);
  return true;
}

void PairTable::Evict(uint32_t index, PairBound bound) {
  if (sink_ != nullptr) sink_->OnEviction(pairs_[index]);
  Erase(index);
  ++evicted_[static_cast<size_t>(bound)];
}

}  // namespace cairn::timing
