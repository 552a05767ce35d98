// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_TIMING_OPTIONS_H_
#define CAIRN_DETECTOR_TIMING_OPTIONS_H_

#include <cstdint>

#include "capture/time.h"

namespace cairn::timing {

// The thresholds of one kind of pair.  Defaults and names: Zhang & Paxson 2000, sections 3 and 5.
struct PairRules {
  bool enabled = true;
  // T_idle: a flow is OFF after this long without new data.
  PacketDelta idle_threshold = PacketDelta::FromMilliseconds(500);
  // delta: two onsets at most this far apart coincide.
  PacketDelta coincidence_window = PacketDelta::FromMilliseconds(80);
  // gamma: coincidences / min(onsets of the two flows) must reach it.
  double min_ratio = 0.3;
  // Consecutive coincidences needed.
  uint32_t min_consecutive = 2;
  // 1/gamma': the needed consecutive count grows by the factor max(1, min(onsets) / consecutive_scale).
  uint32_t consecutive_scale = 100;
};

struct Options {
  PairRules direct;
  PairRules indirect{.min_consecutive = 4};

  // Bounds.  What does not fit is dropped by the stated rule and counted.
  uint32_t max_pairs = 200000;             // the least promising pairs go first
  uint32_t max_pairs_per_connection = 64;  // likewise
  uint32_t max_candidates_per_onset = 64;  // the most recent onsets win
};

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_TIMING_OPTIONS_H_
