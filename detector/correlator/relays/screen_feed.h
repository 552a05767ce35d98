// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_RELAYS_SCREEN_FEED_H_
#define CAIRN_DETECTOR_CORRELATOR_RELAYS_SCREEN_FEED_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "detector/correlator/relays/relay_screen.h"
#include "detector/stream/flow_second.h"

namespace cairn::relays {

// Gives the screen what flows did in one second in the order in which it happened: the stream tells
// it flow by flow, when the second is over.
//
// Thread-compatible.  Cost: O(1) for each fortieth of a second in which a flow was active.  Memory:
// about 160 bytes for each flow that the screen heeds in one second, and a bit for each slot of the
// connection table.
class ScreenFeed {
 public:
  // Requires: `screen` outlives this.
  explicit ScreenFeed(RelayScreen& screen) : screen_(screen) {}

  void Prefetch(const stream::FlowSecond& second) const { screen_.Prefetch(second.flow.slot); }
  // Requires: seconds do not decrease.
  void OnSecond(const stream::FlowSecond& second);
  // As RelayScreen's.  Its last second came before.
  void OnConnectionEnd(uint32_t slot, uint64_t uid, const std::array<IpAddress, 2>& ends,
                       PacketTime time);
  void AdvanceTo(PacketTime now);
  void Finish(PacketTime now);

  // What of it grows.
  size_t memory_bytes() const {
    return seconds_.capacity() * sizeof(stream::FlowSecond) + ends_.capacity() * sizeof(End);
  }

 private:
  struct End {
    uint32_t slot = 0;
    uint64_t uid = 0;
    std::array<IpAddress, 2> ends;
    PacketTime time;
  };
  // What happened in one fortieth of the second.
  struct Step {
    uint32_t index = 0;  // of seconds_ or ends_
    bool is_end = false;
  };

  void BeginSecond(int64_t number);
  void PlayAll();
  void Play(const stream::FlowSecond& second, unsigned mark);
  bool Waits(uint32_t slot) const { return slot < waits_.size() && waits_[slot]; }

  RelayScreen& screen_;
  int64_t number_ = std::numeric_limits<int64_t>::min();  // of the second at hand
  std::vector<stream::FlowSecond> seconds_;
  std::vector<End> ends_;
  std::vector<bool> waits_;  // by the connection table's slots: something of it is in seconds_
  std::array<std::vector<Step>, stream::FlowSecond::kMarks> steps_;
};

}  // namespace cairn::relays

#endif  // CAIRN_DETECTOR_CORRELATOR_RELAYS_SCREEN_FEED_H_
