// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/published_rule.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "detector/correlator/timing/rules.h"

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

// Coincidences of one flow's onsets with those before them of the other flow.
class Count {
 public:
  // The flow's next onset; `partner`: the number of the other flow's latest onset.
  void Add(bool coincides, size_t partner) {
    if (coincides) {
      ++coincidences_;
      if (last_coincided_ && last_partner_ + 1 == partner) ++consecutive_;
      last_partner_ = partner;
    }
    last_coincided_ = coincides;
  }
  uint32_t coincidences() const { return coincidences_; }
  uint32_t consecutive() const { return consecutive_; }

 private:
  uint32_t coincidences_ = 0;
  uint32_t consecutive_ = 0;
  bool last_coincided_ = false;
  size_t last_partner_ = 0;
};

// Onsets of one flow are farther apart than the window, so each has at most one partner.  Equal
// times show no order: they count along only, as the correlator counts them.
timing::PairView::Direction View(const FlowTimes& earlier, const FlowTimes& later,
                                 PacketDelta window) {
  Count along;
  Count against;
  size_t e = 0;
  size_t l = 0;
  while (e < earlier.size() || l < later.size()) {
    if (l == later.size() || (e < earlier.size() && earlier[e] <= later[l])) {
      against.Add(l > 0 && earlier[e] - later[l - 1] <= window, l);
      ++e;
    } else {
      along.Add(e > 0 && later[l] - earlier[e - 1] <= window, e);
      ++l;
    }
  }
  return {.onsets_earlier = static_cast<uint32_t>(earlier.size()),
          .onsets_later = static_cast<uint32_t>(later.size()),
          .coincidences = along.coincidences(),
          .consecutive = along.consecutive(),
          .flipped_coincidences = against.coincidences(),
          .flipped_consecutive = against.consecutive()};
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
  const timing::PairView view{.direction = {View(up.forward.resumptions, down.forward.resumptions,
                                                 rules.coincidence_window),
                                            View(down.backward.resumptions, up.backward.resumptions,
                                                 rules.coincidence_window)},
                              .sees_both_directions = true};
  if (!timing::IsSteppingStone(view, rules)) return 0;
  return std::min(1.0, std::max(NetRatio(view.direction[0]), NetRatio(view.direction[1])));
}

}  // namespace cairn::evaluation
