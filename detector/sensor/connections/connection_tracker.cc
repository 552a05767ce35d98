// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/connections/connection_tracker.h"

#include <algorithm>

#include "detector/sensor/connections/connection_end.h"
#include "detector/sensor/connections/flow_place.h"
#include "detector/sensor/connections/sequence.h"
#include "detector/sensor/connections/trust.h"
#include "detector/stream/connection_id.h"

namespace cairn::connections {
namespace {

// How long after an end its repeated FINs, RSTs and acknowledgements are known for what they are.
constexpr PacketDelta kRepeatsEnd = PacketDelta::FromSeconds(600);

// How long it takes to believe that somebody's work has ended by a RST or a single FIN.
constexpr PacketDelta kLongPause = PacketDelta::FromSeconds(300);

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
    connection.originator_side = GuessOriginatorSide(place) & 1U;
  } else if (segment.Has(kAck)) {
    connection.originator = OriginatorSource::kSynAck;
    connection.originator_side = (1U - place.flow) & 1U;
  } else {
    connection.originator = OriginatorSource::kSyn;
    connection.originator_side = place.flow & 1U;
  }
}

}  // namespace

ConnectionTracker::ConnectionTracker(const Options& options, EndSink& ends)
    : table_(options.max_connections),
      handshake_(table_, options.handshake_timeout),
      established_(table_, options.established_timeout),
      ending_(table_, options.closing_timeout),
      lingering_(table_, std::max(kLongPause, options.closing_timeout)),
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
    case Phase::kEnding:
      return ending_;
    case Phase::kLingering:
      return lingering_;
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
  if (slot.has_value()) {
    Connection& connection = table_[*slot];
    const Doubt doubt = Judge(connection, segment, flow);
    if (doubt != Doubt::kNone) return ObserveDoubted(*slot, segment, flow, doubt);
    if (segment.Has(kSyn) && ReplacesAtOnce(connection, segment, flow)) {
      Replace(*slot, segment.time);
      slot.reset();
    } else if (connection.reuse_suspected && ConfirmsWaiting(*slot, segment, flow)) {
      BeginWithWaiting(*slot, place, hash, segment.time);
      slot = table_.Find(place.key, hash);
    }
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
  if (connection.phase == Phase::kClosed) return ObserveClosed(*slot, segment, flow);
  if (segment.Has(kSyn) && MustWait(connection, segment, flow)) {
    LetWait(*slot, segment, flow);
    return std::nullopt;
  }
  return ObserveIn(*slot, segment, flow);
}

// Late segments of a connection that has closed.
Observation ConnectionTracker::ObserveClosed(uint32_t slot, const Segment& segment, unsigned flow) {
  Observation observed{.slot = slot, .flow = static_cast<uint8_t>(flow)};
  if (segment.Has(kSyn)) TakeSyn(table_[slot], segment, flow);
  if (segment.Has(kRst) && !IsAwaited(table_[slot], segment, flow)) {
    observed.doubt = Doubt::kReset;
    CountDoubt(table_[slot], observed.doubt);
  }
  return observed;
}

// A segment that its receiver takes, in a connection that has not closed.
Observation ConnectionTracker::ObserveIn(uint32_t slot, const Segment& segment, unsigned flow) {
  Connection& connection = table_[slot];
  Observation observed{.slot = slot, .flow = static_cast<uint8_t>(flow)};
  if (segment.Has(kRst)) {
    TakeRst(slot, segment, flow, observed);
    return observed;
  }
  MeasureRoundTrip(connection, segment, flow);
  connection.last_segment = segment.time;
  TakeAck(connection, segment, flow, observed);
  TakeData(connection, segment, flow, observed);
  if (observed.place != DataPlace::kNone) CountData(observed, segment);
  if (observed.moved != 0) counters_.places_corrected += observed.moved == kBothFlows ? 2 : 1;
  if (connection.reuse_suspected && observed.new_bytes > 0) ReleaseUnbelieved(slot);
  if (segment.Has(kSyn)) {
    TakeSyn(connection, segment, flow);
  } else if (connection.phase == Phase::kHandshake && segment.Has(kAck) &&
             (flow == connection.originator_side || segment.payload_bytes > 0)) {
    MoveTo(slot, Phase::kEstablished);
  }
  if (MayHaveEnded(connection) && LivesOn(connection, segment, flow, observed.new_bytes)) {
    Revive(slot, observed);
  }
  if ((connection.fin_seen | (segment.flags & kFin)) != 0) TakeFin(slot, segment, flow, observed);
  return observed;
}

Observation ConnectionTracker::ObserveDoubted(uint32_t slot, const Segment& segment, unsigned flow,
                                              Doubt doubt) {
  Connection& connection = table_[slot];
  CountDoubt(connection, doubt);
  NoteDoubtedData(connection, segment, flow);
  return {.slot = slot, .flow = static_cast<uint8_t>(flow), .doubt = doubt};
}

