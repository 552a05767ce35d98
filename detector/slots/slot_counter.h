// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SLOTS_SLOT_COUNTER_H_
#define CAIRN_DETECTOR_SLOTS_SLOT_COUNTER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "capture/time.h"
#include "detector/connections/connection.h"
#include "detector/slots/options.h"
#include "detector/timing/onset.h"

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

// Counts each flow's new data by slots.  Its state lies in the connection record.  What a flow
// sends by its own clock (three equal intervals and more) is left out: it says nothing of people.
//
// At most Options::max_connections connections at once are counted: where there are more, those
// that came first, so that a busy link costs no more than a quiet one.  The others' slots are
// counted as left out.
//
// Cost: O(1), a division by a constant.  Memory: a byte for each slot of the connection table.
class SlotCounter {
 public:
  explicit SlotCounter(const Options& options) : options_(options) {}

  // `flow` of `connection` sent new data at `time`.  A value when that ended a slot.  Call after
  // IdlePeriods::OnNewData.
  std::optional<SlotCount> OnNewData(connections::Connection& connection, uint32_t slot,
                                     uint8_t flow, PacketTime time);
  // The connection in `slot` has ended.
  void OnConnectionEnd(uint32_t slot);

  uint64_t left_out() const { return left_out_; }

 private:
  bool Admit(uint32_t slot);

  const Options options_;
  std::vector<bool> admitted_;  // by the connection table's slots
  uint32_t admitted_count_ = 0;
  uint64_t left_out_ = 0;
};

}  // namespace cairn::slots

#endif  // CAIRN_DETECTOR_SLOTS_SLOT_COUNTER_H_
