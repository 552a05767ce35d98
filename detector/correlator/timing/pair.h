// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_TIMING_PAIR_H_
#define CAIRN_DETECTOR_CORRELATOR_TIMING_PAIR_H_

#include <array>
#include <cstdint>

#include "base/time.h"
#include "detector/correlator/timing/lag_histogram.h"
#include "detector/correlator/timing/onset_evidence.h"
#include "detector/correlator/timing/roles.h"
#include "detector/findings/event.h"

namespace cairn::timing {

// Two connections that may meet at a stepping stone.
//
// A stone has two inputs, one on each connection: the flows that run towards it.  What enters on
// one connection leaves on the other, so the evidence is two ordered flow pairs ("directions"):
// input 0 followed by the reverse of input 1, and input 1 followed by the reverse of input 0.  One
// of them carries keystrokes, the other echoes; roles.h tells which is which.  Any other
// combination of the four flows (keystroke against echo) belongs to another stone, and the opposite
// order of the same flows to a stone on the other side: the mirror pair.
struct DirectionStats {
  uint32_t coincidences = 0;
  uint32_t zero_lag = 0;     // of these: with equal time stamps, which tell no order
  uint32_t consecutive = 0;  // coincidences whose previous onsets coincided too
  // The onset numbers of the newest coincidence: the next is consecutive when both flows have moved
  // on by one.
  uint32_t last_earlier = 0;
  uint32_t last_later = 0;
  uint32_t last_trial = 0;  // of the evidence: its time in microseconds or so, modulo 2^32
  PacketTime last_time = PacketTime::InfinitePast();
  LagHistogram lags;
  OnsetEvidence evidence;
};

struct alignas(64) Pair {
  // What runs towards the stone: a connection (index of its ConnectionState) and its flow there.
  struct Input {
    uint32_t state = 0;
    uint8_t flow = 0;
  };
  // First line: what every onset of either connection looks at.
  std::array<Input, 2> input;
  // Links of the two connections' lists of pairs: pair number * 2 + side, or kNoLink.
  std::array<uint32_t, 2> next{};
  std::array<uint32_t, 2> previous{};
  PairKind kind = PairKind::kDirect;
  uint8_t upstream = 0;  // side; valid once reported
  bool reported = false;
  bool in_use = false;
  // What hits must have added, at most, before the evidence is worth computing again, in nats.
  float lacking = 0;
  std::array<Waits, 2> waits;  // [i]: of input[i]'s data, as far as they were passed on
  // Onset counts of the four flows when the pair was created, [side][0 input, 1 its reverse].
  std::array<std::array<uint32_t, 2>, 2> created_at{};

  // Valid once reported: why `upstream` is upstream, and how often that was corrected.
  RoleBasis roles = RoleBasis::kOrder;
  uint8_t revisions = 0;
  // What it has reached at best, in nats; kept by a correlator that records scores.
  float best = 0;

  // direction[i]: input[i] moves first, then the reverse of input[1 - i].
  std::array<DirectionStats, 2> direction;

  static constexpr uint32_t kNoLink = 0xffffffff;

  uint32_t consecutive() const { return direction[0].consecutive + direction[1].consecutive; }
  uint32_t coincidences() const { return direction[0].coincidences + direction[1].coincidences; }
};

static_assert(sizeof(Pair) <= 640, "docs/algorithm.md and pair_table.h state it");

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_CORRELATOR_TIMING_PAIR_H_
