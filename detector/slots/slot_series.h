// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SLOTS_SLOT_SERIES_H_
#define CAIRN_DETECTOR_SLOTS_SLOT_SERIES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "capture/time.h"
#include "detector/slots/slot_counter.h"

namespace cairn::slots {

// One resolution at which two flows are compared.
//
// Fine slots see through chaff: a keystroke that is passed on at once shows in the same slot or the
// next, however many other segments there are.  Coarse slots see through delay: what an attacker
// holds back for seconds still comes in the same amounts.
struct Scale {
  PacketDelta slot;
  size_t kept = 0;   // slots
  int64_t lags = 0;  // a relay's delay is at most so many slots, the first included
  // Shifts by which the null model is made: nearer, what a person does now and a moment later is
  // alike; farther, people's days differ.
  int64_t nearest_shift = 0;
  int64_t farthest_shift = 0;
  size_t trend = 0;  // half the width of the moving average that is taken off
  size_t block = 0;  // 10 s, for counting the moments that a correlation rests on
};

inline constexpr std::array<Scale, 2> kScales = {Scale{.slot = kFineSlot,
                                                       .kept = 2048,
                                                       .lags = 4,
                                                       .nearest_shift = 100,
                                                       .farthest_shift = 500,
                                                       .trend = 150,
                                                       .block = 100},
                                                 Scale{.slot = kFineSlot * 5,
                                                       .kept = 1200,
                                                       .lags = 8,
                                                       .nearest_shift = 20,
                                                       .farthest_shift = 150,
                                                       .trend = 30,
                                                       .block = 20}};

// The counts of one flow's latest slots: the last 205 s at 0.1 s and the last 600 s at 0.5 s (slot
// counts at several scales: Donoho et al. 2002, "Multiscale Stepping-Stone Detection").
// Thread-compatible.  Memory: 3.3 kB, allocated once.
class SlotSeries {
 public:
  SlotSeries();

  // Requires: numbers of fine slots do not decrease.
  void Add(int64_t number, uint8_t count);
  // The counts of the `out.size()` slots of kScales[scale] that end before `end`, in slots of that
  // scale; 0 where nothing was counted or no memory is left.  Requires: out.size() <= kept.
  void Read(size_t scale, int64_t end, std::span<uint8_t> out) const;

 private:
  struct Ring {
    std::vector<uint8_t> counts;
    int64_t newest = -1;  // its number; -1: none yet

    void Add(int64_t number, uint8_t count);
  };
  std::array<Ring, kScales.size()> rings_;
};

}  // namespace cairn::slots

#endif  // CAIRN_DETECTOR_SLOTS_SLOT_SERIES_H_
