// SPDX-License-Identifier: BSD-3-Clause
// The part of the session recorder that deals with what is not believed, not yet, or no longer.
#include "detector/sensor/connections/observation.h"
#include "detector/sensor/sessions/session_recorder.h"

namespace cairn::sessions {
namespace {

using connections::Observation;

}  // namespace

void SessionRecorder::TakeUnbelieved(const Session& session, unsigned flow) {
  session.counts.flags[flow].anomalous = 1;
  ++session.anomalies[flow].unbelieved_packets;
  const unsigned told = session.counts.flags[flow].happened & kUnbelievedSent;
  if (told == 0) TellHistoryEvents(session, kUnbelievedSent, {}, flow);
}

// Data beyond a gap: not believed yet.
void SessionRecorder::TakeAhead(const Session& session, const Segment& segment, unsigned flow) {
  FlowFlags& flags = session.counts.flags[flow];
  FlowAnomalies& anomalies = session.anomalies[flow];
  flags.anomalous = 1;
  flags.waits = 1;
  ++anomalies.unbelieved_packets;
  const uint32_t first = segment.seq + (segment.Has(kSyn) ? 1 : 0);
  const uint32_t repeated = anomalies.waiting.Add(first, first + segment.payload_bytes);
  if (repeated > 0) TellHistoryEvents(session, 0, {.repeated_bytes = repeated}, flow);
}

// The tracker has decided where the flow is.
void SessionRecorder::Settle(const Session& session, unsigned flow) {
  FlowFlags& flags = session.counts.flags[flow];
  FlowBytes& bytes = session.counts.bytes[flow];
  FlowAnomalies& anomalies = session.anomalies[flow];
  const uint32_t place = session.connection.next_seq[flow];
  SegmentDelta delta;
  unsigned events = 0;
  while (const auto stretch = anomalies.waiting.TakeBelow(place)) {
    const uint64_t before = bytes.bytes();
    delta.gap |= bytes.TakeWaiting(stretch->begin, stretch->end, anomalies.gaps).gap;
    if (bytes.bytes() == before) continue;
    anomalies.unbelieved_packets -= stretch->packets;
    events |= kDataSent;
  }
  flags.waits = anomalies.waiting.empty() ? 0 : 1;
  delta.gap |= bytes.MoveTo(place, anomalies.gaps).gap;
  if ((session.connection.fin_seen & connections::Bit(flow)) != 0 && (flags.tcp & kFin) == 0) {
    flags.tcp |= kFin;
    events |= kFinSent;
    Segment fin;
    fin.flags = kFin | kAck;
    session.state.sides.Take(fin, flow, false);
    if (session.state.closed_by_plus_one == 0) {
      session.state.closed_by_plus_one = (flow + 1) & connections::kBothFlows;
    }
  }
  if ((events & kDataSent) != 0 && flags.first_data_seen == 0) {
    flags.first_data_seen = 1;
    if (session.state.first_data_by_plus_one == 0) {
      session.state.first_data_by_plus_one = (flow + 1) & connections::kBothFlows;
    }
  }
  flags.anomalous = 1;
  events &= ~static_cast<unsigned>(flags.happened);
  if (events != 0 || delta.gap) TellHistoryEvents(session, events, delta, flow);
}

void SessionRecorder::TakeCorrections(const Session& session, const Observation& observed) {
  SessionState& state = session.state;
  for (unsigned flow = 0; flow < 2; ++flow) {
    const uint8_t bit = connections::Bit(flow);
    if ((observed.moved & bit) != 0) Settle(session, flow);
    if ((observed.withdrawn_rst & bit) != 0) {
      Withdraw(session, kRstSent, kRst, flow);
      state.sides.Reopen(flow);
    }
  }
  const uint8_t closers = session.connection.fin_seen | session.connection.reset_flows;
  const unsigned closed_by = state.closed_by_plus_one;
  if (closed_by != 0 && (closers & connections::Bit(closed_by - 1)) == 0) {
    state.closed_by_plus_one = 0;
  }
}

// Before the segment itself is taken: the data that contradict a FIN lie behind it.
void SessionRecorder::WithdrawFins(const Session& session, unsigned flows) {
  SessionState& state = session.state;
  for (unsigned flow = 0; flow < 2; ++flow) {
    if ((flows & connections::Bit(flow)) == 0) continue;
    Withdraw(session, kFinSent, kFin, flow);
    session.counts.bytes[flow].WithdrawFin();
    state.sides.Reopen(flow);
    if (state.closed_by_plus_one == flow + 1) state.closed_by_plus_one = 0;
  }
}

// What the flow sent by `flag` was not true.
void SessionRecorder::Withdraw(const Session& session, HistoryEvent event, uint8_t flag,
                               unsigned flow) {
  FlowFlags& flags = session.counts.flags[flow];
  flags.tcp &= static_cast<uint8_t>(~flag);
  flags.anomalous = 1;
  ++session.anomalies[flow].unbelieved_packets;
  const bool told = (flags.happened & kUnbelievedSent) != 0;
  session.state.history.Withdraw(event, flow, told);
  flags.happened = (flags.happened & ~static_cast<unsigned>(event)) & kAllHistoryEvents;
  flags.happened = (flags.happened | kUnbelievedSent) & kAllHistoryEvents;
}

}  // namespace cairn::sessions
