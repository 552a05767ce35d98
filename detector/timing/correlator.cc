// SPDX-License-Identifier: BSD-3-Clause
#include "detector/timing/correlator.h"

#include <algorithm>
#include <bit>

namespace cairn::timing {
namespace {

// Below this many onsets in one coincidence window, one earlier coincidence is enough to take up an
// indirect pair.
constexpr uint64_t kQuietOnsets = 64;

// From this many onsets in one window on, two earlier coincidences are needed to take up any pair.
constexpr uint64_t kBusyOnsets = 1024;

// From this many onsets in one window on, indirect candidates must lie closer together.
constexpr uint64_t kCrowdedOnsets = 128;

// Longer ones are not worth a place among the lags.
constexpr PacketDelta kLongestLag = PacketDelta::FromMilliseconds(1200);

// How often, in onsets, a pair that gathers nothing is asked whether it still has a chance.
constexpr uint32_t kReviewEvery = 8;

bool Coincides(PacketTime earlier, PacketTime later, PacketDelta window) {
  return earlier.IsSet() && later.IsSet() && earlier <= later && later - earlier <= window;
}

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

PacketDelta CandidateWindow(const Options& options, const PairRules& rules) {
  return options.rule == Rule::kEvidence ? rules.candidate_window : rules.coincidence_window;
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

Correlator::Correlator(const Options& options, const PrefixSet& protected_networks, PairSink& sink)
    : options_(options),
      window_{CandidateWindow(options, options.direct), CandidateWindow(options, options.indirect)},
      filter_(options, protected_networks),
      sink_(sink),
      pairs_(states_, options.max_pairs, options.max_pairs_per_connection),
      recent_(options.max_recent_onsets) {}

void Correlator::OnOnset(const Onset& onset) {
  if (!filter_.MayTakePart(onset)) return;
  ++counters_.onsets;
  if (!first_onset_.IsSet()) first_onset_ = onset.time;
  onsets_in_window_ = recent_.CountSince(onset.time - window_[IndexOf(PairKind::kIndirect)]);
  states_.OnOnset(onset);
  if (const uint32_t state = states_.Find(onset.slot); state != ConnectionStates::kNone) {
    states_.Update(state, onset);
    UpdatePairs(state, onset);
  }
  if (options_.direct.enabled && onset.history[IndexOf(PairKind::kDirect)].is_onset) {
    FindDirect(onset);
    FindSimultaneous(onset);
  }
  const OnsetHistory& indirect = onset.history[IndexOf(PairKind::kIndirect)];
  if (options_.indirect.enabled && indirect.is_onset) FindIndirect(onset);

  const PacketDelta window = window_[IndexOf(PairKind::kIndirect)];
  const int64_t newer = Period(indirect.previous[0], window);
  recent_.Push(onset, {HostKey(onset.destination()), PreviousKey(newer),
                       PreviousTwoKey(newer, Period(indirect.previous[1], window))});
}

// The pairs that the onset's connection is in already.  Where its flow leaves the stone, the other
// connection's input may have moved first.  Where it is an input itself it moves first, and only an
// equal time stamp can have come before.
void Correlator::UpdatePairs(uint32_t state, const Onset& onset) {
  uint32_t next = Pair::kNoLink;
  for (uint32_t link = states_[state].first_pair; link != Pair::kNoLink; link = next) {
    const uint32_t index = link / 2;
    const unsigned side = link % 2;
    const Pair& pair = pairs_[index];
    next = pair.next[side];
    const size_t kind = IndexOf(pair.kind);
    if (!onset.history[kind].is_onset) continue;
    const bool leaves = pair.input[side].flow != onset.flow;
    const Pair::Input& other = pair.input[1 - side];
    const uint8_t other_flow = leaves ? other.flow : static_cast<uint8_t>(1U - other.flow);
    const ConnectionState::Flow& own = states_[state].flow[onset.flow][kind];
    const ConnectionState::Flow& theirs = states_[other.state].flow[other_flow][kind];
    AddTrial(index, side, leaves, onset);
    if (leaves && Coincides(theirs.last, onset.time, RulesOf(pair.kind).coincidence_window)) {
      Coincide(index, 1 - side, theirs.last, theirs.count, own.last, own.count);
    } else if (!leaves && theirs.last == onset.time) {
      Coincide(index, side, own.last, own.count, theirs.last, theirs.count);
    }
    if (Coincides(theirs.last, onset.time, window_[kind])) {
      Judge(index, onset.time);
    } else if (own.count % kReviewEvery == 0 && !pair.reported && IsHopeless(pair, onset.time)) {
      const bool last_of_connection = states_[state].pairs == 1;
      pairs_.Erase(index);
      ++counters_.pairs_hopeless;
      if (last_of_connection) return;
    }
  }
}

// The evidence counts what comes after a pair was taken up, so it is taken up as soon as both have
// a past; only where there are too many the past must have coincided, as it must for the
// thresholds.
void Correlator::FindDirect(const Onset& onset) {
  const size_t kind = IndexOf(PairKind::kDirect);
  const PacketDelta window = window_[kind];
  const OnsetHistory& own = onset.history[kind];
  const PacketTime oldest = onset.time - window;
  const bool busy = onsets_in_window_ > kBusyOnsets;
  const bool any_past = options_.rule == Rule::kEvidence && !busy;
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
    if (theirs.is_onset && past && earlier.destination() == host) {
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
  const PacketDelta widest = window_[IndexOf(PairKind::kIndirect)];
  if (options_.rule == Rule::kThresholds || onsets_in_window_ <= kCrowdedOnsets) return widest;
  const PacketDelta half = PacketDelta::FromNanoseconds(widest.ToNanoseconds() / 2);
  if (onsets_in_window_ <= 4 * kCrowdedOnsets) return half;
  return std::min(half, options_.indirect.coincidence_window);
}

void Correlator::FindIndirect(const Onset& onset) {
  if (FromFirst(PairKind::kIndirect)) return FindAnyIndirect(onset);
  const size_t kind = IndexOf(PairKind::kIndirect);
  const PacketDelta window = IndirectWindow();
  const OnsetHistory& own = onset.history[kind];
  const uint32_t needed = OnsetsNeededForIndirect();
  if (own.count < needed) return;
  uint32_t looked_at = 0;
  const auto visit = [&](const Onset& earlier) {
    if (++looked_at > options_.max_candidates_per_onset) return false;
    ++counters_.candidates;
    const OnsetHistory& theirs = earlier.history[kind];
    if (!theirs.is_onset || theirs.count < needed) return true;
    if (Coincides(theirs.previous[0], own.previous[0], window) &&
        earlier.destination() != onset.source()) {
      TryCandidate(earlier, onset, PairKind::kIndirect);
    }
    // Equal time stamps tell no order.
    if (earlier.time == onset.time && Coincides(own.previous[0], theirs.previous[0], window) &&
        onset.destination() != earlier.source()) {
      TryCandidate(onset, earlier, PairKind::kIndirect);
    }
    return true;
  };
  const PacketTime oldest = onset.time - window;
  const PacketDelta filed_by = window_[kind];
  const int64_t newer = Period(own.previous[0], filed_by);
  if (needed == 2) {
    for (const int64_t period : {newer, newer - 1}) {
      recent_.Walk(RecentOnsets::Chain::kPrevious, PreviousKey(period), oldest, visit);
    }
  } else {
    const int64_t older = Period(own.previous[1], filed_by);
    for (const int64_t a : {newer, newer - 1}) {
      for (const int64_t b : {older, older - 1}) {
        recent_.Walk(RecentOnsets::Chain::kPreviousTwo, PreviousTwoKey(a, b), oldest, visit);
      }
    }
  }
  if (looked_at > options_.max_candidates_per_onset) ++counters_.candidates_dropped;
}

// As published: whatever resumed within the window.
void Correlator::FindAnyIndirect(const Onset& onset) {
  const size_t kind = IndexOf(PairKind::kIndirect);
  uint32_t looked_at = 0;
  recent_.WalkAll(onset.time - window_[kind], [&](const Onset& earlier) {
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
  if (recorded_ != nullptr && earlier.slot % 2 == later.slot % 2) return false;
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
  const OnsetHistory& e = earlier.history[k];
  const OnsetHistory& l = later.history[k];
  Track& track = pairs_[*index].track[0];
  if (!FromFirst(kind) && Coincides(e.previous[0], l.previous[0], window)) {
    track.coincidences = 1;
    track.last_earlier = e.count - 1;
    track.last_later = l.count - 1;
    track.last_time = l.previous[0];
    if (options_.rule == Rule::kThresholds) track.lags.Add(l.previous[0] - e.previous[0]);
    if (Coincides(e.previous[1], l.previous[1], window)) {
      track.coincidences = 2;
      track.consecutive = 1;
    }
  }
  for (unsigned t = 0; t < 2; ++t) {
    const Pair::Input& input = pairs_[*index].input[t];
    pairs_[*index].track[t].evidence =
        OnsetEvidence(states_[input.state].flow[input.flow][k].CoveredUntil(later.time));
  }
  if (later.time - earlier.time <= window) {
    Coincide(*index, 0, earlier.time, e.count, later.time, l.count);
  }
  Judge(*index, later.time);
  return true;
}

// A trial of the track that the onset's flow ends.  With equal time stamps the flow that moves
// first may be captured second; then the trial was counted already, with a longer lag.
void Correlator::AddTrial(uint32_t index, unsigned side, bool leaves, const Onset& onset) {
  Pair& pair = pairs_[index];
  const size_t kind = IndexOf(pair.kind);
  const Pair::Input& other = pair.input[1 - side];
  const auto flow = leaves ? other.flow : static_cast<uint8_t>(1U - other.flow);
  const PacketTime theirs = states_[other.state].flow[flow][kind].last;
  if (leaves && theirs.IsSet() && theirs <= onset.time) {
    Track& track = pair.track[1 - side];
    const PacketDelta lag = onset.time - theirs;
    track.evidence.Add(onset.time, lag);
    if (options_.rule == Rule::kEvidence && lag <= kLongestLag) track.lags.Add(lag);
  } else if (!leaves && theirs == onset.time) {
    const PacketTime before = onset.history[kind].previous[0];
    pair.track[side].evidence.Correct(
        onset.time, before.IsSet() ? onset.time - before : PacketDelta::Infinite(),
        PacketDelta::Zero());
  }
}

void Correlator::Coincide(uint32_t index, unsigned t, PacketTime earlier, uint32_t earlier_count,
                          PacketTime later, uint32_t later_count) {
  Pair& pair = pairs_[index];
  Track& track = pair.track[t];
  const Track& opposite = pair.track[1 - t];
  ++counters_.coincidences;
  ++track.coincidences;
  if (later == earlier) ++track.zero_lag;
  if (earlier_count > 1 && track.last_earlier + 1 == earlier_count &&
      track.last_later + 1 == later_count) {
    ++track.consecutive;
  }
  // Echoes follow keystrokes within a round trip; keystrokes follow echoes after an idle period at
  // least.
  const PacketDelta round_trip =
      PacketDelta::FromNanoseconds(RulesOf(pair.kind).idle_threshold.ToNanoseconds() / 2);
  if (opposite.last_time > track.last_time && later - opposite.last_time <= round_trip)
    ++pair.leads[1 - t];
  track.last_earlier = earlier_count;
  track.last_later = later_count;
  track.last_time = later;
  if (options_.rule == Rule::kThresholds) track.lags.Add(later - earlier);
}

// Has the pair had its chance?  Bounds the lists of busy connections; costs no detection worth
// having, because a pair comes back with its next coincidence.
bool Correlator::IsHopeless(const Pair& pair, PacketTime now) const {
  return options_.rule == Rule::kEvidence ? IsHopelessByEvidence(pair, now)
                                          : IsHopelessByCounts(pair);
}

bool Correlator::IsHopelessByEvidence(const Pair& pair, PacketTime now) const {
  constexpr uint32_t kFairChance = 48;  // trials
  constexpr double kNothing = 1;        // nats
  bool judged = false;
  for (unsigned t = 0; t < 2; ++t) {
    if (pair.track[t].evidence.onsets() < kFairChance) continue;
    judged = true;
    if (ViewEvidence(pair, t, now).nats >= kNothing) return false;
  }
  return judged;
}

bool Correlator::IsHopelessByCounts(const Pair& pair) const {
  constexpr uint32_t kFairChance = 24;  // onsets of both flows since the pair was taken up
  const PairRules& rules = RulesOf(pair.kind);
  if (rules.from_first_coincidence) return false;
  const size_t kind = IndexOf(pair.kind);
  bool judged = false;
  for (unsigned t = 0; t < 2; ++t) {
    const Pair::Input& first = pair.input[t];
    const Pair::Input& second = pair.input[1 - t];
    const uint32_t earlier =
        states_[first.state].flow[first.flow][kind].count - pair.created_at[t][0];
    const uint32_t later =
        states_[second.state].flow[1U - second.flow][kind].count - pair.created_at[1 - t][1];
    const uint32_t onsets = std::min(earlier, later);
    if (onsets < kFairChance) continue;
    judged = true;
    if (pair.track[t].coincidences >= rules.min_ratio / 3 * onsets) return false;
  }
  return judged;
}

void Correlator::OnConnectionEnd(uint32_t slot, connections::EndCause cause, PacketTime time) {
  states_.OnEnd(slot);
  const uint32_t state = states_.Find(slot);
  if (state == ConnectionStates::kNone) return;
  while (states_[state].pairs > 0) {
    const uint32_t index = states_[state].first_pair / 2;
    if (pairs_[index].reported) sink_.OnPairEnd(Describe(pairs_[index], time), cause);
    const bool last = states_[state].pairs == 1;
    pairs_.Erase(index);
    if (last) return;  // which removed the state, too
  }
}

CorrelatorCounters Correlator::counters() const {
  CorrelatorCounters counters = counters_;
  counters.pairs_created = pairs_.created();
  counters.pairs_held = pairs_.size();
  counters.pairs_peak = pairs_.peak();
  counters.pairs_evicted = pairs_.evicted();
  return counters;
}

}  // namespace cairn::timing
