// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_RELAYS_FLOW_ACTIVITY_H_
#define CAIRN_DETECTOR_RELAYS_FLOW_ACTIVITY_H_

#include <array>
#include <cstdint>

#include "capture/time.h"
#include "detector/findings/event.h"
#include "detector/relays/options.h"

namespace cairn::relays {

// Each alignment's slots begin a quarter of a slot after the one's before.  Flows that a relay
// keeps apart in one are together in another (Coskun & Memon 2007, section 4).
inline constexpr uint32_t kAlignments = 4;

// A flow sent new data, for the first time in a slot of some alignment at least: what the sensor
// half tells the screen.
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
  uint8_t initiative = 2;  // as of connections::Connection

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
      : quarter_ns_(QuarterNanoseconds(options.slot)), enabled_(options.enabled) {}

  static int64_t QuarterNanoseconds(PacketDelta slot) {
    return slot.ToNanoseconds() / static_cast<int64_t>(kAlignments);
  }

  // A connection that is not summed is told of in each such stretch, 17 s, as hosts come to be
  // watched.
  static int64_t Stretch(PacketTime time) { return time.ToNanoseconds() >> 34; }
  // Who ends a pause of such a length has the initiative.
  static constexpr PacketDelta kPause = PacketDelta::FromSeconds(1);

  bool enabled() const { return enabled_; }
  // Requires: times do not decrease.
  bool IsNew(PacketTime previous, PacketTime now) {
    if (!enabled_) return false;
    if (now >= end_) {
      const int64_t ns = now.ToNanoseconds();
      const int64_t begin = ns - ((ns % quarter_ns_) + quarter_ns_) % quarter_ns_;
      begin_ = PacketTime::FromNanoseconds(begin);
      end_ = PacketTime::FromNanoseconds(begin + quarter_ns_);
    }
    return previous < begin_;
  }

 private:
  const int64_t quarter_ns_;
  const bool enabled_;
  PacketTime begin_ = PacketTime::InfinitePast();
  PacketTime end_ = PacketTime::InfinitePast();
};

// Slots of each alignment, numbered from the Unix epoch.
class SlotNumbers {
 public:
  explicit SlotNumbers(PacketDelta slot) : quarter_ns_(ActivityClock::QuarterNanoseconds(slot)) {}

  // In quarters; floor, also before the epoch.
  int64_t Quarter(PacketTime time) const {
    const int64_t ns = time.ToNanoseconds();
    return ns / quarter_ns_ - (ns % quarter_ns_ < 0 ? 1 : 0);
  }
  // The slot of `alignment` that a quarter lies in.
  static int64_t Number(int64_t quarter, uint32_t alignment) {
    return (quarter + alignment) >> 2;  // an arithmetic shift: floor
  }

 private:
  static_assert(kAlignments == 4);
  const int64_t quarter_ns_;
};

}  // namespace cairn::relays

#endif  // CAIRN_DETECTOR_RELAYS_FLOW_ACTIVITY_H_
