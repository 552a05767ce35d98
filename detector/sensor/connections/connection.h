// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_CONNECTIONS_CONNECTION_H_
#define CAIRN_DETECTOR_SENSOR_CONNECTIONS_CONNECTION_H_

#include <array>
#include <cstdint>

#include "base/address.h"
#include "base/time.h"
#include "capture/segment.h"
#include "detector/findings/event.h"
#include "detector/sensor/connections/round_trip.h"
#include "detector/stream/connection_key.h"

namespace cairn::connections {

// The key of a segment's connection and the flow (0 or 1) that the segment belongs to.
struct SegmentPlace {
  ConnectionKey key;
  uint8_t flow = 0;
};

// Field by field into its place: a whole one that is returned is put together on the stack first,
// and waits there for its own stores.
inline void SetPlace(const Segment& segment, SegmentPlace& place) {
  const bool forward =
      segment.src != segment.dst ? segment.src < segment.dst : segment.src_port <= segment.dst_port;
  const unsigned source = forward ? 0 : 1;
  place.key.ip[source] = segment.src;
  place.key.ip[1 - source] = segment.dst;
  place.key.port[source] = segment.src_port;
  place.key.port[1 - source] = segment.dst_port;
  place.flow = source & 1U;
}
inline SegmentPlace PlaceOf(const Segment& segment) {
  SegmentPlace place;
  SetPlace(segment, place);
  return place;
}

inline constexpr unsigned kBothFlows = 3;  // a bit for each

// Where a connection is in its life; decides its time-out and the order of eviction.
enum class Phase : uint8_t {
  kHandshake,    // a SYN, and no answer yet
  kEstablished,  // both sides spoke, or data was seen
  kEnding,       // a RST or FIN may have ended it: it has when nothing contradicts that before long
  kLingering,    // likewise, where somebody may be at work: waits longer
  kClosed,       // ended; kept for a moment so that late segments do not look like a new connection
  kStray,        // never began: an ACK, FIN or RST of nothing known (Options::keep_strays)
};

// Coarse times are kept in units of 2^16 ns: 65.5 us, up to 78 hours in 32 bits.
inline constexpr int kTimeUnitBits = 16;
inline constexpr uint32_t kNeverBelieved = 0xffffffff;

// The onsets of one flow for one kind of pair (kinds may use different idle thresholds).
struct FlowOnsets {
  PacketTime last = PacketTime::InfinitePast();
  uint32_t count = 0;
  // From the onset before `last` to `last`, in units of 2^16 ns (65.5 us, up to 78 hours): fine
  // enough to tell whether two flows' earlier onsets coincided.  0: there was none.
  uint32_t gap_units = 0;
};

// One TCP connection.  256 bytes, four cache lines in the order of how often they are needed: every
// segment, segments with data, onsets, and the rest.  With the index and the pair list's head a
// connection costs at most 320 bytes (tested; see docs/architecture.md).
struct alignas(64) Connection {
  // Line 1: every segment.
  std::array<IpAddress, 2> ip;
  std::array<uint16_t, 2> port{};
  std::array<uint32_t, 2> next_seq{};  // one beyond the highest number that is believed, per flow
  std::array<uint32_t, 2> acked{};     // up to where the other side says it has received, per flow
  uint8_t seq_known : 2 = 0;           // bit per flow: next_seq is valid
  uint8_t ack_known : 2 = 0;           // bit per flow: acked is the other side's word
  uint8_t syn_seen : 2 = 0;            // bit per flow
  uint8_t fin_seen : 2 = 0;            // bit per flow
  Phase phase : 3 = Phase::kHandshake;
  // Whether not_believed_count is more than zero: told here, so that line 4 stays out of the cache.
  bool was_doubted : 1 = false;
  uint8_t ahead_known : 2 = 0;         // bit per flow: ahead_end holds something
  uint8_t ahead_doubted : 2 = 0;       // bit per flow: by the header of what is there
  std::array<uint8_t, 2> hop_limit{};  // usual, per flow; 0: not known
  PacketTime last_segment;

