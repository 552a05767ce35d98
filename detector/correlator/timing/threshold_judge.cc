// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/timing/threshold_judge.h"

#include <algorithm>

#include "detector/correlator/timing/pair_flows.h"
#include "detector/correlator/timing/transit.h"

namespace cairn::timing {
namespace {

uint32_t WithOrder(const DirectionStats& direction) {
  return direction.coincidences - direction.zero_lag;
}

}  // namespace

PairSearch ThresholdJudge::search() const {
  return {.window = {options_.direct.coincidence_window, options_.indirect.coincidence_window},
          .from_first = {options_.direct.from_first_coincidence,
                         options_.indirect.from_first_coincidence}};
}

bool ThresholdJudge::IsDue(Pair& pair, const Trial& trial) const {
  return Coincides(trial.theirs, trial.now, RulesOf(pair.kind).coincidence_window);
}

PairJudge::Verdict ThresholdJudge::Judge(Pair& pair, PacketTime /*now*/, PacketDelta /*elapsed*/) {
  return {.is_stone = IsSteppingStone(View(pair), RulesOf(pair.kind)), .confidence = std::nullopt};
}

bool ThresholdJudge::IsHopeless(const Pair& pair, PacketTime /*now*/) const {
  constexpr uint32_t kFairChance = 24;  // onsets of both flows since the pair was taken up
  const PairRules& rules = RulesOf(pair.kind);
  if (rules.from_first_coincidence) return false;
  bool judged = false;
  for (unsigned d = 0; d < 2; ++d) {
    const Pair::Input& first = pair.input[d];
    const Pair::Input& second = pair.input[1 - d];
    const uint32_t earlier =
        FlowOf(states_[first.state], first.flow, pair.kind).count - pair.created_at[d][0];
    const uint32_t later = FlowOf(states_[second.state], Reverse(second.flow), pair.kind).count -
                           pair.created_at[1 - d][1];
    const uint32_t onsets = std::min(earlier, later);
    if (onsets < kFairChance) continue;
    judged = true;
    if (pair.direction[d].coincidences >= rules.min_ratio / 3 * onsets) return false;
  }
  return judged;
}

bool ThresholdJudge::IsPromising(const Pair& pair, PacketTime /*now*/,
                                 PacketDelta /*elapsed*/) const {
  constexpr double kHalf = 0.5;
  const PairRules& rules = RulesOf(pair.kind);
  return pair.consecutive() >= kHalf * rules.min_consecutive &&
         pair.coincidences() >= kHalf * rules.min_coincidences;
}

// The pair of the same flows in the opposite order: a stone on the other side.
const Pair* ThresholdJudge::MirrorOf(const Pair& pair) const {
  const std::optional<uint32_t> mirror =
      pairs_.Find({pair.input[0].state, Reverse(pair.input[0].flow)},
                  {pair.input[1].state, Reverse(pair.input[1].flow)});
  return mirror.has_value() ? &pairs_[*mirror] : nullptr;
}

PairView ThresholdJudge::View(const Pair& pair) const {
  PairView view;
  const Pair* mirror = MirrorOf(pair);
  for (unsigned d = 0; d < 2; ++d) {
    const Pair::Input& first = pair.input[d];
    const Pair::Input& second = pair.input[1 - d];
    PairView::Direction& direction = view.direction[d];
    direction.onsets_earlier = FlowOf(states_[first.state], first.flow, pair.kind).count;
    direction.onsets_later = FlowOf(states_[second.state], Reverse(second.flow), pair.kind).count;
    direction.coincidences = pair.direction[d].coincidences;
    direction.consecutive = pair.direction[d].consecutive;
    if (mirror == nullptr) continue;
    // The mirror's direction that runs from `second` reversed to `first`: the one of `second`'s
    // side.
    const unsigned side = mirror->input[0].state == second.state ? 0 : 1;
    const DirectionStats& flipped = mirror->direction[side];
    direction.flipped_coincidences = WithOrder(flipped);
    direction.flipped_consecutive = std::min(flipped.consecutive, WithOrder(flipped));
  }
  view.sees_both_directions = SeesBothDirections(states_, pair);
  return view;
}

}  // namespace cairn::timing
