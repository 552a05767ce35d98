// SPDX-License-Identifier: BSD-3-Clause
// The part of the correlator that looks for new pairs: which recent onsets of other connections may
// this one have been relayed from?
#include <algorithm>
#include <bit>

#include "detector/correlator/timing/correlator.h"
#include "detector/correlator/timing/transit.h"

namespace cairn::timing {
namespace {

// Below this many onsets in one coincidence window, one earlier coincidence is enough to take up an
// indirect pair.
constexpr uint64_t kQuietOnsets = 64;

// From this many onsets in one window on, two earlier coincidences are needed to take up any pair.
constexpr uint64_t kBusyOnsets = 1024;

// From this many onsets in one window on, indirect candidates must lie closer together.
constexpr uint64_t kCrowdedOnsets = 128;

uint64_t HostKey(const IpAddress& ip) {
  uint64_t x = ip.low() ^ (ip.high() * 0x9e3779b97f4a7c15ULL);
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93ULL;
  return x ^ x >> 32;
}

// Packet time in units of the coincidence window: two times at most a window apart lie in the same
// or in adjacent ones.
int64_t Period(PacketTime time, PacketDelta window) {
  return time.IsSet() ? time.ToNanoseconds() / std::max<int64_t>(window.ToNanoseconds(), 1) : -1;
}

uint64_t PreviousKey(int64_t period) {
  return static_cast<uint64_t>(period) * 0x9e3779b97f4a7c15ULL >> 20;
}

uint64_t PreviousTwoKey(int64_t newer, int64_t older) {
  // Unsigned: with a short window and today's date the product exceeds 63 bits.
  const uint64_t both = static_cast<uint64_t>(newer) * 0x1000003 + static_cast<uint64_t>(older);
  return both * 0x9e3779b97f4a7c15ULL >> 20;
}

}  // namespace

// Filed under when the host at its far end received the onsets before it, at which its relay is
// looked up by when they left.
RecentOnsets::Keys Correlator::KeysOf(const Onset& onset) const {
  const OnsetHistory& indirect = onset.history[IndexOf(PairKind::kIndirect)];
  const PacketDelta window = Window(PairKind::kIndirect);
  const PacketDelta arrival = HalfOf(TripTo(onset));
  const auto period = [&](PacketTime previous) {
    return previous.IsSet() ? Period(previous + arrival, window) : Period(previous, window);
  };
  const int64_t newer = period(indirect.previous[0]);
  return {HostKey(onset.destination()), PreviousKey(newer),
          PreviousTwoKey(newer, period(indirect.previous[1]))};
}

void Correlator::Prefetch(uint32_t slot, const IpAddress& source) const {
  states_.Prefetch(slot);
  if (options_.direct.enabled) recent_.PrefetchNewest(RecentOnsets::Chain::kHost, HostKey(source));
}

PacketDelta Correlator::TripTo(const Onset& onset) const {
  return search_.adapts_to_round_trips ? onset.far_trip[1U - onset.flow] : PacketDelta::Zero();
}

PacketDelta Correlator::TripFrom(const Onset& onset) const {
  return search_.adapts_to_round_trips ? onset.far_trip[onset.flow] : PacketDelta::Zero();
}

PacketDelta Correlator::Transit(PairKind kind, const Onset& earlier, const Onset& later) const {
  if (!search_.adapts_to_round_trips) return PacketDelta::Zero();
  return LeastTransit(kind, earlier.far_trip[1U - earlier.flow], later.far_trip[later.flow]);
}

// Evidence counts what comes after a pair was taken up, so it is taken up as soon as both have a
// past; only where there are too many the past must have coincided, as it always must for counts.
void Correlator::FindDirect(const Onset& onset) {
  const size_t kind = IndexOf(PairKind::kDirect);
  const PacketDelta window = Window(PairKind::kDirect);
  const OnsetHistory& own = onset.history[kind];
  // Both round trips are to the same host, and this one may be measured longer.
  const PacketTime oldest = onset.time - window - TripFrom(onset);
  const bool busy = onsets_in_window_ > kBusyOnsets;
  const bool any_past = search_.any_past && !busy;
  const bool no_past = FromFirst(PairKind::kDirect);
  if (!no_past && !own.previous[busy ? 1 : 0].IsSet()) return;
  const IpAddress& host = onset.source();
  uint32_t looked_at = 0;
  recent_.Walk(RecentOnsets::Chain::kHost, HostKey(host), oldest, [&](const Onset& earlier) {
    if (++looked_at > options_.max_candidates_per_onset) {
      ++counters_.candidates_dropped;
      return false;
    }
    ++counters_.candidates;
    const OnsetHistory& theirs = earlier.history[kind];
    const bool past = no_past ? true
                      : any_past
                          ? theirs.previous[0].IsSet()
                          : Coincides(theirs.previous[0], own.previous[0], window) &&
                                (!busy || Coincides(theirs.previous[1], own.previous[1], window));
    if (theirs.is_onset && past && earlier.destination() == host &&
        Coincides(earlier.time, onset.time, window, Transit(PairKind::kDirect, earlier, onset))) {
      TryCandidate(earlier, onset, PairKind::kDirect);
    }
    return true;
  });
}

// With equal time stamps the order within the capture tells nothing (a coarse clock, two merged
// files): what left the host at the moment at which this onset enters it may be this one's relay.
void Correlator::FindSimultaneous(const Onset& onset) {
  const IpAddress& host = onset.destination();
  uint32_t looked_at = 0;
  recent_.WalkAll(onset.time, [&](const Onset& relay) {
    if (++looked_at > options_.max_candidates_per_onset) {
      ++counters_.candidates_dropped;
      return false;
    }
    ++counters_.candidates;
    if (relay.source() == host && relay.history[IndexOf(PairKind::kDirect)].is_onset) {
      TryCandidate(onset, relay, PairKind::kDirect);
    }
    return true;
  });
}

// At a busy site nearly every flow has an accidental coincidence in its past, and a young flow
// proves nothing.  The more onsets the window holds, the more of its own a flow needs before it is
// worth comparing indirectly.
uint32_t Correlator::OnsetsNeededForIndirect() const {
  if (onsets_in_window_ <= kQuietOnsets) return 2;
  return 3 + 2 * static_cast<uint32_t>(std::bit_width(onsets_in_window_ / kQuietOnsets));
}

// A wide window finds chains over far hops; in a crowd it finds everybody.
PacketDelta Correlator::IndirectWindow() const {
  const PacketDelta widest = Window(PairKind::kIndirect);
  if (!search_.narrows_in_crowds || onsets_in_window_ <= kCrowdedOnsets) return widest;
  const PacketDelta half = PacketDelta::FromNanoseconds(widest.ToNanoseconds() / 2);
  if (onsets_in_window_ <= 4 * kCrowdedOnsets) return half;
  return std::min(half, options_.indirect.coincidence_window);
}

bool Correlator::GoesFirst(const Onset& onset) const {
  return priority_ != nullptr &&
         (priority_->GoesFirst(onset.source()) || priority_->GoesFirst(onset.destination()));
}

void Correlator::FindIndirect(const Onset& onset) {
  if (FromFirst(PairKind::kIndirect)) return FindAnyIndirect(onset);
  const size_t kind = IndexOf(PairKind::kIndirect);
  const PacketDelta window = IndirectWindow();
  const OnsetHistory& own = onset.history[kind];
  const uint32_t needed = OnsetsNeededForIndirect();
  if (own.count < needed) return;
  const bool only_first = budget_.IsSpent(onset.time);
  if (only_first && !GoesFirst(onset)) {
    ++counters_.indirect_skipped;
    return;
  }
  uint32_t looked_at = 0;
  const auto visit = [&](const Onset& earlier) {
    if (++looked_at > options_.max_candidates_per_onset) return false;
    ++counters_.candidates;
    const OnsetHistory& theirs = earlier.history[kind];
    if (!theirs.is_onset || theirs.count < needed) return true;
    const PacketDelta transit = Transit(PairKind::kIndirect, earlier, onset);
    if (Coincides(theirs.previous[0], own.previous[0], window, transit) &&
        Coincides(earlier.time, onset.time, window, transit) &&
        earlier.destination() != onset.source() && (!only_first || GoesFirst(earlier))) {
      TryCandidate(earlier, onset, PairKind::kIndirect);
    }
    // Equal time stamps tell no order.
    if (earlier.time == onset.time && Coincides(own.previous[0], theirs.previous[0], window) &&
        onset.destination() != earlier.source() && (!only_first || GoesFirst(earlier))) {
      TryCandidate(onset, earlier, PairKind::kIndirect);
    }
    return true;
  };
  const PacketDelta departure = HalfOf(TripFrom(onset));
  const PacketTime oldest = onset.time - window - departure - farthest_;
  const PacketDelta filed_by = Window(PairKind::kIndirect);
  const int64_t newer = Period(own.previous[0] - departure, filed_by);
  if (needed == 2) {
    for (const int64_t period : {newer, newer - 1}) {
      recent_.Walk(RecentOnsets::Chain::kPrevious, PreviousKey(period), oldest, visit);
    }
  } else {
    const int64_t older = Period(own.previous[1] - departure, filed_by);
    for (const int64_t a : {newer, newer - 1}) {
      for (const int64_t b : {older, older - 1}) {
        recent_.Walk(RecentOnsets::Chain::kPreviousTwo, PreviousTwoKey(a, b), oldest, visit);
      }
    }
  }
  if (!only_first) budget_.Spend(looked_at);
  if (looked_at > options_.max_candidates_per_onset) ++counters_.candidates_dropped;
}

// As published: whatever resumed within the window.
void Correlator::FindAnyIndirect(const Onset& onset) {
  const size_t kind = IndexOf(PairKind::kIndirect);
  uint32_t looked_at = 0;
  recent_.WalkAll(onset.time - Window(PairKind::kIndirect), [&](const Onset& earlier) {
    if (++looked_at > options_.max_candidates_per_onset) {
      ++counters_.candidates_dropped;
      return false;
    }
    ++counters_.candidates;
    if (!earlier.history[kind].is_onset) return true;
    if (earlier.destination() != onset.source()) {
      TryCandidate(earlier, onset, PairKind::kIndirect);
    }
    if (earlier.time == onset.time && onset.destination() != earlier.source()) {
      TryCandidate(onset, earlier, PairKind::kIndirect);
    }
    return true;
  });
}

// Takes up a new pair from one coincidence, crediting the ones before it that the onsets remember.
bool Correlator::TryCandidate(const Onset& earlier, const Onset& later, PairKind kind) {
  if (records_ && earlier.slot % 2 == later.slot % 2) return false;
  if (!states_.IsOpen(earlier) || !states_.IsOpen(later) || !filter_.MayPair(earlier, later))
    return false;
  const uint32_t known_earlier = states_.Find(earlier.slot);
  const uint32_t known_later = states_.Find(later.slot);
  const auto later_input = static_cast<uint8_t>(1U - later.flow);
  if (known_earlier != ConnectionStates::kNone && known_later != ConnectionStates::kNone &&
      pairs_.Find({known_earlier, earlier.flow}, {known_later, later_input}).has_value()) {
    return false;  // UpdatePairs has counted it
  }
  const Pair::Input first{states_.FindOrCreate(earlier), earlier.flow};
  const Pair::Input second{states_.FindOrCreate(later), later_input};
  const std::optional<uint32_t> index = pairs_.Insert(first, second, kind);
  if (!index.has_value()) {
    ++counters_.pairs_refused;
    return false;
  }
  const size_t k = IndexOf(kind);
  const PacketDelta window = RulesOf(kind).coincidence_window;
  const PacketDelta transit = Transit(kind, earlier, later);
  const OnsetHistory& e = earlier.history[k];
  const OnsetHistory& l = later.history[k];
  DirectionStats& direction = pairs_[*index].direction[0];
  if (!FromFirst(kind) && Coincides(e.previous[0], l.previous[0], window, transit)) {
    direction.coincidences = 1;
    direction.last_earlier = e.count - 1;
    direction.last_later = l.count - 1;
    direction.last_time = l.previous[0];
    if (!search_.lags_of_trials) direction.lags.Add(l.previous[0] - e.previous[0]);
    if (Coincides(e.previous[1], l.previous[1], window, transit)) {
      direction.coincidences = 2;
      direction.consecutive = 1;
    }
  }
  for (unsigned d = 0; d < 2; ++d) {
    const Pair::Input& input = pairs_[*index].input[d];
    pairs_[*index].direction[d].evidence =
        OnsetEvidence(states_[input.state].flow[input.flow][k].CoveredUntil(later.time));
  }
  if (Coincides(earlier.time, later.time, window, transit)) {
    Coincide(*index, 0, earlier.time, e.count, later.time, l.count);
  }
  Judge(*index, later.time);
  return true;
}

}  // namespace cairn::timing
