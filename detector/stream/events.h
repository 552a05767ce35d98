// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_EVENTS_H_
#define CAIRN_DETECTOR_STREAM_EVENTS_H_

#include <array>
#include <cstdint>

#include "base/address.h"
#include "base/time.h"
#include "detector/findings/event.h"
#include "detector/findings/session_record.h"
#include "detector/stream/flow_second.h"
#include "detector/stream/onset.h"

// What a sensor tells of what it sees, in packet order: onsets (onset.h), what flows sent in a
// second (flow_second.h), and these.  Plain values, all of them.
namespace cairn::stream {

// A connection carries no more data: its hosts have parted.  Its slot may name another connection
// from now on, while onsets that wait to be believed (onset_gate.h) are still to come.
struct HostsParted {
  uint32_t slot = 0;
  uint64_t uid = 0;
  std::array<IpAddress, 2> ends;  // by side
  PacketTime time;
};

// After HostsParted: nothing more comes of this connection.  Also of those that never had an onset.
struct ConnectionClosed {
  uint32_t slot = 0;
  uint64_t uid = 0;
  SessionEnd cause = SessionEnd::kClosed;
  PacketTime time;
};

// A connection received `segments` that its hosts ignore: many.  Once for each connection.
struct InsertionSeen {
  ConnectionSummary connection;
  uint32_t segments = 0;
  PacketTime time;
};

// The record of a connection, without the alerts that name it: the sensor does not know them.
struct SessionSeen {
  uint64_t uid = 0;      // of the connection; 0: a stray's, which has none
  bool is_last = false;  // nothing more is recorded of it
  SessionRecord record;
};

// Packet time has come to `time`; nothing earlier follows.
struct Tick {
  PacketTime time;
  bool moves_time = true;     // although no packet did: the link is silent
  uint64_t packets_lost = 0;  // by capture, so far
};

}  // namespace cairn::stream

#endif  // CAIRN_DETECTOR_STREAM_EVENTS_H_
