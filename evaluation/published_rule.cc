// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/published_rule.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "detector/timing/rules.h"

namespace cairn::evaluation {
namespace {

// As config/zhang-paxson-2000.yaml; the ratio is the score and so not asked for here.
timing::PairRules Published() {
  timing::PairRules rules;
  rules.coincidence_window = PacketDelta::FromMilliseconds(80);
  rules.min_ratio = 0;
  rules.min_consecutive = 2;
  rules.min_coincidences = 1;
  rules.consecutive_scale = 100;
  rules.directionality = true;
  rules.both_directions = false;
  return rules;
}

struct Count {
  uint32_t coincidences = 0;
  uint32_t consecutive = 0;
};

// Onsets of `later` at most `window` after one of `earlier`.  Onsets of one flow are farther apart
// than the window, so there is at most one to each.
Count CountCoincidences(const FlowTimes& earlier, const FlowTimes& later, PacketDelta window,
                        bool ties_count) {
  Count count;
  size_t before = 0;
  bool last_coincided = false;
  size_t last_earlier = 0;
  for (const PacketTime time : later) {
    while (before < earlier.size() && earlier[before] <= time) ++before;
    const bool tie = before > 0 && earlier[before - 1] == time;
    const bool coincides =
        before > 0 && time - earlier[before - 1] <= window && (ties_count || !tie);
    if (coincides) {
      ++count.coincidences;
      if (last_coincided && last_earlier + 1 == before) ++count.consecutive;
      last_earlier = before;
    }
    last_coincided = coincides;
  }
  return count;
}

timing::PairView::Direction View(const Flow& earlier, const Flow& later, PacketDelta window) {
  const Count along = CountCoincidences(earlier.resumptions, later.resumptions, window, true);
  const Count against = CountCoincidences(later.resumptions, earlier.resumptions, window, false);
  return {.onsets_earlier = static_cast<uint32_t>(earlier.resumptions.size()),
          .onsets_later = static_cast<uint32_t>(later.resumptions.size()),
          .coincidences = along.coincidences,
          .consecutive = along.consecutive,
          .flipped_coincidences = against.coincidences,
          .flipped_consecutive = against.consecutive};
}

double NetRatio(const timing::PairView::Direction& direction) {
  if (direction.coincidences <= direction.flipped_coincidences) return 0;
  return static_cast<double>(direction.coincidences - direction.flipped_coincidences) /
         std::max(direction.MinOnsets(), 1U);
}

}  // namespace

double PublishedRatio(const FlowPair& pair) {
  static const timing::PairRules rules = Published();
  const ObservedLeg& up = pair.upstream();
  const ObservedLeg& down = pair.downstream();
  const timing::PairView view{
      .direction = {View(up.forward, down.forward, rules.coincidence_window),
                    View(down.backward, up.backward, rules.coincidence_window)},
      .sees_both_directions = true};
  if (!timing::IsSteppingStone(view, rules)) return 0;
  return std::min(1.0, std::max(NetRatio(view.direction[0]), NetRatio(view.direction[1])));
}

}  // namespace cairn::evaluation
