// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_SLOT_COUNT_H_
#define CAIRN_DETECTOR_STREAM_SLOT_COUNT_H_

#include <cstdint>

#include "base/time.h"
#include "detector/stream/onset.h"

namespace cairn::slots {

// Slots are numbered from the Unix epoch.
inline constexpr PacketDelta kFineSlot = PacketDelta::FromMilliseconds(100);

// How many segments with new data a flow sent in one slot: what the sensor half tells the
// correlator half, beside onsets.  Sent when the flow sends again in a later slot, so a flow's last
// active slot is missing for as long as it is silent.
struct SlotCount {
  timing::Onset flow;  // describes flow and connection; no onset.  Its time: when this was sent
  int64_t number = 0;  // of the slot
  uint8_t count = 0;   // 1 ... 255; 255 stands for more, too
};

}  // namespace cairn::slots

#endif  // CAIRN_DETECTOR_STREAM_SLOT_COUNT_H_
