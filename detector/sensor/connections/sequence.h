// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_CONNECTIONS_SEQUENCE_H_
#define CAIRN_DETECTOR_SENSOR_CONNECTIONS_SEQUENCE_H_

#include <cstdint>

namespace cairn::connections {

// How far `to` lies ahead of `from` in TCP's circular sequence space (RFC 9293, section 3.4);
// negative when behind.
constexpr int32_t SequenceDistance(uint32_t from, uint32_t to) {
  return static_cast<int32_t>(to - from);
}

// A segment farther than this from what its flow sent before is not believed at once: it may be
// forged, or the flow has jumped because much was lost.  Sixteen times the largest window that
// today's systems open by default.
constexpr int32_t kMaxPlausibleJump = 1 << 26;

constexpr bool IsPlausibleJump(uint32_t from, uint32_t to) {
  const int32_t distance = SequenceDistance(from, to);
  return distance <= kMaxPlausibleJump && distance >= -kMaxPlausibleJump;
}

}  // namespace cairn::connections

#endif  // CAIRN_DETECTOR_SENSOR_CONNECTIONS_SEQUENCE_H_
