// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_CONNECTIONS_CONNECTION_END_H_
#define CAIRN_DETECTOR_SENSOR_CONNECTIONS_CONNECTION_END_H_

#include "capture/segment.h"
#include "detector/sensor/connections/connection.h"
#include "detector/sensor/connections/observation.h"

// Has a connection ended?  Anybody can forge a RST or a FIN, so what they say holds only for as
// long as nothing contradicts it: a host that has reset or closed a connection does not go on
// sending on it, and its peer stops, too, once it has heard.
//
// Thread-compatible.  O(1).
namespace cairn::connections {

inline bool MayHaveEnded(const Connection& connection) {
  return connection.phase == Phase::kEnding || connection.phase == Phase::kLingering;
}

// Does its receiver believe a RST of `flow`?  Only if its number is just the one that is awaited
// (RFC 5961, section 3.2).
bool IsAwaited(const Connection& connection, const Segment& reset, unsigned flow);

// Does this segment show that a connection which may have ended lives on?  `new_bytes`: what it
// brings.
bool LivesOn(const Connection& connection, const Segment& segment, unsigned flow,
             uint32_t new_bytes);

// Has somebody been at work on it?  Then it takes longer to believe its end: people pause.
bool IsAtWork(const Connection& connection);

}  // namespace cairn::connections

#endif  // CAIRN_DETECTOR_SENSOR_CONNECTIONS_CONNECTION_END_H_
