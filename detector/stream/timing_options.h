// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_TIMING_OPTIONS_H_
#define CAIRN_DETECTOR_STREAM_TIMING_OPTIONS_H_

#include <cstdint>

#include "base/time.h"

namespace cairn::timing {

// What decides that a pair is a stepping stone.
enum class Rule : uint8_t {
  kEvidence,    // the measured improbability of its coincidences (onset_evidence.h)
  kThresholds,  // counts and ratios, as Zhang & Paxson published (rules.h)
};

// The parameters of one kind of pair.  Defaults and names: Zhang & Paxson 2000, sections 3 and 5.
struct PairRules {
  bool enabled = true;
  // T_idle: a flow is OFF after this long without new data.
  PacketDelta idle_threshold = PacketDelta::FromMilliseconds(500);
  // delta: two onsets at most this far apart coincide.  Must be shorter than idle_threshold.  The
  // paper's 80 ms misses chains with a far hop; the two rules at the end pay for the wider window.
  PacketDelta coincidence_window = PacketDelta::FromMilliseconds(160);
  // gamma: coincidences / min(onsets of the two flows) must reach it.
  double min_ratio = 0.3;
  // Consecutive coincidences needed: the same keystrokes, not a chance meeting.
  uint32_t min_consecutive = 2;
  // Coincidences needed, both directions together.  Where thousands of connections are compared,
  // two very young ones meet three or four times by chance.
  uint32_t min_coincidences = 6;
  // 1/gamma': the needed consecutive count grows by the factor max(1, min(onsets) /
  // consecutive_scale).
  uint32_t consecutive_scale = 100;
  // Only onsets in the order of a relay count, and a pair whose order flips loses them again
  // (section 3.7).
  bool directionality = true;
  // A person's keystrokes go forward and echoes come back: where the capture shows both directions,
  // both must coincide. A broadcast (wall, talk) imitates one direction only.
  bool both_directions = true;
  // Share of min(onsets) that the weaker direction must reach for that.
  double min_weaker_ratio = 0.2;
  // An onset that ends the third equal interval in a row, to within this, is periodic.  It says
  // nothing about keystrokes: clocks of equal period coincide for ever, and drifting ones for a
  // while (section 5.7).  Zero: count periodic onsets, too.
  PacketDelta period_tolerance = PacketDelta::FromMilliseconds(40);
  // Rule::kThresholds: a pair is taken up at its first coincidence, as published, and kept until
  // one of its connections ends.  Otherwise at its second in a row, crediting the first, and given
  // up when little follows: at a busy site, hundreds of times fewer pairs and hardly a miss.
  bool from_first_coincidence = false;
  // Rule::kEvidence: onsets this close make two flows worth watching as a pair.
  PacketDelta candidate_window = PacketDelta::FromMilliseconds(2500);
  // Rule::kEvidence: hits that keystrokes and echoes each need, however improbable they are: the
  // chance of a few is measured too roughly, and a clock is known by four of them.
  uint32_t min_hits = 4;
};

struct Options {
  Rule rule = Rule::kEvidence;
  // Rule::kEvidence: how many pairs of strangers may be reported a day, at the whole site.  With it
  // the evidence needed follows from how many pairs there are to compare.
  double false_alarms_per_day = 0.1;
  // Rule::kEvidence: measure on time-shifted copies of the site's traffic what strangers reach
  // (time_slide.h), rather than go by the number of pairs alone.
  bool calibrate = true;
  // Rule::kEvidence: count coincidences from the round trip to the stepping stone on (transit.h).
  bool adapt_to_round_trips = true;
  // Rule::kEvidence: nats that keystrokes and echoes must each reach, where both are captured.  Two
  // connections that hear the same broadcasts have the echoes' in any amount and the keystrokes'
  // by chance: once in 400 such pairs.
  double min_weaker_evidence = 6;

  PairRules direct;
  // Compared with every other connection and not only with those of one host, an indirect pair has
  // thousands of times as many chances to arise by accident, and needs more.
  PairRules indirect{.min_consecutive = 4,
                     .min_coincidences = 10,
                     .min_weaker_ratio = 0.3,
                     .candidate_window = PacketDelta::FromMilliseconds(600),
                     .min_hits = 6};

  // Left out of every comparison (section 3.6): flows that start, or end, at the same host (and
  // connections that the same host opened, or accepted, on both ends of an indirect loop)...
  bool exclude_shared_host = true;
  // ... and connections with a common address and port.
  bool exclude_shared_endpoint = true;

  // Bounds.  What does not fit is dropped by the stated rule and counted.
  uint32_t max_pairs = 200000;             // the least promising pairs go first
  uint32_t max_pairs_per_connection = 64;  // likewise
  uint32_t max_candidates_per_onset = 64;  // the most recent onsets win
  // Of indirect pairs, in packet time; beyond, hosts that look like relays go first.
  uint32_t max_indirect_comparisons_per_second = 40'000;
  uint32_t max_recent_onsets = 16384;  // onsets within one coincidence window; the oldest go first
};

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_STREAM_TIMING_OPTIONS_H_
