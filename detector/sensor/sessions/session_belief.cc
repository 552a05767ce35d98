// SPDX-License-Identifier: BSD-3-Clause
// The part of the session recorder that deals with what is not believed, not yet, or no longer.
#include "detector/sensor/connections/observation.h"
#include "detector/sensor/sessions/session_recorder.h"

namespace cairn::sessions {
namespace {

using connections::Observation;

}  // namespace

void SessionRecorder::TakeUnbelieved(const Session& session, unsigned flow) {
  session.counts.marks[flow].troubled = 1;
  ++session.trouble[flow].unbelieved_packets;
  const unsigned told = session.counts.marks[flow].happened & kUnbelievedSent;
  if (told == 0) TellHappenings(session, kUnbelievedSent, {}, flow);
}

// Data beyond a gap: not believed yet.
void SessionRecorder::TakeAhead(const Session& session, const Segment& segment, unsigned flow) {
  FlowMarks& marks = session.counts.marks[flow];
  FlowTrouble& trouble = session.trouble[flow];
  marks.troubled = 1;
  marks.waits = 1;
  ++trouble.unbelieved_packets;
  const uint32_t first = segment.seq + (segment.Has(kSyn) ? 1 : 0);
  const uint32_t repeated = trouble.waiting.Add(first, first + segment.payload_bytes);
  if (repeated > 0) TellHappenings(session, 0, {.repeated_bytes = repeated}, flow);
}

// The tracker has decided where the flow is.
void SessionRecorder::Settle(const Session& session, unsigned flow) {
  FlowMarks& marks = session.counts.marks[flow];
  FlowBytes& bytes = session.counts.bytes[flow];
  FlowTrouble& trouble = session.trouble[flow];
  const uint32_t place = session.connection.next_seq[flow];
  FlowNews news;
  unsigned happenings = 0;
  while (const auto stretch = trouble.waiting.TakeBelow(place)) {
    const uint64_t before = bytes.bytes();
    news.gap |= bytes.TakeWaiting(stretch->begin, stretch->end, trouble.gaps).gap;
    if (bytes.bytes() == before) continue;
    trouble.unbelieved_packets -= stretch->packets;
    happenings |= kDataSent;
  }
  marks.waits = trouble.waiting.empty() ? 0 : 1;
  news.gap |= bytes.MoveTo(place, trouble.gaps).gap;
  if ((session.connection.fin_seen & connections::Bit(flow)) != 0 && (marks.flags & kFin) == 0) {
    marks.flags |= kFin;
    happenings |= kFinSent;
    Segment fin;
    fin.flags = kFin | kAck;
    session.state.sides.Take(fin, flow, false);
    if (session.state.closed_by_plus_one == 0) {
      session.state.closed_by_plus_one = (flow + 1) & connections::kBothFlows;
    }
  }
  if ((happenings & kDataSent) != 0 && marks.first_data_seen == 0) {
    marks.first_data_seen = 1;
    if (session.state.first_data_by_plus_one == 0) {
      session.state.first_data_by_plus_one = (flow + 1) & connections::kBothFlows;
    }
  }
  marks.troubled = 1;
  happenings &= ~static_cast<unsigned>(marks.happened);
  if (happenings != 0 || news.gap) TellHappenings(session, happenings, news, flow);
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
void SessionRecorder::Withdraw(const Session& session, Happening happening, uint8_t flag,
                               unsigned flow) {
  FlowMarks& marks = session.counts.marks[flow];
  marks.flags &= static_cast<uint8_t>(~flag);
  marks.troubled = 1;
  ++session.trouble[flow].unbelieved_packets;
  const bool told = (marks.happened & kUnbelievedSent) != 0;
  session.state.history.Withdraw(happening, flow, told);
  marks.happened = (marks.happened & ~static_cast<unsigned>(happening)) & kAllHappenings;
  marks.happened = (marks.happened | kUnbelievedSent) & kAllHappenings;
}

}  // namespace cairn::sessions
