// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_ACTIVITY_SLOT_COUNTER_H_
#define CAIRN_DETECTOR_SENSOR_ACTIVITY_SLOT_COUNTER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "detector/sensor/activity/host_roles.h"
#include "detector/sensor/connections/connection.h"
#include "detector/stream/onset.h"
#include "detector/stream/pair_filter.h"
#include "detector/stream/slot_count.h"
#include "detector/stream/slot_options.h"

namespace cairn::slots {

struct EndedSlot {
  int64_t number = 0;
  uint8_t count = 0;  // 1 ... 255
};

// `flow` of `connection` sent new data at `time`: counts it in the connection record.  A value when
// that ended a slot.  Call after IdlePeriods::OnNewData.  Periodic data (three equal intervals and
// more) are left out: they say nothing about people.
std::optional<EndedSlot> CountNewData(connections::Connection& connection, uint8_t flow,
                                      PacketTime time);

// Counts each flow's new data by slots, and passes on those that can be compared.
//
// Only connections that may take part in pairs are passed on, from the moment when one end holds
// connections of both kinds, accepted and opened; before that, there is nothing to compare them
// with.  At most Options::max_connections are passed on at once, those that came first, so that a
// busy link costs no more than a quiet one.  left_out() counts the others.
//
// Cost: O(1), a division by a constant.  Memory: four bytes for each slot of the
// connection table, and HostRoles.
class SlotCounter {
 public:
  // `filter`: who may take part.
  SlotCounter(const Options& options, const timing::PairFilter& filter)
      : options_(options), filter_(filter) {}

  // New data of the connection in this slot will probably come soon.
  void Prefetch(uint32_t slot) const {
    if (slot < standing_.size()) __builtin_prefetch(&standing_[slot], 1);
  }
  // Likewise, once that has come: what the hosts' roles will need.
  void PrefetchRoles(const connections::Connection& connection, uint32_t slot,
                     PacketTime time) const;
  // As CountNewData().  `slot`: of the connection.
  std::optional<SlotCount> OnNewData(connections::Connection& connection, uint32_t slot,
                                     uint8_t flow, PacketTime time);
  // The connection in `slot` has ended.
  void OnConnectionEnd(uint32_t slot, const connections::Connection& connection);

  // Connections that there was no room for, at first or ever.
  uint64_t left_out() const { return left_out_; }

 private:
  enum class Kind : uint8_t {
    kUnknown,
    kExcluded,  // may not take part in pairs
    kWaiting,   // counted among its hosts' roles
    kNoRoom,    // so, and turned away once
    kAdmitted,
  };
  struct Standing {
    Kind kind : 3 = Kind::kUnknown;
    uint32_t client_side : 1 = 0;  // when it was counted: a late SYN may tell otherwise
    uint32_t asked : 28 = 0;       // when, in units of kAskAgain
  };
  static_assert(sizeof(Standing) == 4);

  bool IsToldOf(const connections::Connection& connection, uint32_t slot, uint8_t flow,
                PacketTime time);

  const Options options_;
  const timing::PairFilter filter_;
  HostRoles roles_;
  std::vector<Standing> standing_;  // by the connection table's slots
  uint32_t admitted_ = 0;
  uint64_t left_out_ = 0;
};

}  // namespace cairn::slots

#endif  // CAIRN_DETECTOR_SENSOR_ACTIVITY_SLOT_COUNTER_H_
