// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_RELAYS_FLOW_ACTIVITY_H_
#define CAIRN_DETECTOR_CORRELATOR_RELAYS_FLOW_ACTIVITY_H_

#include <array>
#include <cstdint>

#include "base/time.h"
#include "detector/findings/event.h"
#include "detector/stream/relay_options.h"

namespace cairn::relays {

// Each alignment's slots begin a quarter of a slot after the one's before.  Flows that a relay
// keeps apart in one are together in another (Coskun & Memon 2007, section 4).
inline constexpr uint32_t kAlignments = 4;

// A flow sent new data, for the first time in a slot of some alignment at least.
struct FlowActivity {
  uint64_t uid = 0;  // of the connection
  std::array<Endpoint, 2> end;
  PacketTime start;  // of the connection
  PacketTime time;
  PacketTime previous;      // when the flow sent last; InfinitePast: never
  uint32_t slot = 0;        // of the connection table
  uint8_t flow = 0;         // runs from end[flow] to the other
  uint8_t client_side = 0;  // end[client_side] opened the connection
  OriginatorSource originator = OriginatorSource::kSyn;
  // Pauses that the server ended, less those that the client ended: from 2, within 0 ... 7.
  uint8_t initiative = 2;

  ConnectionSummary Summary() const {
    return {.uid = uid,
            .orig = end[client_side],
            .resp = end[1U - client_side],
            .start = start,
            .originator = originator};
  }
};

// Which of a flow's segments are worth telling.  Quarters of slots are counted from the Unix epoch.
// Cost: a comparison; a division for each quarter in which anything happens at all.
class ActivityClock {
 public:
  explicit ActivityClock(const Options& options)
      : quarter_(QuarterOf(options.slot)), enabled_(options.enabled) {}

  static PacketDelta QuarterOf(PacketDelta slot) {
    return PacketDelta::FromNanoseconds(slot.ToNanoseconds() / int64_t{kAlignments});
  }

  // Of a connection whose hosts are not watched, one activity in each such stretch of 17 s counts,
  // because they may be watched later.
  static int64_t Stretch(PacketTime time) { return time.ToNanoseconds() >> 34; }
  // Who ends a pause of such a length has the initiative.
  static constexpr PacketDelta kPause = PacketDelta::FromSeconds(1);

  // Requires: times do not decrease.
  bool IsNew(PacketTime previous, PacketTime now) {
    if (!enabled_) return false;
    if (now >= end_) {
      begin_ = StretchBegin(StretchNumber(now, quarter_), quarter_);
      end_ = begin_ + quarter_;
    }
    return previous < begin_;
  }

 private:
  const PacketDelta quarter_;
  const bool enabled_;
  PacketTime begin_ = PacketTime::InfinitePast();
  PacketTime end_ = PacketTime::InfinitePast();
};

// Slots of each alignment, numbered from the Unix epoch.
class SlotNumbers {
 public:
  explicit SlotNumbers(PacketDelta slot) : quarter_(ActivityClock::QuarterOf(slot)) {}

  int64_t Quarter(PacketTime time) const { return StretchNumber(time, quarter_); }
  // The slot of `alignment` that a quarter lies in.
  static int64_t Number(int64_t quarter, uint32_t alignment) {
    return (quarter + alignment) >> 2;  // an arithmetic shift: floor
  }

 private:
  static_assert(kAlignments == 4);
  const PacketDelta quarter_;
};

}  // namespace cairn::relays

#endif  // CAIRN_DETECTOR_CORRELATOR_RELAYS_FLOW_ACTIVITY_H_
