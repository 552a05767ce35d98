// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SESSIONS_SESSION_STATE_H_
#define CAIRN_DETECTOR_SESSIONS_SESSION_STATE_H_

#include <array>
#include <cstdint>

#include "capture/segment.h"
#include "capture/time.h"
#include "detector/sessions/flow_bytes.h"
#include "detector/sessions/history.h"
#include "detector/sessions/round_trips.h"

namespace cairn::sessions {

// What is known of one flow of a live session.  Two cache lines; every segment needs the first.
struct alignas(64) FlowState {
  uint64_t packets = 0;
  uint64_t payload_bytes = 0;
  uint64_t repeated_bytes = 0;
  uint32_t repeated_packets = 0;
  uint32_t first_seq = 0;
  uint32_t last_seq = 0;
  uint8_t first_flags = 0;
  uint8_t flags = 0;
  uint8_t fingerprint_known : 1 = 0;
  uint8_t first_data_seen : 1 = 0;
  int32_t fingerprint = 0;
  int64_t off_ns = 0;    // pauses so far
  PacketTime last_data;  // or the session's start

  alignas(64) FlowBytes bytes;
};

// What is known of a live session, beside its connection's record: by the same slot.  All zero
// bytes when the slot is free.
struct SessionState {
  uint64_t id = 0;
  PacketTime first_time;
  PacketTime last_time;
  PacketTime interim_due;
  uint16_t vlan = 0;
  Tunnel tunnel = Tunnel::kNone;
  uint8_t known_vlan : 1 = 0;
  uint8_t transient : 1 = 0;  // its server is one
  uint8_t handshake_seen : 1 = 0;
  uint8_t ended : 1 = 0;               // `end` holds
  uint8_t reset_flows : 2 = 0;         // bit per flow: its RST ended something
  uint8_t end = 0;                     // SessionEnd
  uint8_t closed_by_plus_one = 0;      // flow; 0: nobody
  uint8_t first_data_by_plus_one = 0;  // flow; 0: nobody
  std::array<RoundTrips, 2> asked;     // [flow]: of the other flow's side
  History history;
  std::array<FlowState, 2> flow;
};

}  // namespace cairn::sessions

#endif  // CAIRN_DETECTOR_SESSIONS_SESSION_STATE_H_
