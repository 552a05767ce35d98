// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_ONSETS_IDLE_PERIODS_H_
#define CAIRN_DETECTOR_SENSOR_ONSETS_IDLE_PERIODS_H_

#include <cstdint>
#include <optional>

#include "detector/sensor/connections/connection.h"
#include "detector/stream/onset.h"
#include "detector/stream/timing_options.h"

namespace cairn::timing {

// What events tell of `flow` of `connection`.
stream::FlowInfo DescribeFlow(const connections::Connection& connection, uint32_t slot,
                              uint8_t flow);

// Did the idle period before the flow's latest data end when the flow's own period said it would,
// for the third time or more?
bool SendsByClock(const connections::Connection& connection, uint8_t flow);

// Cuts each flow's new data into ON and OFF periods (Zhang & Paxson 2000, section 3.2). Its state
// lies in the connection record; this class only knows the thresholds.  Cost: O(1), no allocation.
class IdlePeriods {
 public:
  explicit IdlePeriods(const Options& options);

  // `flow` of `connection` sent new data at `time`.  A value when that ended an idle period for
  // either kind of pair.
  std::optional<Onset> OnNewData(connections::Connection& connection, uint32_t slot, uint8_t flow,
                                 PacketTime time) const;
  // The end of a pause, as whoever observes it knows it.
  struct Pause {
    PacketTime time;
    PacketDelta gap;  // in which the flow sent nothing
    uint32_t wait_ms = OnsetHistory::kNoWait;
  };
  // The same where that is known already.
  std::optional<Onset> AfterPause(connections::Connection& connection, uint32_t slot, uint8_t flow,
                                  const Pause& pause) const;
  // OnsetHistory::wait_ms of data that `flow` sends at `time`; before last_data knows of them.
  static uint32_t WaitOf(const connections::Connection& connection, unsigned flow, PacketTime time);
  // No pause up to this long ends in an onset.
  PacketDelta shortest() const { return shortest_; }

 private:
  const std::array<PacketDelta, kKinds> idle_threshold_;
  const std::array<PacketDelta, kKinds> period_tolerance_;
  const PacketDelta shortest_;
};

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_SENSOR_ONSETS_IDLE_PERIODS_H_
