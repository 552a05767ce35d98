// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_SESSIONS_OPTIONS_H_
#define CAIRN_DETECTOR_SENSOR_SESSIONS_OPTIONS_H_

#include <cstdint>

#include "base/time.h"

namespace cairn::sessions {

// What is recorded of sessions, and what the recorder may remember.
struct Options {
  bool enabled = false;
  // A session that lasts longer gets a record each time; zero: only at its end.
  PacketDelta interim_interval = PacketDelta::Zero();
  // Server addresses and ports remembered, so that mid-stream sessions find their server.
  uint32_t max_servers = 65536;
  // Hosts with a session to each other, remembered to recognise transient servers.
  uint32_t max_host_pairs = 65536;
};

}  // namespace cairn::sessions

#endif  // CAIRN_DETECTOR_SENSOR_SESSIONS_OPTIONS_H_
