// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_SESSIONS_ORIENTATION_H_
#define CAIRN_DETECTOR_SENSOR_SESSIONS_ORIENTATION_H_

#include <cstdint>

#include "detector/findings/session_record.h"
#include "detector/sensor/connections/connection.h"
#include "detector/sensor/sessions/server_profile.h"
#include "detector/sensor/sessions/session_state.h"

namespace cairn::sessions {

// Which flow is the client's, and how sure that is (SessionRecord::server_confidence).
struct Orientation {
  unsigned client_flow = 0;
  uint8_t confidence = 0;
};

// By, in this order: a SYN or SYN-ACK (2; 1 when both sides sent a SYN); the known servers, when
// one end is among them and the other is not; a port below 1024, when the other is not below (1);
// the lower port; the sender of the first segment (0).
Orientation Orient(const SessionCounts& counts, const SessionState& state,
                   const connections::Connection& connection, ServerProfile& profile);

}  // namespace cairn::sessions

#endif  // CAIRN_DETECTOR_SENSOR_SESSIONS_ORIENTATION_H_
