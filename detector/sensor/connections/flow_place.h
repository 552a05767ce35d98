// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_CONNECTIONS_FLOW_PLACE_H_
#define CAIRN_DETECTOR_SENSOR_CONNECTIONS_FLOW_PLACE_H_

#include "capture/segment.h"
#include "detector/sensor/connections/connection.h"
#include "detector/sensor/connections/observation.h"
#include "detector/sensor/connections/sequence.h"

// How far a flow has come, as its receiver sees it.
//
// Acknowledgements decide: the receiver has what it acknowledged, and it never acknowledges what it
// ignores (a wrong checksum, a packet that died on the way, data beyond its window).  For each
// flow:
//
//   back_end ......... acked ........... next ............ ahead_end
//   data that were     what the other    what its sender   data beyond a gap
//   acknowledged       side has          has sent
//   before
//
//  * Data at `next` count at once.  Data between `acked` and `next` may be a repeat, or the truth
//  about
//    what was forged there: they count as sent again, and change no place.
//  * Data beyond `next` wait.  They count when an acknowledgement covers them or, where nobody
//    acknowledges, when the flow goes on from there; data at the old place take that back.
//  * An acknowledgement beyond `next` is a claim: acked > next.  It counts when data or the
//  sender's
//    next number begin just there, when it agrees with data that wait, or when a further one
//    follows close behind (the capture loses packets); a lower one takes it back.
//  * Data that were acknowledged before are a repeat.  But if the receiver then acknowledges just
//  their
//    end, less than it acknowledged before, the earlier word was forged, and so were the data that
//    it confirmed: back to there.
//
// Thread-compatible.  O(1), no allocation; nearly all segments take the inline parts.
namespace cairn::connections {

// Nobody says what has arrived of this flow: only one direction is captured, at least for now.
inline constexpr unsigned kUnheard = 15;
inline bool NobodyAcknowledges(const Connection& connection, unsigned flow) {
  return (connection.ack_known & Bit(flow)) == 0 || connection.Unheard(flow) >= kUnheard;
}

// Receivers acknowledge sooner (RFC 9293, section 3.8.6.3: within half a second); where one does
// not, no acknowledgement proves nothing.
inline constexpr PacketDelta kLateAck = PacketDelta::FromMilliseconds(1000);

inline void CountUnheard(Connection& connection, unsigned flow) {
  if (connection.Unheard(flow) >= kUnheard) return;
  connection.unheard_counts = static_cast<uint8_t>(connection.unheard_counts + (1U << (4 * flow)));
}

// The parts for rare cases.
void TakeUnusualAck(Connection& connection, const Segment& segment, unsigned other,
                    Observation& observed);
void TakeUnusualData(Connection& connection, const Segment& segment, unsigned flow,
                     Observation& observed);

// What the segment says about the other flow.
inline void TakeAck(Connection& connection, const Segment& segment, unsigned flow,
                    Observation& observed) {
  if (!segment.Has(kAck)) return;
  const unsigned other = 1 - flow;
  // Only the flow of this segment remains.
  connection.unheard_counts &= static_cast<uint8_t>(0xf << (4 * flow));
  uint32_t& acked = connection.acked[other];
  if (segment.ack == acked && (connection.ack_known & Bit(other)) != 0) return;
  const bool usual = (connection.ack_known & connection.seq_known & Bit(other)) != 0 &&
                     SequenceDistance(acked, segment.ack) > 0 &&
                     SequenceDistance(segment.ack, connection.next_seq[other]) >= 0 &&
                     ((connection.contested | connection.resent) & Bit(other)) == 0;
  if (!usual) return TakeUnusualAck(connection, segment, other, observed);
  acked = segment.ack;
  connection.unbelieved_units[other] = 0;
  if (segment.time - connection.last_data[other] > kLateAck) connection.SetPromptAcks(other, 0);
}

// What the segment brings to its own flow.  Requires: no RST.
inline void TakeData(Connection& connection, const Segment& segment, unsigned flow,
                     Observation& observed) {
  uint32_t& next = connection.next_seq[flow];
  const bool usual = segment.seq == next && (segment.flags & (kSyn | kFin)) == 0 &&
                     (connection.seq_known & Bit(flow)) != 0;
  if (!usual) return TakeUnusualData(connection, segment, flow, observed);
  if (segment.payload_bytes == 0) return;
  CountUnheard(connection, flow);
  if (NobodyAcknowledges(connection, flow)) connection.acked[flow] = next;
  next += segment.payload_bytes;
  connection.resent = connection.resent & ~unsigned{Bit(flow)} & 3U;
  observed.new_bytes = segment.payload_bytes;
  observed.place = DataPlace::kNext;
}

// A segment that its header makes doubtful: its data are believed only when they are acknowledged.
void NoteDoubtedData(Connection& connection, const Segment& segment, unsigned flow);

}  // namespace cairn::connections

#endif  // CAIRN_DETECTOR_SENSOR_CONNECTIONS_FLOW_PLACE_H_