  // Line 2: data.
  std::array<PacketTime, 2> last_data = {PacketTime::InfinitePast(), PacketTime::InfinitePast()};
  PacketTime start;
  uint64_t uid = 0;
  // Per flow: how long before last_data the last data came that are believed (BelievedData()).
  std::array<uint32_t, 2> unbelieved_units = {kNeverBelieved, kNeverBelieved};
  // Per flow: where its activity is counted, and in which second
  // (sensor/activity/activity_recorder.h)
  std::array<uint32_t, 2> activity_at{};
  std::array<uint8_t, 2> activity_second{};
  std::array<RoundTrip, 2> round_trip;       // from the capture point to each side
  std::array<uint8_t, 2> hop_trust{};        // per flow (trust.h)
  std::array<uint16_t, 2> latest_waiting{};  // per flow (sensor/onsets/onset_gate.h)
  // How many onsets in a row came when the flow's own period said they would: per flow, the low
  // four bits for direct pairs, the high four for indirect ones.
  std::array<uint8_t, 2> periodic_runs{};
  uint8_t unheard_counts = 0;  // Unheard() of both flows
  uint8_t data_seen : 2 = 0;   // bit per flow: carried new data
  uint8_t contested : 2 = 0;   // bit per flow: data came where unacknowledged data had been
  uint8_t resent : 2 = 0;      // bit per flow: its latest data came again
  OriginatorSource originator : 2 = OriginatorSource::kSyn;
  uint8_t originator_side : 1 = 0;
  bool open : 1 = false;  // started and not ended
  bool told : 1 = false;  // the correlator may know it
  // Pauses that the server ended, less those that the client ended: from 2, within 0 ... 7.
  uint8_t initiative : 3 = 2;
  bool reuse_suspected : 1 = false;  // a SYN arrived in mid-connection (syn_waiting.h)
  uint8_t checksums_right : 2 = 0;   // bit per flow: its first was (trust.h)
  uint8_t checksums_wrong : 2 = 0;   // likewise
  uint8_t prompt_acks : 4 = 0;       // PromptAcks() of both flows

  // Line 3: onsets, [flow][PairKind].
  std::array<std::array<FlowOnsets, 2>, 2> onsets;

  // Line 4: what is rare.
  PacketTime ended_at;  // in kEnding and kLingering
  uint32_t timer_next = 0;
  uint32_t timer_previous = 0;
  uint32_t timer_bucket = 0;
  std::array<uint32_t, 2> first_seq{};  // behind the SYN, or of the first data
  // Other places that the flow could be at (flow_place.h).
  std::array<uint32_t, 2> ahead_end{};
  std::array<uint32_t, 2> back_end{};
  uint8_t ahead_fin : 2 = 0;    // bit per flow: its FIN stands at ahead_end
  uint8_t back_known : 2 = 0;   // bit per flow: back_end holds something
  uint8_t fin_acked : 2 = 0;    // bit per flow
  uint8_t reset_flows : 2 = 0;  // bit per flow: its RST may have ended the connection
  bool insertion_told : 1 = false;
  uint8_t not_believed_count = 0;  // NotBelieved()

  // How many of its segments its hosts would ignore; 255 stands for more, too.
  uint8_t NotBelieved() const { return was_doubted ? not_believed_count : uint8_t{0}; }
  void CountNotBelieved() {
    was_doubted = true;
    if (not_believed_count < 255) ++not_believed_count;
  }
  // When `flow` last sent data that are believed.
  PacketTime BelievedData(unsigned flow) const {
    const uint32_t units = unbelieved_units[flow];
    if (units == kNeverBelieved) return PacketTime::InfinitePast();
    return last_data[flow] -
           PacketDelta::FromNanoseconds(static_cast<int64_t>(units) << kTimeUnitBits);
  }
  // How many of the flow's latest waiting data were acknowledged in time, 0 ... 3
  // (sensor/onsets/onset_gate.h).
  unsigned PromptAcks(unsigned flow) const { return prompt_acks >> (2 * flow) & 3U; }
  void SetPromptAcks(unsigned flow, unsigned count) {
    prompt_acks = ((prompt_acks & ~(3U << (2 * flow))) | count << (2 * flow)) & 0xfU;
  }
  // How many segments with data the flow sent since the other side spoke; 15 stands for more, too.
  unsigned Unheard(unsigned flow) const { return unheard_counts >> (4 * flow) & 15U; }
  ConnectionKey key() const { return {ip, port}; }
  ConnectionSummary Summary() const {
    return {.uid = uid,
            .orig = {ip[originator_side], port[originator_side]},
            .resp = {ip[1 - originator_side], port[1 - originator_side]},
            .start = start,
            .originator = originator};
  }
};
static_assert(sizeof(Connection) == 256);

}  // namespace cairn::connections

#endif  // CAIRN_DETECTOR_SENSOR_CONNECTIONS_CONNECTION_H_
