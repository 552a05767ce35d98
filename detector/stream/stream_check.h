// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_STREAM_CHECK_H_
#define CAIRN_DETECTOR_STREAM_STREAM_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "detector/stream/events.h"
#include "detector/stream/flow_second.h"
#include "detector/stream/onset.h"

namespace cairn::stream {

// Whether events make sense together, as the correlator requires it: it believes its sensor, and a
// stream from a file may come from anybody.
//
// Each On() returns null, or what is wrong, in a few words that follow on "event 5: ".  After that
// nothing of the stream may be used.  Requires that each event by itself was checked
// (stored_codec.h).
//
// Thread-compatible.  O(1).  Memory: 16 bytes for each slot, up to the highest that was named.
class StreamCheck {
 public:
  // The correlator keeps what was told of a second until it is over: so much is no sensor's.
  static constexpr uint64_t kMostInASecond = uint64_t{1} << 21;

  const char* On(const timing::Onset& onset);
  const char* On(const FlowSecond& second);
  const char* On(const HostsParted& parted);
  const char* On(const ConnectionClosed& closed);
  const char* On(const InsertionSeen& seen);
  const char* On(const SessionSeen& seen);
  const char* On(const Tick& tick);

  // The latest time that any event told; InfinitePast: none did.
  PacketTime latest() const { return latest_; }

 private:
  // Whose seconds are told in a slot.
  struct Holder {
    uint64_t uid = 0;   // 0: nobody's
    uint64_t ends = 0;  // a hash of its hosts
  };

  void Reach(PacketTime time) {
    if (time > latest_) latest_ = time;
  }
  void ReachSecond(int64_t number);
  const char* CountInSecond();

  PacketTime latest_ = PacketTime::InfinitePast();
  PacketTime onset_not_before_ = PacketTime::InfinitePast();
  PacketTime tick_not_before_ = PacketTime::InfinitePast();
  bool has_second_ = false;
  int64_t second_ = 0;  // the latest that was told
  bool has_reached_ = false;
  int64_t reached_ = 0;       // by ends and ticks, too: the second that the correlator has come to
  bool may_go_on_ = false;    // one more second may be told that is before it
  int64_t played_until_ = 0;  // as of relays/screen_feed.h: nothing before is kept
  uint64_t in_second_ = 0;    // what is kept
  std::vector<Holder> holders_;
};

}  // namespace cairn::stream

#endif  // CAIRN_DETECTOR_STREAM_STREAM_CHECK_H_
