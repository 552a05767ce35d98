// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_SLOTS_MATCHING_H_
#define CAIRN_DETECTOR_CORRELATOR_SLOTS_MATCHING_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/time.h"
#include "detector/findings/event.h"

namespace cairn::slots {

// An ordered flow pair by its counts in fine slots: what the earlier flow carries to the stone
// leaves it on the later one.
struct CountedDirection {
  std::span<const uint8_t> earlier;
  std::span<const uint8_t> later;
};

// Greedy matching in order under a bounded delay: each segment of the earlier flow takes the first
// one of the later flow that is not taken and comes at most kBound after it (He & Tong 2006,
// "Detecting Encrypted Interactive Stepping-Stone Connections"; Blum et al. 2004).  Chaff that an
// attacker adds matches by chance only, delay below the bound costs nothing.
//
// How many match by chance depends on how people type, and need not be known: the second connection
// is shifted in time, in a circle, both of its flows together, as slots are
// (slot_correlation.h).  It shows in one or two minutes what correlation needs five for.
//
// Keeps its workspace: thread-compatible, allocates only until it has grown.
class Matching {
 public:
  static constexpr PacketDelta kBound = PacketDelta::FromSeconds(1);

  // Requires: all four have the same length.  No nats: less than 30 s, or some shift that
  // matches as much.  And not more than 1.5 for each stretch of five seconds that it rests on.
  // O(slots * shifts); of strangers, a few shifts.
  MatchSignificance View(const std::array<CountedDirection, 2>& directions);

 private:
  double Blocks(size_t direction) const;
  double Nats(double own, size_t direction) const;

  std::vector<std::array<uint32_t, 2>> shifted_;  // matches by direction
  std::array<std::vector<uint32_t>, 2> own_by_block_;
  std::array<std::vector<uint32_t>, 2> shifted_by_block_;
};

}  // namespace cairn::slots

#endif  // CAIRN_DETECTOR_CORRELATOR_SLOTS_MATCHING_H_
