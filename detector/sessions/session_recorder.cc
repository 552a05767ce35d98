// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sessions/session_recorder.h"

#include <algorithm>

#include "detector/sessions/orientation.h"
#include "detector/timing/idle_periods.h"

namespace cairn::sessions {
namespace {

using connections::Connection;
using connections::EndCause;
using connections::Observation;
using connections::Phase;

// How long after data a session may have commanded a new one.
constexpr PacketDelta kCommandTime = PacketDelta::FromSeconds(5);
constexpr uint8_t kBothFlows = 3;
constexpr uint64_t kAskEvery = 8;               // packets of a flow: its round trip
constexpr size_t kMostAlerts = 16;              // that a record names
constexpr size_t kMostAlertedSessions = 65536;  // live sessions with alerts

}  // namespace

SessionRecorder::SessionRecorder(const Options& options, const connections::Options& connections,
                                 const timing::Options& timing, const PrefixSet& protected_networks,
                                 SessionSink& sink)
    : options_(options),
      idle_threshold_(timing.direct.idle_threshold),
      protected_(protected_networks),
      pair_filter_(timing, protected_networks),
      sink_(sink),
      states_(options.enabled ? std::max<uint32_t>(connections.max_connections, 1) : 0),
      profile_(options),
      alerts_(kMostAlertedSessions) {}

void SessionRecorder::Prefetch(uint32_t slot, uint8_t flow) const {
  const SessionState& state = states_[slot];
  __builtin_prefetch(&state.flow[flow], 1);
}

void SessionRecorder::PrefetchWhole(uint32_t slot) const {
  const SessionState& state = states_[slot];
  __builtin_prefetch(&state, 1);
  for (const FlowState& flow : state.flow) {
    __builtin_prefetch(&flow, 1);
    __builtin_prefetch(&flow.repeated_packets, 1);
  }
}

void SessionRecorder::OnSegment(const Segment& segment, const Connection& connection,
                                const Observation& observed) {
  SessionState& state = states_[observed.slot];
  FlowState& flow = state.flow[observed.flow];
  if (flow.packets == 0) BeginFlow(state, segment, observed.flow);
  flow.packets = (flow.packets + 1) & ((uint64_t{1} << 48) - 1);
  flow.payload_bytes += segment.payload_bytes;
  flow.flags |= segment.flags;
  flow.last_seq = segment.seq;
  flow.last_time = segment.time;
  TakeHappenings(state, segment, observed);
  if (observed.new_bytes > 0) TakeNewData(state, segment, observed.flow);
  TakeShutdown(state, segment, connection, observed.flow);
  TakeRoundTrips(state, segment, observed.flow);
  if (flow.handshake_seen == 0 && connection.syn_seen == kBothFlows) {
    LearnServer(state, connection, observed.slot, segment.time);
  }
  if (options_.interim_interval > PacketDelta::Zero()) WriteInterim(state, connection, observed);
}

void SessionRecorder::BeginFlow(SessionState& state, const Segment& segment, unsigned flow) {
  if (state.id == 0) {
    state.id = ++counters_.sessions;
    state.first_time = segment.time;
    state.tunnel = segment.details.tunnel;
    state.vlan = segment.details.vlan;
    state.known_vlan = segment.details.Knows(SegmentDetails::kVlan) ? 1 : 0;
    for (FlowState& each : state.flow) each.last_time = each.last_data = segment.time;
  }
  state.first_seq[flow] = segment.seq;
  state.flow[flow].first_flags = segment.flags;
}

void SessionRecorder::TakeHappenings(SessionState& state, const Segment& segment,
                                     const Observation& observed) {
  FlowState& flow = state.flow[observed.flow];
  unsigned happenings = HappeningsOf(segment);
  const FlowNews news = flow.bytes.Take(segment, observed.new_bytes > 0, flow.gaps);
  if (news.gap) happenings |= kGapSeen;
  const unsigned first = happenings & ~static_cast<unsigned>(flow.happened);
  flow.happened = (flow.happened | happenings) & 0xffffU;
  unsigned told = first;
  if (news.repeated_bytes > 0 && TellsRepeat(++flow.repeated_packets)) told |= kRepeatSent;
  if (told != 0) state.history.Append(told, observed.flow);
}

void SessionRecorder::TakeRoundTrips(SessionState& state, const Segment& segment, unsigned flow) {
  FlowState& own = state.flow[flow];
  FlowState& other = state.flow[1 - flow];
  if (own.owes_answer != RoundTrips::kNothing) other.round_trips.Answer(segment, own.owes_answer);
  // Asking needs the other flow's memory, too; the least of fewer answers serves as well.
  const bool asks = segment.Has(kSyn) || own.packets % kAskEvery == 0;
  if (asks && RoundTrips::MayAsk(segment) && other.owes_answer == RoundTrips::kNothing) {
    own.round_trips.Ask(segment, other.owes_answer);
  }
}

void SessionRecorder::TakeNewData(SessionState& state, const Segment& segment,
                                  unsigned flow_number) {
  FlowState& flow = state.flow[flow_number];
  const PacketDelta pause = segment.time - flow.last_data;
  if (pause > idle_threshold_) flow.off_ns += pause.ToNanoseconds();
  flow.last_data = segment.time;
  if (flow.first_data_seen != 0) return;
  flow.first_data_seen = 1;
  if (segment.details.Knows(SegmentDetails::kFingerprint)) {
    flow.fingerprint_known = 1;
    flow.fingerprint = segment.details.fingerprint;
  }
  if (state.first_data_by_plus_one == 0) {
    state.first_data_by_plus_one = (flow_number + 1) & 3U;
  }
}

// A FIN or RST that the tracker did not believe (too far off) ends nothing; nor does a RST when
// both sides have closed.
void SessionRecorder::TakeShutdown(SessionState& state, const Segment& segment,
                                   const Connection& connection, unsigned flow) {
  if (!segment.Has(kFin) && !segment.Has(kRst)) return;
  const bool ended = connection.phase == Phase::kClosed || connection.phase == Phase::kStray;
  if (!ended && (segment.Has(kRst) || (connection.fin_seen & (1U << flow)) == 0)) return;
  if (state.closed_by_plus_one == 0) state.closed_by_plus_one = (flow + 1) & 3U;
  const bool both_closed = (state.flow[0].flags & state.flow[1].flags & kFin) != 0;
  if (segment.Has(kRst) && !both_closed) {
    state.reset_flows = static_cast<uint8_t>(state.reset_flows | 1U << flow) & 3U;
  }
}

void SessionRecorder::WriteInterim(SessionState& state, const Connection& connection,
                                   const Observation& observed) {
  if (state.ended != 0) return;
  const int64_t intervals = (state.last_time() - state.first_time).ToNanoseconds() /
                            options_.interim_interval.ToNanoseconds();
  if (intervals <= state.interim_records) return;
  state.interim_records = static_cast<uint32_t>(intervals);
  Write(state, connection, observed.slot, SessionEnd::kInterim);
}

// At the first segment behind a complete handshake.
void SessionRecorder::LearnServer(SessionState& state, const Connection& connection, uint32_t slot,
                                  PacketTime time) {
  constexpr uint8_t kOpening = kSyn | kAck | kRst;
  const unsigned client_side = connection.originator_side & 1U;
  const FlowState& client = state.flow[client_side];
  const FlowState& server = state.flow[1 - client_side];
  const bool complete = (client.first_flags & kOpening) == kSyn && client.packets > 1 &&
                        (client.flags & kAck) != 0 &&
                        (server.first_flags & kOpening) == (kSyn | kAck);
  if (!complete) return;
  for (FlowState& flow : state.flow) flow.handshake_seen = 1;
  const Service service = {.client = connection.ip[client_side],
                           .server = connection.key().end(1 - client_side)};
  const bool transient = profile_.OnEstablished(
      service, {.slot = slot, .id = state.id, .server = service.server},
      [&](const ControlPlace& control) { return CommanderOf(control, time); });
  state.transient = transient ? 1 : 0;
}

Commander SessionRecorder::CommanderOf(const ControlPlace& control, PacketTime time) const {
  const SessionState& state = states_[control.slot];
  if (state.id != control.id || state.ended != 0) return Commander::kNone;
  for (const FlowState& flow : state.flow) {
    if (flow.first_data_seen != 0 && time - flow.last_data <= kCommandTime) {
      return Commander::kActive;
    }
  }
  return Commander::kQuiet;
}

void SessionRecorder::OnConnectionEnd(uint32_t slot, EndCause cause) {
  SessionState& state = states_[slot];
  state.ended = 1;
  state.end = cause;
}

void SessionRecorder::OnConnectionForgotten(uint32_t slot, const Connection& connection,
                                            EndCause cause) {
  SessionState& state = states_[slot];
  if (state.id == 0) return;
  const SessionEnd end = state.ended != 0 ? state.end : cause;
  Write(state, connection, slot, end);
  state = SessionState();
  if (connection.uid != 0 && alerts_.size() > 0) alerts_.Erase(connection.uid);
}

void SessionRecorder::OnAlert(uint64_t uid, const std::string& alert_id) {
  std::vector<std::string>& ids = alerts_.FindOrInsert(uid);
  if (std::find(ids.begin(), ids.end(), alert_id) != ids.end()) return;
  if (ids.size() < kMostAlerts) {
    ids.push_back(alert_id);
  } else {
    ++counters_.alerts_left_out;
  }
}

void SessionRecorder::Write(const SessionState& state, const Connection& connection, uint32_t slot,
                            SessionEnd end) {
  const Orientation orientation = Orient(state, connection, profile_);
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
  record.last_time = state.last_time();
  FillSide(state, connection, client, record.client());
  FillSide(state, connection, 1 - client, record.server());
  record.inbound = !protected_.empty() && !protected_.Contains(record.client().end.ip) &&
                   protected_.Contains(record.server().end.ip);
  record.full_analysis = TookPart(connection, slot);
  record.end = end;
  record.state = StateOf(state, client);
  record.history.clear();
  if (state.history.first_flow() != client) record.history += '^';
  state.history.AppendTo(record.history, client);
  record.closed_by = side_of(state.closed_by_plus_one);
  record.first_data_by = side_of(state.first_data_by_plus_one);
  record.vlan.reset();
  if (state.known_vlan != 0) record.vlan = state.vlan;
  record.tunnel = state.tunnel;
  record.alerts.clear();
  if (connection.uid != 0 && alerts_.size() > 0) {
    if (const std::vector<std::string>* ids = alerts_.Find(connection.uid); ids != nullptr) {
      record.alerts = *ids;
    }
  }
  ++counters_.records;
  if (end == SessionEnd::kInterim) ++counters_.interim_records;
  sink_.OnSession(record);
}

void SessionRecorder::FillSide(const SessionState& state, const Connection& connection,
                               unsigned flow_number, SessionSide& side) const {
  const FlowState& flow = state.flow[flow_number];
  side.end = connection.key().end(flow_number);
  side.first_flags = flow.first_flags;
  side.flags = flow.flags;
  side.payload_bytes = flow.payload_bytes;
  side.packets = flow.packets;
  side.first_seq = state.first_seq[flow_number];
  side.last_seq = flow.last_seq;
  side.fingerprint.reset();
  if (flow.fingerprint_known != 0) side.fingerprint = flow.fingerprint;
  side.bytes = flow.bytes.bytes();
  side.missed_bytes = flow.gaps.missed_bytes();
  side.retransmitted_bytes = side.payload_bytes + side.missed_bytes - side.bytes;
  side.retransmitted_packets = flow.repeated_packets;
  side.onsets = connection.onsets[flow_number][0].count;
  const int64_t duration_ns = (state.last_time() - state.first_time).ToNanoseconds();
  const PacketDelta last_pause = state.last_time() - flow.last_data;
  const int64_t off_ns =
      flow.off_ns + (last_pause > idle_threshold_ ? last_pause.ToNanoseconds() : 0);
  side.off_share = 0;
  if (duration_ns > 0) {
    side.off_share = static_cast<double>(off_ns) / static_cast<double>(duration_ns);
  }
  side.round_trip = state.flow[1 - flow_number].round_trips.least();
}

bool SessionRecorder::TookPart(const Connection& connection, uint32_t slot) const {
  for (uint8_t flow = 0; flow < 2; ++flow) {
    if (connection.onsets[flow][0].count == 0 && connection.onsets[flow][1].count == 0) continue;
    const timing::Onset onset =
        timing::DescribeFlow(connection, slot, flow, connection.last_data[flow]);
    if (pair_filter_.MayTakePart(onset)) return true;
  }
  return false;
}

Counters SessionRecorder::counters() const {
  Counters counters = counters_;
  counters.servers_forgotten = profile_.dropped();
  return counters;
}

}  // namespace cairn::sessions
