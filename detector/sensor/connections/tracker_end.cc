// SPDX-License-Identifier: BSD-3-Clause
// The part of the tracker that decides what a FIN and a RST mean.
#include "detector/sensor/connections/connection_end.h"
#include "detector/sensor/connections/connection_tracker.h"
#include "detector/sensor/connections/sequence.h"

namespace cairn::connections {
namespace {

Phase EndingPhase(const Connection& connection) {
  return IsAtWork(connection) ? Phase::kLingering : Phase::kEnding;
}

}  // namespace

void ConnectionTracker::TakeRst(uint32_t slot, const Segment& segment, unsigned flow,
                                Observation& observed) {
  Connection& connection = table_[slot];
  if (!IsAwaited(connection, segment, flow)) {
    observed.doubt = Doubt::kReset;
    CountDoubt(connection, Doubt::kReset);
    return;
  }
  connection.last_segment = segment.time;
  connection.reset_flows = (connection.reset_flows | Bit(flow)) & kBothFlows;
  if (MayHaveEnded(connection)) return;
  connection.ended_at = segment.time;
  MoveTo(slot, EndingPhase(connection));
}

// Its hosts work on.
void ConnectionTracker::Revive(uint32_t slot, Observation& observed) {
  Connection& connection = table_[slot];
  observed.withdrawn_rst = connection.reset_flows;
  for (unsigned flow = 0; flow < 2; ++flow) {
    if ((connection.reset_flows & Bit(flow)) != 0) CountDoubt(connection, Doubt::kReset);
  }
  connection.reset_flows = 0;
  const bool opened =
      connection.syn_seen == 0 || (connection.seq_known == kBothFlows && connection.ack_known != 0);
  MoveTo(slot, opened ? Phase::kEstablished : Phase::kHandshake);
}

// A FIN counts where its flow is, as data do; it is certain once it is acknowledged.  Until then
// data behind it take it back.
void ConnectionTracker::TakeFin(uint32_t slot, const Segment& segment, unsigned flow,
                                Observation& observed) {
  Connection& connection = table_[slot];
  const uint8_t bit = Bit(flow);
  if (segment.Has(kFin)) {
    const uint32_t end = segment.seq + (segment.Has(kSyn) ? 1 : 0) + segment.payload_bytes;
    const int32_t ahead = SequenceDistance(connection.next_seq[flow], end);
    if (ahead < 0 && (connection.fin_seen & bit) == 0 &&
        SequenceDistance(connection.acked[flow], end) >= 0) {
      // What lies behind it was not the sender's.
      connection.next_seq[flow] = end;
      observed.moved |= bit;
    } else if (ahead != 0) {
      return;
    }
    if ((connection.fin_seen & bit) != 0 && observed.new_bytes > 0) {
      // The one before it stood where these data are.
      connection.fin_acked = connection.fin_acked & ~bit & kBothFlows;
      observed.withdrawn_fin |= bit;
      CountDoubt(connection, Doubt::kFin);
    }
    connection.fin_seen = (connection.fin_seen | bit) & kBothFlows;
  } else if ((connection.fin_seen & bit) != 0 && observed.new_bytes > 0) {
    connection.fin_seen = connection.fin_seen & ~bit & kBothFlows;
    connection.fin_acked = connection.fin_acked & ~bit & kBothFlows;
    observed.withdrawn_fin |= bit;
    CountDoubt(connection, Doubt::kFin);
    if (MayHaveEnded(connection) && connection.reset_flows == 0) {
      MoveTo(slot, Phase::kEstablished);
    }
  }
  // Where only one direction is captured, its FIN is all that will ever be seen.
  const bool seen_other = (connection.seq_known & Bit(1 - flow)) != 0;
  const bool both = connection.fin_seen == kBothFlows;
  if (!both && (seen_other || connection.fin_seen == 0)) return;
  if (both && connection.fin_acked != 0) {
    const PacketTime time = MayHaveEnded(connection) && connection.reset_flows == 0
                                ? connection.ended_at
                                : segment.time;
    if (connection.reset_flows == 0) End(slot, EndCause::kClosed, time);
    return;
  }
  if (MayHaveEnded(connection)) return;
  connection.ended_at = segment.time;
  MoveTo(slot, EndingPhase(connection));
}

}  // namespace cairn::connections
