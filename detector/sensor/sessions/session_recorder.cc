// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/sessions/session_recorder.h"

#include <algorithm>

#include "detector/sensor/connections/sequence.h"
#include "detector/sensor/onsets/idle_periods.h"
#include "detector/sensor/sessions/orientation.h"

namespace cairn::sessions {
namespace {

using connections::Connection;
using connections::DataPlace;
using connections::Doubt;
using connections::EndCause;
using connections::Observation;
using connections::Phase;

// How long after data a session may have commanded a new one.
constexpr PacketDelta kCommandTime = PacketDelta::FromSeconds(5);
constexpr uint64_t kBeginning = 10;  // packets in which the most happens
constexpr uint64_t kAskEvery = 8;    // packets of a flow: its round trip
constexpr char kTableSetting[] = "connections.max_connections";

// The end of a flow that its receiver has not acknowledged, and that its sender did not send again
// either: it was not the sender's.
uint64_t UntrueTail(const Connection& connection, unsigned flow, PacketTime now) {
  constexpr PacketDelta kUnderWay = PacketDelta::FromSeconds(1);
  const uint8_t bit = connections::Bit(flow);
  if ((connection.ack_known & connection.seq_known & bit) == 0) return 0;
  const int32_t tail =
      connections::SequenceDistance(connection.acked[flow], connection.next_seq[flow]);
  if (tail <= 0) return 0;
  const bool given_up = (connection.resent & bit) == 0 && connection.last_data[flow].IsSet() &&
                        now - connection.last_data[flow] > kUnderWay;
  if ((connection.contested & bit) == 0 && !given_up) return 0;
  return static_cast<uint64_t>(tail);
}

// A FIN that stands beyond what is believed of its flow: it counts when its place is reached.
bool IsUnbelievedFin(const Connection& connection, const Segment& segment, unsigned flow) {
  return segment.Has(kFin) && !segment.Has(kRst) && connection.phase != Phase::kStray &&
         (connection.fin_seen & connections::Bit(flow)) == 0;
}

}  // namespace

SessionRecorder::SessionRecorder(const Options& options, const connections::ConnectionTable& table,
                                 const timing::Options& timing, const PrefixSet& protected_networks,
                                 SessionSink& sink)
    : options_(options),
      idle_threshold_(timing.direct.idle_threshold),
      protected_(protected_networks),
      pair_filter_(timing, protected_networks),
      table_(table),
      sink_(sink),
      counts_(options.enabled ? table.max_connections() : 0, kTableSetting),
      states_(options.enabled ? table.max_connections() : 0, kTableSetting),
      anomalies_(options.enabled ? table.max_connections() : 0, kTableSetting),
      profile_(options) {}

void SessionRecorder::PrefetchWhole(uint32_t slot) const {
  const SessionState& state = states_[slot];
  __builtin_prefetch(&counts_[slot], 1);
  __builtin_prefetch(&state, 1);
  __builtin_prefetch(&state.round_trips, 1);
}

void SessionRecorder::PrefetchRest(uint32_t slot, uint8_t flow, const Segment& segment) const {
  const SessionCounts& counts = counts_[slot];
  const FlowFlags& flags = counts.flags[flow];
  const bool ends = (segment.flags & (kFin | kRst)) != 0;
  if (ends || counts.packets[0] + counts.packets[1] < kBeginning) {
    PrefetchWhole(slot);
    if (!ends && flags.handshake_seen == 0) profile_.Prefetch(segment);
    return;
  }
  const bool answers = flags.owes_answer != RoundTrips::kNothing;
  const bool asks = (counts.packets[flow] + 1) % kAskEvery == 0;
  const bool pauses =
      segment.payload_bytes > 0 && segment.time - table_[slot].last_data[flow] > idle_threshold_;
  if (answers || asks || pauses) __builtin_prefetch(&states_[slot].round_trips, 1);
}

void SessionRecorder::OnSegment(const Segment& segment, const Observation& observed) {
  const unsigned flow = observed.flow;
  const Session session = SessionAt(observed.slot);
  SessionCounts& counts = session.counts;
  now_ = std::max(now_, segment.time);
  const bool begins = counts.packets[flow] == 0;
  if (begins) BeginFlow(session, segment, flow);
  ++counts.packets[flow];
  if (observed.doubt != Doubt::kNone) return TakeUnbelieved(session, flow);
  if (observed.withdrawn_fin != 0) WithdrawFins(session, observed.withdrawn_fin);
  counts.last_seq[flow] = segment.seq;
  counts.last_time = std::max(counts.last_time, segment.time);
  FlowFlags& flags = counts.flags[flow];
  if (IsUnbelievedFin(session.connection, segment, flow)) {
    flags.tcp |= segment.flags & static_cast<uint8_t>(~kFin);
  } else {
    flags.tcp |= segment.flags;
  }
  const bool happens = TakeHistoryEvents(session, segment, observed);
  if ((observed.moved | observed.withdrawn_rst | observed.withdrawn_fin) != 0) {
    TakeCorrections(session, observed);
  }
  if (observed.new_bytes > 0) TakeNewData(session, segment, flow);
  if (begins || happens || (segment.flags & (kSyn | kFin | kRst)) != 0) {
    TakeStep(session, segment, flow);
  }
  TakeRoundTrips(session, segment, flow);
  if (flags.handshake_seen == 0 && session.connection.syn_seen == connections::kBothFlows) {
    LearnServer(session, segment.time);
  }
  if (options_.interim_interval > PacketDelta::Zero()) WriteInterim(session);
}

void SessionRecorder::BeginFlow(const Session& session, const Segment& segment, unsigned flow) {
  SessionState& state = session.state;
  if (state.id == 0) {
    PrefetchWhole(table_.NextSlot());
    state.id = ++counters_.sessions;
    state.first_time = segment.time;
    session.counts.last_time = segment.time;
    state.tunnel = segment.details.tunnel;
    state.vlan = segment.details.vlan;
    state.known_vlan = segment.details.Knows(SegmentDetails::kVlan) ? 1 : 0;
  }
  state.first_seq[flow] = segment.seq;
  state.first_flags[flow] = segment.flags;
}

// Whether the header tells of something that is the first of its kind.
bool SessionRecorder::TakeHistoryEvents(const Session& session, const Segment& segment,
                                        const Observation& observed) {
  const unsigned flow = observed.flow;
  if (observed.place == DataPlace::kAhead) {
    TakeAhead(session, segment, flow);
    return false;
  }
  const bool unbelieved_fin = IsUnbelievedFin(session.connection, segment, flow);
  const SegmentDelta delta = session.counts.bytes[flow].Take(
      segment, segment.Has(kFin) && !unbelieved_fin, session.anomalies[flow].gaps);
  const bool anomalous = delta.gap || delta.repeated_bytes > 0 || delta.began_earlier;
  unsigned first =
      HistoryEventsOf(segment) & ~static_cast<unsigned>(session.counts.flags[flow].happened);
  if (unbelieved_fin) first &= ~unsigned{kFinSent};
  if (first != 0 || anomalous) TellHistoryEvents(session, first, delta, flow);
  return first != 0;
}

// `events`: of the header, those that are the first.
void SessionRecorder::TellHistoryEvents(const Session& session, unsigned events,
                                        const SegmentDelta& delta, unsigned flow) {
  FlowFlags& flags = session.counts.flags[flow];
  if (delta.gap && (flags.happened & kGapSeen) == 0) events |= kGapSeen;
  flags.happened = (flags.happened | events) & kAllHistoryEvents;
  if (delta.gap || delta.began_earlier) flags.anomalous = 1;
  if (delta.repeated_bytes > 0) {
    flags.anomalous = 1;
    FlowAnomalies& anomalies = session.anomalies[flow];
    anomalies.repeated_bytes += delta.repeated_bytes;
    if (TellsRepeat(++anomalies.repeated_packets)) events |= kRepeatSent;
  }
  session.state.history.Append(events, flow);
}

void SessionRecorder::TakeRoundTrips(const Session& session, const Segment& segment,
                                     unsigned flow) {
  FlowFlags& own = session.counts.flags[flow];
  FlowFlags& other = session.counts.flags[1 - flow];
  if (own.owes_answer != RoundTrips::kNothing) {
    session.state.round_trips[1 - flow].Answer(segment, own.owes_answer);
  }
  // Asking needs more memory of the session; the least of fewer answers serves as well.
  const bool asks = segment.Has(kSyn) || session.counts.packets[flow] % kAskEvery == 0;
  if (asks && RoundTrips::MayAsk(segment) && other.owes_answer == RoundTrips::kNothing) {
    session.state.round_trips[flow].Ask(segment, other.owes_answer);
  }
}

void SessionRecorder::TakeNewData(const Session& session, const Segment& segment,
                                  unsigned flow) const {
  if (session.counts.flags[flow].first_data_seen == 0) {
    return TakeFirstData(session, segment, flow);
  }
  const PacketDelta pause = segment.time - session.connection.last_data[flow];
  if (pause > idle_threshold_) session.state.off_ns[flow] += pause.ToNanoseconds();
}

void SessionRecorder::TakeFirstData(const Session& session, const Segment& segment,
                                    unsigned flow) const {
  SessionState& state = session.state;
  session.counts.flags[flow].first_data_seen = 1;
  const PacketDelta pause = segment.time - state.first_time;
  if (pause > idle_threshold_) state.off_ns[flow] = pause.ToNanoseconds();
  if (segment.details.Knows(SegmentDetails::kFingerprint)) {
    state.known_fingerprints = (state.known_fingerprints | 1U << flow) & connections::kBothFlows;
    session.anomalies[flow].fingerprint = segment.details.fingerprint;
  }
  if (state.first_data_by_plus_one == 0)
    state.first_data_by_plus_one = (flow + 1) & connections::kBothFlows;
}

// What opens or ends the session, or shows a side for the first time.
void SessionRecorder::TakeStep(const Session& session, const Segment& segment, unsigned flow) {
  SessionState& state = session.state;
  const bool ends = (segment.flags & (kFin | kRst)) != 0;
  if (IsUnbelievedFin(session.connection, segment, flow)) return;
  constexpr unsigned kMoreThanSyn =
      kSynAckSent | kGapSeen | kPureAckSent | kFinSent | kFinWithRstSent | kSynWithEndSent;
  const bool began_with_syn =
      state.history.first_flow() == flow && (state.first_flags[flow] & (kSyn | kAck)) == kSyn;
  const bool only_syn = began_with_syn && (session.counts.flags[flow].happened & kMoreThanSyn) == 0;
  state.sides.Take(segment, flow, only_syn);
  if (ends && state.closed_by_plus_one == 0)
    state.closed_by_plus_one = (flow + 1) & connections::kBothFlows;
}

void SessionRecorder::WriteInterim(const Session& session) {
  SessionState& state = session.state;
  if (state.ended != 0) return;
  const int64_t intervals = (session.counts.last_time - state.first_time).ToNanoseconds() /
                            options_.interim_interval.ToNanoseconds();
  if (intervals <= state.interim_records) return;
  state.interim_records = static_cast<uint32_t>(intervals);
  Write(session, SessionEnd::kInterim);
}

// At the first segment behind a complete handshake.
void SessionRecorder::LearnServer(const Session& session, PacketTime time) {
  constexpr uint8_t kOpening = kSyn | kAck | kRst;
  const Connection& connection = session.connection;
  SessionState& state = session.state;
  auto& flags = session.counts.flags;
  const unsigned client = connection.originator_side & 1U;
  const bool complete = (state.first_flags[client] & kOpening) == kSyn &&
                        session.counts.packets[client] > 1 && (flags[client].tcp & kAck) != 0 &&
                        (state.first_flags[1 - client] & kOpening) == (kSyn | kAck);
  if (!complete) return;
  for (FlowFlags& each : flags) each.handshake_seen = 1;
  const Service service = {.client = connection.ip[client],
                           .server = connection.key().end(1 - client)};
  const bool transient = profile_.OnEstablished(
      service, {.id = state.id, .slot = session.slot},
      [&](const SessionRef& control) { return CommanderOf(control, connection, time); },
      [&](const SessionRef& other) { return IsLive(other); });
  state.transient = transient ? 1 : 0;
}

bool SessionRecorder::IsLive(const SessionRef& session) const {
  const SessionState& state = states_[session.slot];
  return state.id == session.id && state.ended == 0;
}

// `of`: the connection that may have been commanded.
Commander SessionRecorder::CommanderOf(const SessionRef& control, const Connection& of,
                                       PacketTime time) const {
  const Connection& connection = table_[control.slot];
  if (!IsLive(control) || connection.ip != of.ip) return {};
  Commander commander = {.live = true,
                         .active = false,
                         .server = connection.key().end(1U - (connection.originator_side & 1U))};
  for (unsigned flow = 0; flow < 2; ++flow) {
    const bool has_data = counts_[control.slot].flags[flow].first_data_seen != 0;
    if (has_data && time - connection.last_data[flow] <= kCommandTime) commander.active = true;
  }
  return commander;
}

void SessionRecorder::OnConnectionEnd(uint32_t slot, EndCause cause) {
  SessionState& state = states_[slot];
  state.ended = 1;
  state.end = cause;
}

void SessionRecorder::OnConnectionForgotten(uint32_t slot, EndCause cause) {
  const Session session = SessionAt(slot);
  if (session.state.id == 0) {  // of an earlier run, and silent in this one
    session.state = SessionState();
    return;
  }
  Write(session, session.state.ended != 0 ? session.state.end : cause);
  const auto& flags = session.counts.flags;
  if ((flags[0].anomalous | flags[1].anomalous | session.state.known_fingerprints) != 0) {
    session.anomalies = SessionAnomalies();
  }
  session.counts = SessionCounts();
  session.state = SessionState();
}

void SessionRecorder::Write(const Session& session, SessionEnd end) {
  const SessionState& state = session.state;
  const Connection& connection = session.connection;
  const Orientation orientation = Orient(session.counts, state, connection, profile_);
  const unsigned client = orientation.client_flow;
  const auto side_of = [client](uint8_t flow_plus_one) -> std::optional<Side> {
    if (flow_plus_one == 0) return std::nullopt;
    return flow_plus_one - 1U == client ? Side::kClient : Side::kServer;
  };
  SessionRecord& record = record_;
  record.id = state.id;
  record.server_confidence = orientation.confidence;
  record.transient_server = state.transient != 0;
  record.first_time = state.first_time;
  record.last_time = session.counts.last_time;
  FillSide(session, client, record.client());
  FillSide(session, 1 - client, record.server());
  record.inbound = record.client().local == false && record.server().local == true;
  record.full_analysis = TookPart(connection, session.slot);
  record.end = end;
  record.state = state.sides.Name(
      client, session.counts.bytes[0].bytes() + session.counts.bytes[1].bytes() > 0);
  record.history.clear();
  if (state.history.first_flow() != client) record.history += '^';
  std::array<unsigned, 2> left_out{};
  for (unsigned flow = 0; flow < 2; ++flow) {
    // A gap that was filled is none.
    if (session.anomalies[flow].gaps.missed_bytes() == 0) left_out[flow] = kGapSeen;
  }
  state.history.AppendTo(record.history, client, left_out);
  record.closed_by = side_of(state.closed_by_plus_one);
  record.first_data_by = side_of(state.first_data_by_plus_one);
  record.vlan.reset();
  if (state.known_vlan != 0) record.vlan = state.vlan;
  record.tunnel = state.tunnel;
  ++counters_.records;
  if (end == SessionEnd::kInterim) ++counters_.interim_records;
  sink_.OnSession(record, connection.uid, end != SessionEnd::kInterim);
}

void SessionRecorder::FillSide(const Session& session, unsigned flow, SessionSide& side) const {
  const SessionCounts& counts = session.counts;
  const SessionState& state = session.state;
  side.end = session.connection.key().end(flow);
  if (!protected_.empty()) side.local = protected_.Contains(side.end.ip);
  side.first_flags = state.first_flags[flow];
  side.flags = counts.flags[flow].tcp;
  side.packets = counts.packets[flow];
  side.first_seq = state.first_seq[flow];
  side.last_seq = counts.last_seq[flow];
  side.fingerprint.reset();
  if ((state.known_fingerprints & 1U << flow) != 0) {
    side.fingerprint = session.anomalies[flow].fingerprint;
  }
  static constexpr FlowAnomalies kNone;
  const FlowAnomalies& anomalies =
      counts.flags[flow].anomalous != 0 ? session.anomalies[flow] : kNone;
  const uint64_t bytes = counts.bytes[flow].bytes();
  side.bytes = bytes - std::min(bytes, UntrueTail(session.connection, flow, now_));
  side.unbelieved_packets = anomalies.unbelieved_packets;
  SequenceGaps gaps = anomalies.gaps;
  gaps.CutAt(side.bytes);
  side.missed_bytes = gaps.missed_bytes();
  side.retransmitted_bytes = anomalies.repeated_bytes;
  side.retransmitted_packets = anomalies.repeated_packets;
  side.payload_bytes = side.bytes + side.retransmitted_bytes - side.missed_bytes;
  side.onsets = session.connection.onsets[flow][0].count;
  const PacketTime last_data = counts.flags[flow].first_data_seen != 0
                                   ? session.connection.last_data[flow]
                                   : state.first_time;
  const PacketDelta last_pause = counts.last_time - last_data;
  const int64_t off_ns =
      state.off_ns[flow] + (last_pause > idle_threshold_ ? last_pause.ToNanoseconds() : 0);
  const int64_t duration_ns = (counts.last_time - state.first_time).ToNanoseconds();
  side.off_share = 0;
  if (duration_ns > 0) {
    side.off_share = static_cast<double>(off_ns) / static_cast<double>(duration_ns);
  }
  side.round_trip = state.round_trips[1 - flow].least();
}

bool SessionRecorder::TookPart(const Connection& connection, uint32_t slot) const {
  for (uint8_t flow = 0; flow < 2; ++flow) {
    if (connection.onsets[flow][0].count == 0 && connection.onsets[flow][1].count == 0) continue;
    if (pair_filter_.MayTakePart(timing::DescribeFlow(connection, slot, flow))) return true;
  }
  return false;
}

Counters SessionRecorder::counters() const {
  Counters counters = counters_;
  counters.servers_forgotten = profile_.dropped();
  return counters;
}

}  // namespace cairn::sessions
