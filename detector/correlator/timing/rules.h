// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_TIMING_RULES_H_
#define CAIRN_DETECTOR_CORRELATOR_TIMING_RULES_H_

#include <array>
#include <cstdint>

#include "detector/correlator/timing/pair.h"
#include "detector/stream/timing_options.h"

namespace cairn::timing {

// All that the verdict on a pair depends on.
struct PairView {
  struct Direction {
    uint32_t onsets_earlier = 0;  // of the flow that moves first
    uint32_t onsets_later = 0;
    uint32_t coincidences = 0;
    uint32_t consecutive = 0;
    // The same flows in the opposite order, equal time stamps apart: what speaks for the mirror
    // pair.
    uint32_t flipped_coincidences = 0;
    uint32_t flipped_consecutive = 0;

    uint32_t MinOnsets() const {
      return onsets_earlier < onsets_later ? onsets_earlier : onsets_later;
    }
  };
  std::array<Direction, 2> direction;
  // The capture holds both flows of both connections, so that keystrokes and echoes can be asked
  // for.
  bool sees_both_directions = true;
};

// The verdict of Zhang & Paxson 2000 (sections 3.4, 3.5 and 3.7):
// enough consecutive coincidences, the two directions added; and a high enough ratio, the better
// direction counting.  Pure function, O(1).
bool IsSteppingStone(const PairView& pair, const PairRules& rules);

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_CORRELATOR_TIMING_RULES_H_
