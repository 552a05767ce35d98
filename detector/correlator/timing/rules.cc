// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/timing/rules.h"

#include <algorithm>

namespace cairn::timing {
namespace {

// What is left of a count once the opposite order is taken off; or, without the directionality
// rule, both orders' sum.
uint32_t Net(uint32_t count, uint32_t flipped, bool directionality) {
  if (!directionality) return count + flipped;
  return count > flipped ? count - flipped : 0;
}

double Ratio(uint32_t coincidences, uint32_t min_onsets) {
  if (min_onsets == 0) return 0;
  return std::min(1.0, static_cast<double>(coincidences) / static_cast<double>(min_onsets));
}

}  // namespace

bool IsSteppingStone(const PairView& pair, const PairRules& rules) {
  uint32_t consecutive = 0;
  uint32_t coincidences = 0;
  std::array<double, 2> ratio{};
  for (size_t i = 0; i < 2; ++i) {
    const PairView::Direction& d = pair.direction[i];
    consecutive += Net(d.consecutive, d.flipped_consecutive, rules.directionality);
    const uint32_t net = Net(d.coincidences, d.flipped_coincidences, rules.directionality);
    coincidences += net;
    ratio[i] = Ratio(net, d.MinOnsets());
  }
  if (coincidences < rules.min_coincidences) return false;
  const size_t better = ratio[0] >= ratio[1] ? 0 : 1;
  if (ratio[better] < rules.min_ratio) return false;

  // max(1, min(onsets) / scale) times the minimum, in integers.
  const uint64_t onsets = pair.direction[better].MinOnsets();
  const uint64_t scale = std::max(rules.consecutive_scale, 1U);
  if (consecutive * scale < rules.min_consecutive * std::max(onsets, scale)) return false;

  if (!rules.both_directions || !pair.sees_both_directions) return true;
  return ratio[1 - better] > 0 && ratio[1 - better] >= rules.min_weaker_ratio;
}

}  // namespace cairn::timing
