// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_FLOW_SECOND_H_
#define CAIRN_DETECTOR_STREAM_FLOW_SECOND_H_

#include <array>
#include <cstdint>

#include "base/time.h"
#include "detector/stream/flow_info.h"

namespace cairn::stream {

// New data that a flow sent in one second: how many segments by tenths, and in which fortieths any
// at all.  What hosts pass on shows in these, however much else they do (correlator/relays/,
// correlator/slots/), at the cost of one event a second for each flow that is active.
//
// Told when the second has passed, or with the end of the connection.  What came when the flow's
// own period said it would is left out: it says nothing about people.
struct FlowSecond {
  static constexpr PacketDelta kLength = PacketDelta::FromSeconds(1);
  static constexpr PacketDelta kTenth = PacketDelta::FromMilliseconds(100);
  static constexpr PacketDelta kMark = PacketDelta::FromMilliseconds(25);
  static constexpr unsigned kTenths = 10;
  static constexpr unsigned kMarks = 40;
  // Pauses of the connection that the server ended, less those that the client ended: from
  // kNoInitiative, within 0 ... kMostInitiative.  Who ends a pause of kPause has the initiative.
  static constexpr PacketDelta kPause = PacketDelta::FromSeconds(1);
  static constexpr uint8_t kNoInitiative = 2;
  static constexpr uint8_t kMostInitiative = 7;

  FlowInfo flow;
  int64_t number = 0;   // of the second, from the Unix epoch
  PacketTime previous;  // when the flow sent before this second; InfinitePast: never
  uint64_t marks = 0;   // a bit for each fortieth, from the lowest on
  std::array<uint8_t, kTenths> segments{};  // by tenths; 255 stands for more, too
  bool answered = false;                    // the other flow has sent data, too
  uint8_t initiative = kNoInitiative;

  PacketTime begin() const { return PacketTime::FromNanoseconds(number * kLength.ToNanoseconds()); }
  PacketTime end() const { return begin() + kLength; }
  PacketTime mark_time(unsigned mark) const { return begin() + kMark * mark; }
};

}  // namespace cairn::stream

#endif  // CAIRN_DETECTOR_STREAM_FLOW_SECOND_H_
