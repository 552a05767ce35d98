// SPDX-License-Identifier: BSD-3-Clause
#include "detector/connections/connection_tracker.h"

#include <algorithm>

#include "detector/connections/sequence.h"

namespace cairn::connections {
namespace {

constexpr uint8_t Bit(unsigned flow) { return static_cast<uint8_t>(1U << flow); }

// Which segments of an unknown connection are worth a record: the handshake, and data in
// mid-stream.  A late ACK, FIN or RST says nothing that timing could use.
bool StartsConnection(const Segment& segment) {
  if (segment.Has(kRst)) return false;
  return segment.Has(kSyn) || segment.payload_bytes > 0;
}

// In mid-stream the server is the side with the smaller port: services listen low, clients pick
// high ports.
uint8_t GuessOriginatorSide(const SegmentPlace& place) {
  if (place.key.port[0] == place.key.port[1]) return place.flow;
  return place.key.port[0] > place.key.port[1] ? 0 : 1;
}

void SetOriginator(Connection& connection, const Segment& segment, const SegmentPlace& place) {
  if (!segment.Has(kSyn)) {
    connection.originator = OriginatorSource::kGuessed;
    connection.originator_side = GuessOriginatorSide(place);
  } else if (segment.Has(kAck)) {
    connection.originator = OriginatorSource::kSynAck;
    connection.originator_side = static_cast<uint8_t>(1 - place.flow);
  } else {
    connection.originator = OriginatorSource::kSyn;
    connection.originator_side = place.flow;
  }
}

}  // namespace

ConnectionTracker::ConnectionTracker(const Options& options, EndSink& ends)
    : table_(options.max_connections),
      handshake_(table_, options.handshake_timeout),
      established_(table_, options.established_timeout),
      closed_(table_, options.closing_timeout),
      stray_(table_, options.handshake_timeout),
      keep_strays_(options.keep_strays),
      ends_(ends) {}

IdleWheel& ConnectionTracker::WheelOf(Phase phase) {
  switch (phase) {
    case Phase::kHandshake:
      return handshake_;
    case Phase::kEstablished:
      return established_;
    case Phase::kStray:
      return stray_;
    case Phase::kClosed:
      break;
  }
  return closed_;
}

std::optional<Observation> ConnectionTracker::Observe(const Segment& segment,
                                                      const SegmentPlace& place, uint64_t hash) {
  const unsigned flow = place.flow;
  std::optional<uint32_t> slot = table_.Find(place.key, hash);
  if (slot.has_value() && IsNewIncarnation(table_[*slot], segment, flow)) {
    Replace(*slot, segment.time);
    slot.reset();
  }
  if (!slot.has_value() || table_[*slot].phase == Phase::kStray) {
    if (!StartsConnection(segment)) return ObserveStray(segment, place, hash, slot);
    if (!slot.has_value()) {
      slot = Create(segment, place, hash);
    } else {
      // The strays before it were of this connection.
      stray_.Remove(*slot);
      Start(*slot, segment, place);
    }
  }
  Connection& connection = table_[*slot];
  // The closing time-out counts from the end: a connection that lives on (the RST was forged, and
  // its ends did not believe it) is picked up again in mid-stream, however busy it is.
  if (connection.phase == Phase::kClosed) return Observation{*slot, 0, place.flow};
  MeasureRoundTrip(connection, segment, flow);
  connection.last_segment = segment.time;
  const uint32_t new_bytes = TakeData(connection, segment, flow);
  UpdatePhase(*slot, segment, flow);
  return Observation{*slot, new_bytes, place.flow};
}

std::optional<Observation> ConnectionTracker::ObserveStray(const Segment& segment,
                                                           const SegmentPlace& place, uint64_t hash,
                                                           std::optional<uint32_t> slot) {
  ++counters_.stray_segments;
  if (!keep_strays_) return std::nullopt;
  if (!slot.has_value()) {
    if (table_.full()) MakeRoom(segment.time);
    slot = table_.Insert(place.key, hash);
    table_[*slot].phase = Phase::kStray;
    table_[*slot].last_segment = segment.time;
    stray_.Add(*slot);
    counters_.peak = std::max<uint64_t>(counters_.peak, table_.size());
  }
  table_[*slot].last_segment = segment.time;
  return Observation{*slot, 0, place.flow};
}

uint32_t ConnectionTracker::Create(const Segment& segment, const SegmentPlace& place,
                                   uint64_t hash) {
  if (table_.full()) MakeRoom(segment.time);
  const uint32_t slot = table_.Insert(place.key, hash);
  Start(slot, segment, place);
  counters_.peak = std::max<uint64_t>(counters_.peak, table_.size());
  return slot;
}

void ConnectionTracker::Start(uint32_t slot, const Segment& segment, const SegmentPlace& place) {
  Connection& connection = table_[slot];
  connection.start = segment.time;
  connection.last_segment = segment.time;
  connection.uid = ++counters_.connections;
  connection.open = true;
  SetOriginator(connection, segment, place);
  connection.phase = segment.Has(kSyn) ? Phase::kHandshake : Phase::kEstablished;
  if (connection.originator == OriginatorSource::kGuessed) ++counters_.midstream;
  WheelOf(connection.phase).Add(slot);
}

// The table is full: strays go first, then what has ended (it was reported already), then SYNs that
// nobody answered, then the longest idle.
void ConnectionTracker::MakeRoom(PacketTime now) {
  if (const std::optional<uint32_t> slot = stray_.PopLongestIdle(); slot.has_value()) {
    ++counters_.evicted_strays;
    Drop(*slot, EndCause::kEvicted, now);
    return;
  }
  if (const std::optional<uint32_t> slot = closed_.PopLongestIdle(); slot.has_value()) {
    Drop(*slot, EndCause::kEvicted, now);
    return;
  }
  std::optional<uint32_t> slot = handshake_.PopLongestIdle();
  if (slot.has_value()) {
    ++counters_.evicted_unanswered;
  } else {
    slot = established_.PopLongestIdle();
    ++counters_.evicted_idle;
  }
  Drop(*slot, EndCause::kEvicted, now);
}

void ConnectionTracker::Replace(uint32_t slot, PacketTime now) {
  if (table_[slot].open) End(slot, EndCause::kReused, now);
  WheelOf(table_[slot].phase).Remove(slot);
  Forget(slot, EndCause::kReused, now);
}

// What a wheel has let go: its end, if it had not ended yet, and out.
void ConnectionTracker::Drop(uint32_t slot, EndCause cause, PacketTime now) {
  Connection& connection = table_[slot];
  if (connection.open) {
    connection.open = false;
    ends_.OnConnectionEnd(slot, connection, cause, now);
  }
  Forget(slot, cause, now);
}

void ConnectionTracker::Forget(uint32_t slot, EndCause cause, PacketTime now) {
  ends_.OnConnectionForgotten(slot, table_[slot], cause, now);
  table_.Erase(slot);
}

void ConnectionTracker::End(uint32_t slot, EndCause cause, PacketTime now) {
  Connection& connection = table_[slot];
  connection.open = false;
  ends_.OnConnectionEnd(slot, connection, cause, now);
  MoveTo(slot, Phase::kClosed);
}

void ConnectionTracker::MoveTo(uint32_t slot, Phase phase) {
  Connection& connection = table_[slot];
  if (connection.phase == phase) return;
  WheelOf(connection.phase).Remove(slot);
  connection.phase = phase;
  WheelOf(phase).Add(slot);
}

// Does this segment begin a new connection between the same endpoints?  After the old one has
// ended, a SYN does.  In mid-connection a lone SYN proves nothing (anybody can forge one to make a
// monitor forget): it must be confirmed, by the other side's SYN-ACK or by the next segment of the
// same flow.
bool ConnectionTracker::IsNewIncarnation(Connection& connection, const Segment& segment,
                                         unsigned flow) const {
  const unsigned other = 1 - flow;
  if (segment.Has(kSyn) && !segment.Has(kAck)) {
    if (connection.phase == Phase::kClosed || connection.phase == Phase::kStray) return true;
    if ((connection.seq_known & Bit(flow)) == 0)
      return false;  // simultaneous open, or the SYN after its answer
    if (connection.next_seq[flow] == segment.seq + 1 + segment.payload_bytes)
      return false;                                          // retransmission
    if (connection.phase == Phase::kHandshake) return true;  // a new attempt
    connection.reuse_suspected = true;
    connection.pending_seq[flow] = segment.seq + 1;
    connection.pending_known = Bit(flow);
    return false;
  }
  if (!connection.reuse_suspected || segment.Has(kRst)) return false;
  if (segment.Has(kSyn)) {
    return (connection.pending_known & Bit(other)) != 0 &&
           segment.ack == connection.pending_seq[other];
  }
  return (connection.pending_known & Bit(flow)) != 0 && segment.payload_bytes > 0 &&
         segment.seq == connection.pending_seq[flow];
}

// The sender has received all that the other side has sent.  When it says so it may be late: by a
// delayed acknowledgement, always, for a host that waits for its user's echo.  But it answers a SYN
// at once; so that comes first, and data only correct it downwards (a SYN that was lost on its
// way).  Where the handshake was not captured nothing is known.
void ConnectionTracker::MeasureRoundTrip(Connection& connection, const Segment& segment,
                                         unsigned flow) {
  const unsigned other = 1 - flow;
  if (!segment.Has(kAck) || (connection.seq_known & Bit(other)) == 0 ||
      segment.ack != connection.next_seq[other]) {
    return;
  }
  if (connection.phase == Phase::kHandshake) {
    if ((connection.syn_seen & Bit(other)) == 0) return;
    if (segment.Has(kSyn)) {
      const bool first = (connection.seq_known & Bit(flow)) == 0;  // and no copy of it
      if (first) connection.round_trip[flow].Offer(segment.time - connection.start);
    } else {
      connection.round_trip[flow].Offer(segment.time - connection.last_segment);
    }
  } else if ((connection.data_seen & Bit(other)) != 0 &&
             connection.round_trip[flow].Least().has_value()) {
    connection.round_trip[flow].Offer(segment.time - connection.last_data[other]);
  }
}

// How many bytes of the segment lie beyond everything its flow has sent so far: new data only.
uint32_t ConnectionTracker::TakeData(Connection& connection, const Segment& segment,
                                     unsigned flow) {
  const bool syn = segment.Has(kSyn);
  const uint32_t first = segment.seq + (syn ? 1 : 0);
  const uint32_t end = first + segment.payload_bytes;
  uint32_t& next = connection.next_seq[flow];
  if (segment.Has(kRst)) return 0;  // some stacks send a text with it; nobody typed that
  if (syn && connection.reuse_suspected) return 0;
  if ((connection.seq_known & Bit(flow)) == 0) {
    connection.seq_known |= Bit(flow);
    next = end;
    return segment.payload_bytes;
  }
  if (!IsPlausibleJump(next, end)) {
    const bool confirmed = (connection.pending_known & Bit(flow)) != 0 &&
                           IsPlausibleJump(connection.pending_seq[flow], end);
    if (!confirmed) {
      ++counters_.implausible_segments;
      connection.pending_seq[flow] = end;
      connection.pending_known |= Bit(flow);
      return 0;
    }
    connection.pending_known &= static_cast<uint8_t>(~Bit(flow));
    next = end;
    return segment.payload_bytes;
  }
  if (segment.payload_bytes == 0) return 0;
  const int32_t beyond = SequenceDistance(next, end);
  if (beyond <= 0) {
    ++counters_.retransmitted_segments;
    return 0;
  }
  if (SequenceDistance(next, first) > 0) ++counters_.out_of_order_segments;
  // The flow goes on where it was: what waited to be confirmed was not true.
  connection.pending_known &= static_cast<uint8_t>(~Bit(flow));
  next = end;
  return std::min(segment.payload_bytes, static_cast<uint32_t>(beyond));
}

void ConnectionTracker::UpdatePhase(uint32_t slot, const Segment& segment, unsigned flow) {
  Connection& connection = table_[slot];
  const bool seen_other = (connection.seq_known & Bit(1 - flow)) != 0;
  if (segment.Has(kSyn)) {
    connection.syn_seen |= Bit(flow);
    if (!segment.Has(kAck) && connection.originator != OriginatorSource::kSyn &&
        connection.phase == Phase::kHandshake) {
      // The capture delivered the SYN after its answer.
      connection.originator = OriginatorSource::kSyn;
      connection.originator_side = static_cast<uint8_t>(flow);
    }
  } else if (connection.phase == Phase::kHandshake && segment.Has(kAck) && !segment.Has(kRst) &&
             (flow == connection.originator_side || segment.payload_bytes > 0)) {
    MoveTo(slot, Phase::kEstablished);
  }
  const bool believable = (connection.seq_known & Bit(flow)) == 0 ||
                          IsPlausibleJump(connection.next_seq[flow], segment.seq) ||
                          connection.phase == Phase::kHandshake;
  if (segment.Has(kRst)) {
    if (believable) {
      End(slot, EndCause::kReset, segment.time);
    } else {
      ++counters_.implausible_segments;
    }
    return;
  }
  if (segment.Has(kFin) && believable) {
    connection.fin_seen |= Bit(flow);
    // Where only one direction is captured, its FIN is all that will ever be seen.
    if (connection.fin_seen == 3 || !seen_other) End(slot, EndCause::kClosed, segment.time);
  }
}

void ConnectionTracker::ExpireUntil(PacketTime now) {
  if (now < next_expiry_) return;
  next_expiry_ = now + PacketDelta::FromSeconds(1);
  for (IdleWheel* wheel : {&handshake_, &established_}) {
    while (const std::optional<uint32_t> slot = wheel->PopExpired(now)) {
      ++counters_.timed_out;
      PrefetchNext(*wheel);
      Drop(*slot, EndCause::kTimeout, now);
    }
  }
  for (IdleWheel* wheel : {&closed_, &stray_}) {
    while (const std::optional<uint32_t> slot = wheel->PopExpired(now)) {
      PrefetchNext(*wheel);
      Drop(*slot, EndCause::kTimeout, now);
    }
  }
}

// Records leave long after anybody needed them: all of their memory must be fetched.
void ConnectionTracker::PrefetchNext(const IdleWheel& wheel) const {
  const std::optional<uint32_t> next = wheel.ProbablyNext();
  if (!next.has_value()) return;
  const Connection& connection = table_[*next];
  __builtin_prefetch(&connection);
  __builtin_prefetch(&connection.last_data);
  __builtin_prefetch(&connection.onsets);
  ends_.PrefetchForgetting(*next);
}

void ConnectionTracker::EndAll(PacketTime now) {
  for (IdleWheel* wheel : {&handshake_, &established_, &closed_, &stray_}) {
    while (const std::optional<uint32_t> slot = wheel->PopLongestIdle()) {
      Drop(*slot, EndCause::kEndOfCapture, now);
    }
  }
}

}  // namespace cairn::connections
