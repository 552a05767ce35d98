// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SESSIONS_SESSION_STATE_H_
#define CAIRN_DETECTOR_SESSIONS_SESSION_STATE_H_

#include <algorithm>
#include <array>
#include <cstdint>

#include "capture/segment.h"
#include "capture/time.h"
#include "detector/findings/session_record.h"
#include "detector/sessions/flow_bytes.h"
#include "detector/sessions/history.h"
#include "detector/sessions/round_trips.h"
#include "detector/sessions/sequence_gaps.h"

namespace cairn::sessions {

// What is known of one flow of a live session.  Two cache lines, of which most segments need only
// the first, and nothing else of the session.
struct alignas(64) FlowState {
  uint64_t packets : 48 = 0;
  uint64_t happened : 16 = 0;  // Happening bits
  uint64_t payload_bytes = 0;
  FlowBytes bytes;
  PacketTime last_data;  // or the session's start
  PacketTime last_time;
  int64_t off_ns = 0;  // pauses so far
  uint32_t last_seq = 0;
  uint8_t first_flags = 0;
  uint8_t flags = 0;
  uint8_t fingerprint_known : 1 = 0;
  uint8_t first_data_seen : 1 = 0;
  uint8_t handshake_seen : 1 = 0;
  RoundTrips::Awaited owes_answer = RoundTrips::kNothing;  // to the other flow's question

  alignas(64) uint32_t repeated_packets = 0;
  int32_t fingerprint = 0;
  SequenceGaps gaps;
  RoundTrips round_trips;  // of the other flow's side
};

// What is known of a live session, beside its connection's record: by the same slot.  All zero
// bytes when the slot is free.
struct SessionState {
  uint64_t id = 0;
  PacketTime first_time;
  std::array<uint32_t, 2> first_seq{};
  uint32_t interim_records = 0;
  uint16_t vlan = 0;
  uint8_t known_vlan : 1 = 0;
  uint8_t transient : 1 = 0;    // its server is one
  uint8_t ended : 1 = 0;        // `end` holds
  uint8_t reset_flows : 2 = 0;  // bit per flow: its RST ended something
  Tunnel tunnel : 3 = Tunnel::kNone;
  SessionEnd end : 3 = SessionEnd::kClosed;
  uint8_t closed_by_plus_one : 2 = 0;      // flow; 0: nobody
  uint8_t first_data_by_plus_one : 2 = 0;  // flow; 0: nobody
  History history;
  std::array<FlowState, 2> flow;

  PacketTime last_time() const { return std::max(flow[0].last_time, flow[1].last_time); }
};
static_assert(sizeof(SessionState) == 320);

}  // namespace cairn::sessions

#endif  // CAIRN_DETECTOR_SESSIONS_SESSION_STATE_H_
