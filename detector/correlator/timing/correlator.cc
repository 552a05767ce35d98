// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/timing/correlator.h"

#include <algorithm>

#include "detector/correlator/timing/transit.h"

namespace cairn::timing {
namespace {

uint32_t StampOf(PacketTime time) { return static_cast<uint32_t>(time.ToNanoseconds() >> 10); }

// Longer ones are not worth a place among the lags.
constexpr PacketDelta kLongestLag = PacketDelta::FromMilliseconds(1200);

// How often, in onsets, a pair that gathers nothing is asked whether it still has a chance.
constexpr uint32_t kReviewEvery = 8;

}  // namespace

Correlator::Correlator(const Options& options, const PrefixSet& protected_networks, PairSink& sink)
    : options_(options),
      filter_(options, protected_networks),
      sink_(sink),
      pairs_(states_, options.max_pairs, options.max_pairs_per_connection),
      judge_(MakePairJudge(options_, states_, pairs_)),
      search_(judge_->search()),
      recent_(options.max_recent_onsets),
      budget_(options.max_indirect_comparisons_per_second) {
  pairs_.TellEvictions(*this);
}

void Correlator::Compare(const Onset& onset) {
  now_ = onset.time;
  ++counters_.onsets;
  if (!first_onset_.IsSet()) first_onset_ = before_.BeginAt(onset.time);
  onsets_in_window_ = recent_.CountSince(onset.time - Window(PairKind::kIndirect));
  const RecentOnsets::Keys keys = KeysOf(onset);
  recent_.PrefetchHeads(keys);
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
  recent_.Push(onset, keys);
  farthest_ = std::max(farthest_, HalfOf(TripTo(onset)));
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
    ++counters_.trials;
    const bool leaves = pair.input[side].flow != onset.flow;
    const Pair::Input& other = pair.input[1 - side];
    const uint8_t other_flow = leaves ? other.flow : static_cast<uint8_t>(1U - other.flow);
    const ConnectionState::Flow& own = states_[state].flow[onset.flow][kind];
    const ConnectionState::Flow& theirs = states_[other.state].flow[other_flow][kind];
    AddTrial(index, side, leaves, onset);
    if (pair.reported) ReviewRoles(index, onset.time);
    const PacketDelta transit = TransitOf(pair, leaves ? 1 - side : side);
    if (leaves &&
        Coincides(theirs.last, onset.time, RulesOf(pair.kind).coincidence_window, transit)) {
      Coincide(index, 1 - side, theirs.last, theirs.count, own.last, own.count);
    } else if (!leaves && theirs.last == onset.time && transit == PacketDelta::Zero()) {
      Coincide(index, side, own.last, own.count, theirs.last, theirs.count);
    }
    if (judge_->IsDue(pairs_[index], {theirs.last, onset.time, transit, leaves})) {
      Judge(index, onset.time);
    } else if (own.count % kReviewEvery == 0 && !pair.reported &&
               judge_->IsHopeless(pair, onset.time)) {
      const bool last_of_connection = states_[state].pairs == 1;
      pairs_.Erase(index);
      ++counters_.pairs_hopeless;
      if (last_of_connection) return;
    }
  }
}

// The least lag of a coincidence of direction `d`.
PacketDelta Correlator::TransitOf(const Pair& pair, unsigned d) const {
  if (!search_.adapts_to_round_trips) return PacketDelta::Zero();
  const Pair::Input& first = pair.input[d];
  const Pair::Input& second = pair.input[1 - d];
  // Both inputs run towards the stone, or to where the chain vanishes.
  return LeastTransit(pair.kind, states_[first.state].far_trip[1U - first.flow],
                      states_[second.state].far_trip[1U - second.flow]);
}

// A trial of the direction that the onset's flow ends.  With equal time stamps the flow that moves
// first may be captured second; then the trial was counted already, with a longer lag.
void Correlator::AddTrial(uint32_t index, unsigned side, bool leaves, const Onset& onset) {
  Pair& pair = pairs_[index];
  const size_t kind = IndexOf(pair.kind);
  const Pair::Input& other = pair.input[1 - side];
  const auto flow = leaves ? other.flow : static_cast<uint8_t>(1U - other.flow);
  const PacketTime theirs = states_[other.state].flow[flow][kind].last;
  if (leaves && theirs.IsSet() && theirs <= onset.time) {
    DirectionStats& direction = pair.direction[1 - side];
    const PacketDelta lag = onset.time - theirs;
    const PacketDelta transit = TransitOf(pair, 1 - side);
    direction.evidence.Add(onset.time, lag - transit);
    direction.last_trial = StampOf(onset.time);
    if (lag >= transit && lag - transit <= kLongestLag) {
      if (search_.lags_of_trials) direction.lags.Add(lag);
      CountWait(pair, 1 - side);
    }
  } else if (!leaves && theirs == onset.time && TransitOf(pair, side) == PacketDelta::Zero()) {
    DirectionStats& direction = pair.direction[side];
    const PacketTime before = onset.history[kind].previous[0];
    const bool counted = direction.last_trial == StampOf(onset.time) && before.IsSet();
    direction.evidence.Correct(onset.time, counted ? onset.time - before : PacketDelta::Infinite(),
                               PacketDelta::Zero());
    direction.last_trial = StampOf(onset.time);
  }
}

// What moved first on direction `d` was passed on: how long had it waited for the other flow?
void Correlator::CountWait(Pair& pair, unsigned d) const {
  const Pair::Input& input = pair.input[d];
  const ConnectionState& state = states_[input.state];
  const ConnectionState::Flow& flow = state.flow[input.flow][IndexOf(pair.kind)];
  if (flow.wait_ms == OnsetHistory::kNoWait) return;
  const PacketDelta wait = PacketDelta::FromMilliseconds(flow.wait_ms);
  pair.waits[d].Add(flow.count, wait - state.far_trip[input.flow]);
}

void Correlator::Coincide(uint32_t index, unsigned d, PacketTime earlier, uint32_t earlier_count,
                          PacketTime later, uint32_t later_count) {
  Pair& pair = pairs_[index];
  DirectionStats& direction = pair.direction[d];
  ++counters_.coincidences;
  ++direction.coincidences;
  if (later == earlier) ++direction.zero_lag;
  if (earlier_count > 1 && direction.last_earlier + 1 == earlier_count &&
      direction.last_later + 1 == later_count) {
    ++direction.consecutive;
  }
  direction.last_earlier = earlier_count;
  direction.last_later = later_count;
  direction.last_time = later;
  if (!search_.lags_of_trials) direction.lags.Add(later - earlier);
}

void Correlator::OnConnectionEnd(uint32_t slot, SessionEnd cause, PacketTime time) {
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
  counters.pairs_created = pairs_.created() - pairs_.created_before();
  counters.pairs_held = pairs_.size();
  counters.pairs_peak = pairs_.peak();
  counters.pairs_evicted_by_connection = pairs_.evicted(PairBound::kConnection);
  counters.pairs_evicted_by_table = pairs_.evicted(PairBound::kTable);
  return counters;
}

}  // namespace cairn::timing
