// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_CONNECTIONS_COUNTERS_H_
#define CAIRN_DETECTOR_SENSOR_CONNECTIONS_COUNTERS_H_

#include <array>
#include <cstdint>

#include "detector/sensor/connections/observation.h"

namespace cairn::connections {

// What the connection table did and what it had to drop.  Only grows.
struct Counters {
  uint64_t connections = 0;         // ever seen
  uint64_t midstream = 0;           // of these: picked up without SYN or SYN-ACK
  uint64_t peak = 0;                // most records held at once
  uint64_t timed_out = 0;           // open connections that went silent
  uint64_t evicted_unanswered = 0;  // table full: never-answered SYNs
  uint64_t evicted_idle = 0;        // table full: the longest idle
  uint64_t evicted_strays = 0;      // table full: segments that belong to no connection
  uint64_t stray_segments = 0;  // belong to no known connection and start none (late ACK, FIN, RST)
  uint64_t late_segments = 0;   // of these: of a connection that ended some minutes before
  uint64_t retransmitted_segments = 0;              // data that brought nothing new
  uint64_t out_of_order_segments = 0;               // data beyond a gap
  std::array<uint64_t, kDoubts> not_believed = {};  // segments that their receivers would ignore
  uint64_t places_corrected = 0;  // flows that were set back: what they sent was not true
};

}  // namespace cairn::connections

#endif  // CAIRN_DETECTOR_SENSOR_CONNECTIONS_COUNTERS_H_
