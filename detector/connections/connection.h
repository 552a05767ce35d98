// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CONNECTIONS_CONNECTION_H_
#define CAIRN_DETECTOR_CONNECTIONS_CONNECTION_H_

#include <array>
#include <cstdint>

#include "capture/address.h"
#include "capture/segment.h"
#include "capture/time.h"
#include "detector/connections/round_trip.h"
#include "detector/findings/event.h"

namespace cairn::connections {

// A connection's two ends in a fixed order, so that both directions find the same record: the
// numerically smaller endpoint is side 0.  Flow 0 runs from side 0 to side 1, flow 1 back.
struct ConnectionKey {
  std::array<IpAddress, 2> ip;
  std::array<uint16_t, 2> port{};

  bool operator==(const ConnectionKey&) const = default;
  Endpoint end(unsigned side) const { return {ip[side], port[side]}; }
};

// The key of a segment's connection and the flow (0 or 1) that the segment belongs to.
struct SegmentPlace {
  ConnectionKey key;
  uint8_t flow = 0;
};

inline SegmentPlace PlaceOf(const Segment& segment) {
  const bool forward =
      segment.src != segment.dst ? segment.src < segment.dst : segment.src_port <= segment.dst_port;
  if (forward) return {{{segment.src, segment.dst}, {segment.src_port, segment.dst_port}}, 0};
  return {{{segment.dst, segment.src}, {segment.dst_port, segment.src_port}}, 1};
}

// Where a connection is in its life; decides its time-out and the order of eviction.
enum class Phase : uint8_t {
  kHandshake,    // a SYN, and no answer yet
  kEstablished,  // both sides spoke, or data was seen
  kClosed,       // ended; kept for a moment so that late segments do not look like a new connection
  kStray,        // never began: an ACK, FIN or RST of nothing known (Options::keep_strays)
};

// The onsets of one flow for one kind of pair (kinds may use different idle thresholds).
struct FlowOnsets {
  PacketTime last = PacketTime::InfinitePast();
  uint32_t count = 0;
  // From the onset before `last` to `last`, in units of 2^16 ns (65.5 us, up to 78 hours): fine
  // enough to tell whether two flows' earlier onsets coincided.  0: there was none.
  uint32_t gap_units = 0;
};

// One TCP connection.  192 bytes, three cache lines in the order of how often they are needed:
// every segment, segments with data, onsets.  With the index and the pair list's head a connection
// costs at most 256 bytes (tested; see docs/architecture.md).
struct alignas(64) Connection {
  // Line 1: every segment.
  std::array<IpAddress, 2> ip;
  std::array<uint16_t, 2> port{};
  std::array<uint32_t, 2> next_seq{};  // one beyond the highest sequence number sent, per flow
  uint8_t seq_known = 0;               // bit per flow: next_seq is valid
  uint8_t syn_seen = 0;                // bit per flow
  uint8_t fin_seen = 0;                // bit per flow
  Phase phase = Phase::kHandshake;
  PacketTime last_segment;
  uint32_t timer_next = 0;
  uint32_t timer_previous = 0;

  // Line 2: data.
  std::array<PacketTime, 2> last_data = {PacketTime::InfinitePast(), PacketTime::InfinitePast()};
  PacketTime start;
  uint64_t uid = 0;
  std::array<uint32_t, 2>
      pending_seq{};          // an implausible sequence number that waits to be confirmed, per flow
  uint8_t pending_known = 0;  // bit per flow
  uint8_t data_seen = 0;      // bit per flow: carried new data
  uint8_t originator_side = 0;
  OriginatorSource originator : 2 = OriginatorSource::kSyn;
  // A SYN arrived in mid-connection; its number waits in pending_seq.
  bool reuse_suspected : 1 = false;
  bool open : 1 = false;      // started and not ended
  bool screened : 1 = false;  // the relay screen sums its flows
  // Pauses that the server ended, less those that the client ended: from 2, within 0 ... 7.
  uint8_t initiative : 3 = 2;
  std::array<RoundTrip, 2> round_trip;  // from the capture point to each side
  std::array<uint8_t, 2> slot_count{};  // new data in the slot `slot_number`, per flow
  uint32_t timer_bucket = 0;
  std::array<uint32_t, 2> slot_number{};
  // How many onsets in a row came when the flow's own period said they would, [flow][PairKind].
  std::array<std::array<uint8_t, 2>, 2> periodic_run{};

  // Line 3: onsets, [flow][PairKind].
  std::array<std::array<FlowOnsets, 2>, 2> onsets;

  ConnectionKey key() const { return {ip, port}; }
  ConnectionSummary Summary() const {
    return {.uid = uid,
            .orig = {ip[originator_side], port[originator_side]},
            .resp = {ip[1 - originator_side], port[1 - originator_side]},
            .start = start,
            .originator = originator};
  }
};
static_assert(sizeof(Connection) <= 256);

}  // namespace cairn::connections

#endif  // CAIRN_DETECTOR_CONNECTIONS_CONNECTION_H_
