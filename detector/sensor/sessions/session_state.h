// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_SESSIONS_SESSION_STATE_H_
#define CAIRN_DETECTOR_SENSOR_SESSIONS_SESSION_STATE_H_

#include <array>
#include <cstdint>

#include "base/time.h"
#include "capture/segment.h"
#include "detector/findings/session_record.h"
#include "detector/sensor/sessions/flow_bytes.h"
#include "detector/sensor/sessions/history.h"
#include "detector/sensor/sessions/round_trips.h"
#include "detector/sensor/sessions/sequence_gaps.h"
#include "detector/sensor/sessions/side_states.h"
#include "detector/sensor/sessions/waiting_data.h"

// What is known of a live session, beside its connection's record: by the same slot.  In parts by
// how often they are needed, because what takes time is to fetch them: nearly every segment needs
// the first, one cache line, and the usual session needs no more than the first two.  All zero
// bytes when the slot is free.  Arrays of two are by flow.
namespace cairn::sessions {

struct FlowFlags {
  uint8_t tcp = 0;                                         // TcpFlag bits of all segments
  RoundTrips::Awaited owes_answer = RoundTrips::kNothing;  // to the other flow's question
  uint16_t happened : kHistoryEvents = 0;                  // HistoryEvent bits
  uint16_t first_data_seen : 1 = 0;
  uint16_t handshake_seen : 1 = 0;  // of the connection: both flows' are set at once
  uint16_t anomalous : 1 = 0;       // has a FlowAnomalies
  uint16_t waits : 1 = 0;           // data beyond a gap wait in it
};

// What every segment changes.
struct alignas(64) SessionCounts {
  PacketTime last_time;
  std::array<uint64_t, 2> packets{};
  std::array<uint32_t, 2> last_seq{};
  std::array<FlowBytes, 2> bytes;
  std::array<FlowFlags, 2> flags;
};
static_assert(sizeof(SessionCounts) == 64);

// What the beginning, the end and some segments between them change.
struct alignas(64) SessionState {
  uint64_t id = 0;
  PacketTime first_time;
  std::array<uint32_t, 2> first_seq{};
  std::array<uint8_t, 2> first_flags{};
  uint16_t vlan = 0;
  uint32_t interim_records = 0;
  uint8_t known_vlan : 1 = 0;
  uint8_t known_fingerprints : 2 = 0;  // bit per flow
  uint8_t transient : 1 = 0;           // its server is one
  uint8_t ended : 1 = 0;               // `end` holds
  Tunnel tunnel : 3 = Tunnel::kNone;
  SessionEnd end : 3 = SessionEnd::kClosed;
  uint8_t closed_by_plus_one : 2 = 0;      // flow; 0: nobody
  uint8_t first_data_by_plus_one : 2 = 0;  // flow; 0: nobody
  SideStates sides;
  History history;

  alignas(64) std::array<RoundTrips, 2> round_trips;  // that this flow's data ask for
  std::array<int64_t, 2> off_ns{};                    // pauses before its data so far
};
static_assert(sizeof(SessionState) == 128);

// What losses and repeats leave of one flow; and the fingerprint of its first data.
struct FlowAnomalies {
  uint64_t repeated_bytes = 0;
  uint32_t repeated_packets = 0;
  int32_t fingerprint = 0;
  uint32_t unbelieved_packets = 0;
  WaitingData waiting;
  SequenceGaps gaps;
};
using SessionAnomalies = std::array<FlowAnomalies, 2>;
static_assert(sizeof(SessionAnomalies) == 256);

}  // namespace cairn::sessions

#endif  // CAIRN_DETECTOR_SENSOR_SESSIONS_SESSION_STATE_H_
