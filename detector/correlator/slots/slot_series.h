// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_SLOTS_SLOT_SERIES_H_
#define CAIRN_DETECTOR_CORRELATOR_SLOTS_SLOT_SERIES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/time.h"
#include "detector/stream/flow_second.h"

namespace cairn::slots {

// Slots are numbered from the Unix epoch.
inline constexpr PacketDelta kFineSlot = stream::FlowSecond::kTenth;

// What a slot's count stands for.  Of counts as they are, the bursts of output decide, which are as
// large on the other side of a relay; of their logarithms, all slots do in which anything was sent.
enum class Level : uint8_t { kLogarithm, kCount };

// One way of looking at two flows.
//
// Fine slots see through chaff: a keystroke that is passed on at once shows in the same slot or the
// next, however many other segments there are.  Coarse slots see through delay: what an attacker
// holds back for seconds still comes in the same amounts.  With a quick trend taken off, a person's
// lines are told from those of another who types at the same time; with a slow one, what is left of
// a minute's ups and downs shows through independent chaff.  Through other people's typing, bursts
// do.
struct Scale {
  PacketDelta slot;
  Level level = Level::kLogarithm;
  size_t kept = 0;   // slots
  int64_t lags = 0;  // a relay's delay is less than so many slots
  // The shifts of the null model: at smaller ones, what a person does now and a moment later is
  // similar; at larger ones, people's days differ.
  int64_t nearest_shift = 0;
  int64_t farthest_shift = 0;
  int64_t memory = 0;        // after so many slots a flow has forgotten what it sent
  size_t trend = 0;          // half the width of the moving average that is taken off
  size_t block = 0;          // 10 s, for counting the moments that a correlation rests on ...
  double fewest_blocks = 0;  // ... of which it needs so many
};

inline constexpr size_t kFineKept = 2048;  // 205 s
inline constexpr size_t kHalfSecondsKept = 1200;
inline constexpr PacketDelta kHalfSecond = kFineSlot * 5;

inline constexpr Scale kTenths{.slot = kFineSlot,
                               .kept = kFineKept,
                               .lags = 4,
                               .nearest_shift = 100,
                               .farthest_shift = 300,
                               .memory = 30,
                               .trend = 150,
                               .block = 100,
                               .fewest_blocks = 5};
inline constexpr Scale kHalves{.slot = kHalfSecond,
                               .kept = kHalfSecondsKept,
                               .lags = 8,
                               .nearest_shift = 20,
                               .farthest_shift = 100,
                               .memory = 20,
                               .trend = 30,
                               .block = 20,
                               .fewest_blocks = 3};
inline constexpr Scale kSeconds{.slot = kHalfSecond * 2,
                                .kept = kHalfSecondsKept / 2,
                                .lags = 5,
                                .nearest_shift = 10,
                                .farthest_shift = 60,
                                .memory = 20,
                                .trend = 15,
                                .block = 10,
                                .fewest_blocks = 3};

// With a trend of 4 s to either side, which a shift need not clear by so much.
constexpr Scale WithQuickTrend(Scale scale) {
  scale.nearest_shift = 16;
  scale.trend = 8;
  return scale;
}

constexpr Scale ByCount(Scale scale) {
  scale.level = Level::kCount;
  return scale;
}

inline constexpr size_t kFineScale = 0;
inline constexpr std::array<Scale, 5> kScales = {kTenths, WithQuickTrend(kHalves), kHalves,
                                                 kSeconds, ByCount(kHalves)};

// The counts of one flow's latest slots: the last 205 s at 0.1 s and the last 600 s at 0.5 s (slot
// counts at several scales: Donoho et al. 2002, "Multiscale Stepping-Stone Detection").
// Thread-compatible.  Add: O(slots since the last).  Read: O(slots read).  Memory: 3.3 kB,
// allocated at construction.
class SlotSeries {
 public:
  SlotSeries();

  // Requires: numbers of fine slots do not decrease.
  void Add(int64_t number, uint8_t count);
  // The counts of the `out.size()` slots that end before `end`, in slots of the scale; 0 where
  // nothing was counted or no memory is left.  Requires: out.size() <= scale.kept.
  void Read(const Scale& scale, int64_t end, std::span<uint8_t> out) const;

 private:
  struct Ring {
    std::vector<uint8_t> counts;
    int64_t newest = -1;  // its number; -1: none yet

    void Add(int64_t number, uint8_t count);
    uint8_t At(int64_t number) const;
  };
  Ring fine_;
  Ring half_seconds_;
};

}  // namespace cairn::slots

#endif  // CAIRN_DETECTOR_CORRELATOR_SLOTS_SLOT_SERIES_H_
