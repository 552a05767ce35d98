// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_CONNECTIONS_OPTIONS_H_
#define CAIRN_DETECTOR_SENSOR_CONNECTIONS_OPTIONS_H_

#include <cstdint>

#include "base/time.h"

namespace cairn::connections {

// Limits and time-outs of the connection table.  All times are packet time without a segment in
// either direction.
struct Options {
  uint32_t max_connections = 1000000;
  PacketDelta handshake_timeout = PacketDelta::FromSeconds(60);  // a SYN that nobody answered
  PacketDelta established_timeout =
      PacketDelta::FromSeconds(24 * 3600);                     // people go to lunch, and home
  PacketDelta closing_timeout = PacketDelta::FromSeconds(10);  // after both FINs or a RST
  // Segments that belong to no connection and start none get a record of their own, too: for who
  // counts every segment.  They are no connections for anybody else, go first when the table is
  // full, and time out as an unanswered SYN does.
  bool keep_strays = false;
};

}  // namespace cairn::connections

#endif  // CAIRN_DETECTOR_SENSOR_CONNECTIONS_OPTIONS_H_