void ConnectionTracker::CountDoubt(Connection& connection, Doubt doubt) {
  ++counters_.not_believed[static_cast<size_t>(doubt)];
  connection.CountNotBelieved();
}

void ConnectionTracker::CountData(const Observation& observed, const Segment& segment) {
  if (observed.place == DataPlace::kAhead) ++counters_.out_of_order_segments;
  if (observed.new_bytes == 0 && observed.place != DataPlace::kAhead && segment.payload_bytes > 0) {
    ++counters_.retransmitted_segments;
  }
}

std::optional<Observation> ConnectionTracker::ObserveStray(const Segment& segment,
                                                           const SegmentPlace& place, uint64_t hash,
                                                           std::optional<uint32_t> slot) {
  ++counters_.stray_segments;
  if (!keep_strays_) return std::nullopt;
  if (!slot.has_value()) {
    if (ended_.Holds(hash, segment.time, kRepeatsEnd)) {
      ++counters_.late_segments;
      return std::nullopt;
    }
    if (table_.full()) MakeRoom(segment.time);
    slot = table_.Insert(place.key, hash);
    table_[*slot].phase = Phase::kStray;
    table_[*slot].last_segment = segment.time;
    stray_.Add(*slot);
    counters_.peak = std::max<uint64_t>(counters_.peak, table_.size());
  }
  table_[*slot].last_segment = segment.time;
  return Observation{.slot = *slot, .flow = place.flow};
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
  connection.uid = stream::ConnectionId(place.key, segment.time);
  ++counters_.connections;
  connection.open = true;
  SetOriginator(connection, segment, place);
  connection.phase = segment.Has(kSyn) ? Phase::kHandshake : Phase::kEstablished;
  Judge(connection, segment, place.flow);
  if (connection.originator == OriginatorSource::kGuessed) ++counters_.midstream;
  WheelOf(connection.phase).Add(slot);
}

// The table is full: strays go first, then what has ended or may have (it was reported already, or
// will be now), then SYNs that nobody answered, then where somebody was at work until it may have
// ended, then the longest idle.
void ConnectionTracker::MakeRoom(PacketTime now) {
  if (const std::optional<uint32_t> slot = stray_.PopLongestIdle(); slot.has_value()) {
    ++counters_.evicted_strays;
    return Drop(*slot, EndCause::kEvicted, now);
  }
  for (IdleWheel* wheel : {&closed_, &ending_}) {
    const std::optional<uint32_t> slot = wheel->PopLongestIdle();
    if (slot.has_value()) return Drop(*slot, EndCause::kEvicted, now);
  }
  std::optional<uint32_t> slot = handshake_.PopLongestIdle();
  if (slot.has_value()) {
    ++counters_.evicted_unanswered;
    return Drop(*slot, EndCause::kEvicted, now);
  }
  slot = lingering_.PopLongestIdle();
  if (!slot.has_value()) {
    slot = established_.PopLongestIdle();
    ++counters_.evicted_idle;
  }
  Drop(*slot, EndCause::kEvicted, now);
}

void ConnectionTracker::Replace(uint32_t slot, PacketTime now) {
  WheelOf(table_[slot].phase).Remove(slot);
  Drop(slot, EndCause::kReused, now);
}

// What a wheel has let go: its end, if it had not ended yet, and out.
void ConnectionTracker::Drop(uint32_t slot, EndCause cause, PacketTime now) {
  Connection& connection = table_[slot];
  if (connection.reuse_suspected) ReleaseUnbelieved(slot);
  if (MayHaveEnded(connection)) {
    cause = connection.reset_flows != 0 ? EndCause::kReset : EndCause::kClosed;
    now = connection.ended_at;
  }
  if (connection.open) {
    connection.open = false;
    ends_.OnConnectionEnd(slot, connection, cause, now);
  }
  Forget(slot, cause, now);
}

void ConnectionTracker::Forget(uint32_t slot, EndCause cause, PacketTime now) {
  const Connection& connection = table_[slot];
  if (keep_strays_ && (connection.phase == Phase::kClosed || MayHaveEnded(connection))) {
    ended_.Add(table_.Hash(connection.key()), now);
  }
  ends_.OnConnectionForgotten(slot, connection, cause, now);
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
  } else if ((connection.data_seen & Bit(other)) != 0 && (connection.contested & Bit(other)) == 0 &&
             connection.round_trip[flow].Least().has_value()) {
    connection.round_trip[flow].Offer(segment.time - connection.last_data[other]);
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
  for (IdleWheel* wheel : {&ending_, &lingering_, &closed_, &stray_}) {
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
  __builtin_prefetch(&connection.ended_at);
  ends_.PrefetchForgetting(*next);
}

void ConnectionTracker::EndAll(PacketTime now) {
  for (IdleWheel* wheel : {&ending_, &lingering_, &handshake_, &established_, &closed_, &stray_}) {
    while (const std::optional<uint32_t> slot = wheel->PopLongestIdle()) {
      Drop(*slot, EndCause::kEndOfCapture, now);
    }
  }
}

}  // namespace cairn::connections
