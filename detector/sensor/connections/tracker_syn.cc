// SPDX-License-Identifier: BSD-3-Clause
// The part of the tracker that decides what a SYN means: the beginning, a copy, a new connection on
// the same ports, or nothing.
#include "detector/sensor/connections/connection_end.h"
#include "detector/sensor/connections/connection_tracker.h"
#include "detector/sensor/connections/sequence.h"
#include "detector/sensor/connections/trust.h"

namespace cairn::connections {
namespace {

// More copies of a SYN than this are not waited with.
constexpr uint32_t kMostCopies = 8;

// What a host has acknowledged at most when it speaks for the first time.
constexpr int32_t kFirstData = 1 << 16;

uint32_t Behind(const Segment& syn) { return syn.seq + 1; }

// The SYN that this flow began with: repeated, or late.
bool IsOwnSyn(const Connection& connection, const Segment& segment, unsigned flow) {
  const uint32_t first = connection.first_seq[flow];
  if (Behind(segment) == first) return true;
  // What it was followed by was lost, or is later still.
  const int32_t before = SequenceDistance(Behind(segment), first);
  return (connection.syn_seen & Bit(flow)) == 0 && before > 0 && before <= kMaxPlausibleJump;
}

// Nothing but SYNs of this flow were seen.
bool IsUnanswered(const Connection& connection, unsigned flow) {
  return connection.phase == Phase::kHandshake && connection.seq_known == Bit(flow) &&
         connection.originator == OriginatorSource::kSyn;
}

}  // namespace

// After a connection has closed a SYN begins a new one.  While it is only being opened another
// number is a new attempt.
bool ConnectionTracker::ReplacesAtOnce(const Connection& connection, const Segment& segment,
                                       unsigned flow) const {
  if (segment.Has(kAck)) return false;
  if (connection.phase == Phase::kStray) return true;
  // Its own SYN may be captured last of all.
  if (connection.phase == Phase::kClosed) return Behind(segment) != connection.first_seq[flow];
  return IsUnanswered(connection, flow) && !IsOwnSyn(connection, segment, flow);
}

// In mid-connection a lone SYN proves nothing: anybody can forge one to make a monitor forget, and
// two can forge its answer, too.  It is confirmed by whoever goes on from there: the same flow by
// acknowledging the answer, or the other side by acknowledging the SYN.  Where the other side is
// not captured the flow's own next segment has to do.
bool ConnectionTracker::MustWait(const Connection& connection, const Segment& segment,
                                 unsigned flow) const {
  return (connection.seq_known & Bit(flow)) != 0 && !IsUnanswered(connection, flow) &&
         !IsOwnSyn(connection, segment, flow);
}

void ConnectionTracker::LetWait(uint32_t slot, const Segment& segment, unsigned flow) {
  Connection& connection = table_[slot];
  SynWaiting::Syn& syn = syns_.PlaceOf(slot);
  if (segment.Has(kAck)) {
    const bool answers = syn.copies > 0 && syn.slot == slot && syn.flow != flow &&
                         segment.ack == Behind(syn.segment) + syn.segment.payload_bytes &&
                         (syn.answers == 0 || syn.answer.seq == segment.seq);
    if (answers && syn.answers < kMostCopies) {
      if (syn.answers++ == 0) syn.answer = segment;
      return;
    }
    // One that answers nothing that waits is nobody's.
    CountDoubt(connection, Doubt::kSyn);
    released_.push_back(
        {segment, {.slot = slot, .flow = static_cast<uint8_t>(flow), .doubt = Doubt::kSyn}});
    return;
  }
  if (syn.copies > 0 && syn.slot == slot && syn.flow == flow && syn.segment.seq == segment.seq &&
      syn.copies < kMostCopies) {
    ++syn.copies;
    return;
  }
  if (syn.copies > 0) ReleaseUnbelieved(syn.slot);
  syn.segment = segment;
  syn.slot = slot;
  syn.flow = static_cast<uint8_t>(flow);
  syn.copies = 1;
  syn.answers = 0;
  connection.reuse_suspected = true;
}

// Also lets go a SYN that the other side answers as one inside a connection: by what it has
// received.
bool ConnectionTracker::ConfirmsWaiting(uint32_t slot, const Segment& segment, unsigned flow) {
  const SynWaiting::Syn* syn = syns_.Find(slot);
  if (syn == nullptr || segment.Has(kRst)) return false;
  const uint32_t next = Behind(syn->segment) + syn->segment.payload_bytes;
  if (flow != syn->flow) {
    if (segment.Has(kSyn)) {
      const bool answers = segment.Has(kAck) && segment.ack == next;
      // With nobody there who could go on with the old connection the answer is enough.
      const bool nobody = MayHaveEnded(table_[slot]) || (table_[slot].seq_known & Bit(flow)) == 0;
      return answers && nobody;
    }
    const int32_t acked = SequenceDistance(next, segment.ack);
    const bool after_answer = syn->answers == 0 || segment.seq == Behind(syn->answer);
    const bool acknowledges = segment.Has(kAck) && acked >= 0 && acked <= kFirstData &&
                              segment.ack != table_[slot].next_seq[syn->flow];
    if (after_answer && acknowledges) return true;
    ReleaseUnbelieved(slot);
    return false;
  }
  if (segment.Has(kSyn) || segment.seq != next || segment.seq == table_[slot].next_seq[flow]) {
    return false;
  }
  if (syn->answers > 0) return segment.Has(kAck) && segment.ack == Behind(syn->answer);
  return (table_[slot].seq_known & Bit(1 - flow)) == 0;
}

void ConnectionTracker::ReleaseUnbelieved(uint32_t slot) {
  Connection& connection = table_[slot];
  connection.reuse_suspected = false;
  SynWaiting::Syn* syn = syns_.Find(slot);
  if (syn == nullptr) return;
  for (; syn->copies > 0; --syn->copies) {
    CountDoubt(connection, Doubt::kSyn);
    released_.push_back({syn->segment, {.slot = slot, .flow = syn->flow, .doubt = Doubt::kSyn}});
  }
  for (; syn->answers > 0; --syn->answers) {
    CountDoubt(connection, Doubt::kSyn);
    const auto flow = static_cast<uint8_t>(1U - syn->flow);
    released_.push_back({syn->answer, {.slot = slot, .flow = flow, .doubt = Doubt::kSyn}});
  }
}

// The SYN that waited begins a new connection: the old one ended before it.
void ConnectionTracker::BeginWithWaiting(uint32_t slot, const SegmentPlace& place, uint64_t hash,
                                         PacketTime now) {
  const SynWaiting::Syn syn = *syns_.Find(slot);
  syns_.PlaceOf(slot).copies = 0;
  syns_.PlaceOf(slot).answers = 0;
  table_[slot].reuse_suspected = false;
  Replace(slot, now);
  const SegmentPlace of_syn{place.key, syn.flow};
  const uint32_t fresh = Create(syn.segment, of_syn, hash);
  for (uint32_t copy = 0; copy < syn.copies; ++copy) {
    released_.push_back({syn.segment, ObserveIn(fresh, syn.segment, syn.flow)});
  }
  const unsigned other = 1U - syn.flow;
  for (uint32_t copy = 0; copy < syn.answers; ++copy) {
    Judge(table_[fresh], syn.answer, other);
    released_.push_back({syn.answer, ObserveIn(fresh, syn.answer, other)});
  }
}

// A SYN of this connection: its first, a copy, or one that the capture delivered late.
void ConnectionTracker::TakeSyn(Connection& connection, const Segment& segment, unsigned flow) {
  const bool first = (connection.syn_seen & Bit(flow)) == 0;
  connection.syn_seen = (connection.syn_seen | Bit(flow)) & 3U;
  if (!first) return;
  if (SequenceDistance(Behind(segment), connection.first_seq[flow]) > 0) {
    connection.first_seq[flow] = Behind(segment);
  }
  if (segment.Has(kAck)) {
    if (connection.originator != OriginatorSource::kGuessed) return;
    connection.originator = OriginatorSource::kSynAck;
    connection.originator_side = (1U - flow) & 1U;
    return;
  }
  // Of two SYNs the earlier one counts: both sides open at once.
  const bool alone =
      (connection.syn_seen & Bit(1 - flow)) == 0 || connection.originator != OriginatorSource::kSyn;
  if (!alone || connection.originator == OriginatorSource::kSyn) return;
  connection.originator = OriginatorSource::kSyn;
  connection.originator_side = flow & 1U;
}

}  // namespace cairn::connections
