// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/connections/flow_place.h"

#include <algorithm>

namespace cairn::connections {
namespace {

// How long ago data were sent that the sender's own next number does not cover, before that proves
// them wrong: longer than segments overtake one another.
constexpr PacketDelta kOvertaking = PacketDelta::FromSeconds(1);

// An acknowledgement may be captured before the data that it acknowledges, if two interfaces'
// clocks differ; people type less than this in such a time.
constexpr int32_t kLate = 1 << 20;

unsigned With(unsigned bits, unsigned flow) { return bits | Bit(flow); }
unsigned Without(unsigned bits, unsigned flow) { return bits & ~unsigned{Bit(flow)}; }
bool In(unsigned bits, unsigned flow) { return (bits & Bit(flow)) != 0; }

// Data wait beyond a gap, and the flow has not passed them since.
bool Waits(const Connection& connection, unsigned flow) {
  return In(connection.ahead_known, flow) &&
         SequenceDistance(connection.next_seq[flow], connection.ahead_end[flow]) > 0;
}

// The flow is at `place` now.  What was contested, or waited, is decided.
void MoveFlow(Connection& connection, unsigned flow, uint32_t place, Observation& observed) {
  connection.next_seq[flow] = place;
  connection.contested = Without(connection.contested, flow) & kBothFlows;
  observed.moved |= Bit(flow);
}

// A claim that nobody has substantiated: acknowledged beyond what was sent.
bool ClaimedAhead(const Connection& connection, unsigned flow) {
  return In(connection.ack_known, flow) &&
         SequenceDistance(connection.next_seq[flow], connection.acked[flow]) > 0;
}

// The receiver has acknowledged what was captured beyond the gap.
void BelieveAhead(Connection& connection, unsigned flow, PacketTime time, Observation& observed) {
  if (In(connection.ahead_fin, flow)) {
    connection.fin_seen = With(connection.fin_seen, flow) & kBothFlows;
  }
  if (In(connection.ahead_doubted, flow)) {
    // What looked unlike the flow is what its host sends now.
    connection.hop_trust[flow] = 0;
    connection.checksums_right = Without(connection.checksums_right, flow) & kBothFlows;
    connection.checksums_wrong = With(connection.checksums_wrong, flow) & kBothFlows;
  }
  MoveFlow(connection, flow, connection.ahead_end[flow], observed);
  connection.ahead_known = Without(connection.ahead_known, flow) & kBothFlows;
  connection.last_data[flow] = std::max(connection.last_data[flow], time);
  connection.unbelieved_units[flow] = 0;
}

void TakeFirstAck(Connection& connection, uint32_t ack, unsigned other) {
  const bool known = In(connection.seq_known, other);
  if (known && !IsPlausibleJump(connection.next_seq[other], ack)) return;
  connection.ack_known = With(connection.ack_known, other) & kBothFlows;
  connection.acked[other] = ack;
  if (known && In(connection.fin_seen, other) && ack == connection.next_seq[other] + 1) {
    connection.fin_acked = With(connection.fin_acked, other) & kBothFlows;
    connection.acked[other] = connection.next_seq[other];
  }
  if (known && SequenceDistance(ack, connection.next_seq[other]) >= 0) {
    connection.unbelieved_units[other] = 0;
  }
}

bool IsNear(uint32_t place, uint32_t seq) {
  const int32_t distance = SequenceDistance(place, seq);
  return distance >= -kLate && distance <= kLate;
}

// Its number is near where its own flow is, or may be after a gap.
bool SpeaksFromItsPlace(const Connection& connection, const Segment& segment, unsigned flow) {
  return !In(connection.seq_known, flow) || IsNear(connection.next_seq[flow], segment.seq) ||
         (In(connection.ahead_known, flow) && IsNear(connection.ahead_end[flow], segment.seq));
}

// `beyond`: how far.
void TakeAckBeyond(Connection& connection, const Segment& segment, unsigned other, int32_t beyond,
                   Observation& observed) {
  const uint32_t ack = segment.ack;
  uint32_t& acked = connection.acked[other];
  if (beyond == 1 && In(connection.fin_seen, other)) {
    connection.fin_acked = With(connection.fin_acked, other) & kBothFlows;
    acked = connection.next_seq[other];
    connection.unbelieved_units[other] = 0;
    return;
  }
  if (Waits(connection, other)) {
    const uint32_t end = connection.ahead_end[other];
    const bool with_fin = In(connection.ahead_fin, other) && ack == end + 1;
    const int32_t not_yet = SequenceDistance(ack, end);
    // Far beyond what is acknowledged anything may wait.
    if (with_fin || (not_yet >= 0 && not_yet <= kLate)) {
      BelieveAhead(connection, other, segment.time, observed);
      acked = with_fin ? end : ack;
      if (with_fin) connection.fin_acked = With(connection.fin_acked, other) & kBothFlows;
      return;
    }
  }
  // A second claim that goes on from a first that reached far: the capture lost what lies between.
  const int32_t further = SequenceDistance(acked, ack);
  if (SequenceDistance(connection.next_seq[other], acked) > kLate && further > 0 &&
      further <= kLate) {
    MoveFlow(connection, other, acked, observed);
  }
  acked = ack;
}

// The flow's first segment.
void Begin(Connection& connection, uint32_t first, uint32_t bytes, unsigned flow,
           Observation& observed) {
  connection.seq_known = With(connection.seq_known, flow) & kBothFlows;
  connection.first_seq[flow] = first;
  connection.next_seq[flow] = first + bytes;
  if (!In(connection.ack_known, flow) || !IsPlausibleJump(first, connection.acked[flow])) {
    connection.ack_known = Without(connection.ack_known, flow) & kBothFlows;
    connection.acked[flow] = first;
  }
  if (bytes == 0) return;
  observed.new_bytes = bytes;
  observed.place = DataPlace::kNext;
}

// Data behind all that is believed.
void TakeAhead(Connection& connection, const Segment& segment, uint32_t first, uint32_t end,
               unsigned flow, Observation& observed) {
  const bool fin = segment.Has(kFin);
  observed.place = segment.payload_bytes > 0 ? DataPlace::kAhead : DataPlace::kNone;
  CountUnheard(connection, flow);
  const bool agreed = ClaimedAhead(connection, flow) && first == connection.acked[flow];
  const bool goes_on = Waits(connection, flow) && first == connection.ahead_end[flow];
  if (agreed || (goes_on && NobodyAcknowledges(connection, flow))) {
    if (!agreed) {
      // Data at the old place will take this back.
      connection.back_end[flow] = connection.next_seq[flow];
      connection.back_known = With(connection.back_known, flow) & kBothFlows;
      connection.acked[flow] = first;
    }
    MoveFlow(connection, flow, end, observed);
    connection.ahead_known = Without(connection.ahead_known, flow) & kBothFlows;
    observed.new_bytes = segment.payload_bytes;
    if (segment.payload_bytes > 0) observed.place = DataPlace::kNext;
    return;
  }
  connection.ahead_end[flow] = end;
  connection.ahead_known = With(connection.ahead_known, flow) & kBothFlows;
  connection.ahead_doubted = Without(connection.ahead_doubted, flow) & kBothFlows;
  connection.ahead_fin =
      (fin ? With(connection.ahead_fin, flow) : Without(connection.ahead_fin, flow)) & kBothFlows;
}

// Only the flow itself is heard.  Where its latest segment comes once more with another length, one
// of the two is forged: it goes on from the end of the other.  Likewise data where it was before it
// jumped.
void TakeBehindUnheard(Connection& connection, const Segment& segment, uint32_t first, uint32_t end,
                       unsigned flow, Observation& observed) {
  constexpr uint32_t kProbeBytes = 1;
  observed.place = DataPlace::kBack;
  if (In(connection.back_known, flow) && first == connection.back_end[flow]) {
    connection.back_known = Without(connection.back_known, flow) & kBothFlows;
    connection.acked[flow] = first;
    MoveFlow(connection, flow, end, observed);
    observed.place = DataPlace::kAgain;
    return;
  }
  if (first != connection.acked[flow] || segment.payload_bytes <= kProbeBytes) return;
  observed.place = DataPlace::kAgain;
  if (end == connection.next_seq[flow]) return;
  connection.back_end[flow] = end;
  connection.back_known = With(connection.back_known, flow) & kBothFlows;
}

// Nothing of the data lies behind what is believed.
void TakeBehind(Connection& connection, const Segment& segment, uint32_t first, uint32_t end,
                unsigned flow, Observation& observed) {
  if (NobodyAcknowledges(connection, flow)) {
    return TakeBehindUnheard(connection, segment, first, end, flow, observed);
  }
  if (SequenceDistance(connection.acked[flow], end) > 0) {
    observed.place = DataPlace::kAgain;
    if (end != connection.next_seq[flow]) {
      connection.contested = With(connection.contested, flow) & kBothFlows;
    } else {
      connection.resent = With(connection.resent, flow) & kBothFlows;
    }
    return;
  }
  observed.place = DataPlace::kBack;
  connection.back_end[flow] = end;
  connection.back_known = With(connection.back_known, flow) & kBothFlows;
}

// Without payload the number is the sender's next one.
void TakeNumber(Connection& connection, const Segment& segment, unsigned flow,
                Observation& observed) {
  if ((segment.flags & (kSyn | kFin)) != 0) return;
  const int32_t ahead = SequenceDistance(connection.next_seq[flow], segment.seq);
  if (ahead == 1 && In(connection.fin_seen, flow)) return;
  if (ahead > 0 && ClaimedAhead(connection, flow) && segment.seq == connection.acked[flow]) {
    MoveFlow(connection, flow, segment.seq, observed);
    return;
  }
  // A probe stands one below.  Data that the sender has not counted, and nobody acknowledged, were
  // not the sender's.
  if (ahead < -1 && SequenceDistance(connection.acked[flow], segment.seq) >= 0 &&
      !NobodyAcknowledges(connection, flow) &&
      segment.time - connection.last_data[flow] > kOvertaking) {
    MoveFlow(connection, flow, segment.seq, observed);
  }
}

}  // namespace

void TakeUnusualAck(Connection& connection, const Segment& segment, unsigned other,
                    Observation& observed) {
  const uint32_t ack = segment.ack;
  uint32_t& acked = connection.acked[other];
  if (!In(connection.ack_known, other)) return TakeFirstAck(connection, ack, other);
  const int32_t step = SequenceDistance(acked, ack);
  if (!In(connection.seq_known, other)) {
    if (step > 0) acked = ack;
    return;
  }
  // Who does not know the numbers does not know his own flow's, either (RFC 5961, section 5.2).
  if (!SpeaksFromItsPlace(connection, segment, 1 - other)) return;
  const uint32_t next = connection.next_seq[other];
  const int32_t beyond = SequenceDistance(next, ack);
  if (beyond > 0) return TakeAckBeyond(connection, segment, other, beyond, observed);
  if (beyond < 0 && In(connection.back_known, other) && ack == connection.back_end[other]) {
    connection.back_known = Without(connection.back_known, other) & kBothFlows;
    acked = ack;
    MoveFlow(connection, other, ack, observed);
    connection.unbelieved_units[other] = 0;
    return;
  }
  // Less than was acknowledged before is late, unless that was a claim.
  if (step <= 0 && !ClaimedAhead(connection, other)) return;
  acked = ack;
  connection.unbelieved_units[other] = 0;
  observed.settles_other = In(connection.contested | connection.resent, other);
  if (beyond < 0) return;
  connection.contested = Without(connection.contested, other) & kBothFlows;
  connection.resent = Without(connection.resent, other) & kBothFlows;
}

void TakeUnusualData(Connection& connection, const Segment& segment, unsigned flow,
                     Observation& observed) {
  const uint32_t first = segment.seq + (segment.Has(kSyn) ? 1 : 0);
  const uint32_t end = first + segment.payload_bytes;
  if (!In(connection.seq_known, flow)) {
    return Begin(connection, first, segment.payload_bytes, flow, observed);
  }
  uint32_t& next = connection.next_seq[flow];
  const int32_t ahead = SequenceDistance(next, first);
  if (segment.payload_bytes == 0 && !(segment.Has(kFin) && ahead > 0)) {
    return TakeNumber(connection, segment, flow, observed);
  }
  if (ahead > 0) return TakeAhead(connection, segment, first, end, flow, observed);
  const int32_t beyond = SequenceDistance(next, end);
  if (beyond <= 0) return TakeBehind(connection, segment, first, end, flow, observed);
  // In order, perhaps with a beginning that was sent before.
  CountUnheard(connection, flow);
  if (NobodyAcknowledges(connection, flow)) connection.acked[flow] = first;
  next = end;
  connection.resent = Without(connection.resent, flow) & kBothFlows;
  observed.new_bytes = static_cast<uint32_t>(beyond);
  observed.place = DataPlace::kNext;
  if (ahead == 0) return;
  observed.place = DataPlace::kAgain;
  connection.contested = With(connection.contested, flow) & kBothFlows;
  if (NobodyAcknowledges(connection, flow)) observed.moved |= Bit(flow);
}

void NoteDoubtedData(Connection& connection, const Segment& segment, unsigned flow) {
  if (segment.payload_bytes == 0 || (segment.flags & (kSyn | kRst)) != 0 ||
      !In(connection.seq_known, flow) || Waits(connection, flow) ||
      SequenceDistance(connection.next_seq[flow], segment.seq) < 0) {
    return;
  }
  connection.ahead_end[flow] = segment.seq + segment.payload_bytes;
  connection.ahead_known = With(connection.ahead_known, flow) & kBothFlows;
  connection.ahead_fin = Without(connection.ahead_fin, flow) & kBothFlows;
  connection.ahead_doubted = With(connection.ahead_doubted, flow) & kBothFlows;
}

}  // namespace cairn::connections
