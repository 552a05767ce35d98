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
#include "detector/timing/pair_filter.h"

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
// Only connections that may take part in pairs are counted, and at most Options::max_connections at
// once: where there are more, those that came first, so that a busy link costs no more than a quiet
// one.  What comes while there is no room is told by left_out().
//
// Cost: O(1), a division by a constant.  Memory: a byte for each slot of the connection table.
class SlotCounter {
 public:
  // `filter`: who may take part.
  SlotCounter(const Options& options, const timing::PairFilter& filter)
      : options_(options), filter_(filter) {}

  // `flow` of `connection` sent new data at `time`.  A value when that ended a slot.  Call after
  // IdlePeriods::OnNewData.
  std::optional<SlotCount> OnNewData(connections::Connection& connection, uint32_t slot,
                                     uint8_t flow, PacketTime time);
  // The connection in `slot` has ended.
  void OnConnectionEnd(uint32_t slot);

  // Slots that were not told for want of room.
  uint64_t left_out() const { return left_out_; }

 private:
  bool IsAdmitted(uint32_t slot) const { return slot < admitted_.size() && admitted_[slot]; }
  bool Admit(const timing::Onset& flow);

  const Options options_;
  const timing::PairFilter filter_;
  std::vector<bool> admitted_;  // by the connection table's slots
  uint32_t admitted_count_ = 0;
  uint64_t left_out_ = 0;
};

}  // namespace cairn::slots

#endif  // CAIRN_DETECTOR_SLOTS_SLOT_COUNTER_H_
