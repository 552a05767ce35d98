// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/connections/connection_end.h"

#include "detector/sensor/connections/sequence.h"

namespace cairn::connections {
namespace {

// What was on its way when the RST was sent has arrived by then.
constexpr PacketDelta kOnItsWay = PacketDelta::FromSeconds(1);

}  // namespace

bool IsAwaited(const Connection& connection, const Segment& reset, unsigned flow) {
  const bool sent_before = (connection.seq_known & Bit(flow)) != 0;
  const bool acked_before = (connection.ack_known & Bit(flow)) != 0;
  if (!sent_before && !acked_before) return true;
  // In answer to a SYN there is no number yet; the acknowledgement is the proof.
  if (connection.phase == Phase::kHandshake && reset.Has(kAck) &&
      reset.ack == connection.next_seq[1 - flow]) {
    return true;
  }
  const uint32_t next = connection.next_seq[flow];
  const bool fin = (connection.fin_seen & Bit(flow)) != 0;
  if (sent_before && (reset.seq == next || (fin && reset.seq == next + 1))) return true;
  // A host that knows nothing of the connection answers with the number that it was told.
  return acked_before && !sent_before && reset.seq == connection.acked[flow];
}

bool LivesOn(const Connection& connection, const Segment& segment, unsigned flow,
             uint32_t new_bytes) {
  if ((segment.flags & (kRst | kSyn)) != 0 && !(segment.Has(kSyn) && segment.Has(kAck)))
    return false;
  // FINs are contradicted where data come behind them.
  if (connection.reset_flows == 0) return false;
  const PacketDelta since = segment.time - connection.ended_at;
  if ((connection.reset_flows & Bit(flow)) != 0) {
    const bool closes = segment.Has(kFin) && (connection.fin_seen & Bit(flow)) == 0;
    return new_bytes > 0 || since > kOnItsWay || segment.Has(kSyn) || closes;
  }
  return since > kOnItsWay && new_bytes > 0;
}

bool IsAtWork(const Connection& connection) {
  constexpr uint32_t kSomeOnsets = 3;
  for (const auto& flow : connection.onsets) {
    if (flow[0].count >= kSomeOnsets || flow[1].count >= kSomeOnsets) return true;
  }
  return false;
}

}  // namespace cairn::connections
