// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/onsets/onset_gate.h"

#include <algorithm>

#include "detector/sensor/connections/sequence.h"

namespace cairn::timing {
namespace {

using connections::Bit;
using connections::Connection;
using connections::DataPlace;
using connections::kNeverBelieved;
using connections::kTimeUnitBits;
using connections::NobodyAcknowledges;
using connections::SequenceDistance;

constexpr size_t kFirstSize = 1024;

// From so many prompt acknowledgements in a row on the next one is expected, too.
constexpr unsigned kPrompt = 3;

// The flow sent data at `time` that are not believed yet.
void MoveLastData(Connection& connection, unsigned flow, PacketTime time, bool in_order) {
  constexpr int64_t kMost = kNeverBelieved - 1;
  uint32_t& units = connection.unbelieved_units[flow];
  PacketTime& last = connection.last_data[flow];
  if (last.IsSet()) {
    // Where nobody acknowledges, what the flow goes on from is believed.
    const bool before = in_order && NobodyAcknowledges(connection, flow);
    const int64_t since = (time - last).ToNanoseconds() >> kTimeUnitBits;
    if (before) units = 0;
    if (units != kNeverBelieved) {
      units = static_cast<uint32_t>(std::min<int64_t>(kMost, units + since));
    }
  }
  last = time;
}

// After a pause: the flow goes on elsewhere than data said that waited, or were not acknowledged.
bool ShowsInsertion(const Connection& connection, const connections::Observation& observed) {
  const uint8_t bit = Bit(observed.flow);
  switch (observed.place) {
    case DataPlace::kNext:
      return (connection.ahead_known & ~unsigned{connection.ahead_doubted} & bit) != 0;
    case DataPlace::kAgain:
      return (connection.contested & bit) != 0;
    case DataPlace::kNone:
    case DataPlace::kAhead:
    case DataPlace::kBack:
      break;
  }
  return false;
}

IdlePeriods::Pause PauseOf(PacketTime time, PacketTime since, uint32_t wait_ms) {
  const PacketDelta gap = since.IsSet() ? time - since : PacketDelta::Infinite();
  return {.time = time, .gap = gap, .wait_ms = wait_ms};
}

void CountPromptAck(Connection& connection, unsigned flow) {
  connection.SetPromptAcks(flow, std::min(kPrompt, connection.PromptAcks(flow) + 1));
}

}  // namespace

OnsetGate::OnsetGate(const Options& options, connections::ConnectionTable& table, OnsetSink& sink)
    : idle_periods_(options), table_(table), sink_(sink), ring_(kFirstSize), onsets_(kFirstSize) {
  signs_.fill(PacketTime::InfinitePast());
}

bool OnsetGate::OnData(const Segment& segment, const connections::Observation& observed) {
  Connection& connection = table_[observed.slot];
  const unsigned flow = observed.flow;
  const bool in_order = observed.place == DataPlace::kNext;
  const PacketTime since = (connection.data_seen & Bit(flow)) == 0 ? PacketTime::InfinitePast()
                           : in_order                              ? connection.last_data[flow]
                                                                   : connection.BelievedData(flow);
  const uint32_t first_seq = segment.seq + (segment.Has(kSyn) ? 1 : 0);
  if (observed.place == DataPlace::kAgain) Contest(connection, flow, first_seq);
  const uint32_t wait_ms = IdlePeriods::WaitOf(connection, flow, segment.time);
  // A plain repeat was answered, if at all, for what it repeats.
  const bool differs =
      observed.place == DataPlace::kAgain && (connection.contested & Bit(flow)) != 0;
  if (in_order || differs) {
    connection.data_seen = (connection.data_seen | Bit(flow)) & 3U;
    MoveLastData(connection, flow, segment.time, in_order);
  }
  if (since.IsSet() && segment.time - since <= idle_periods_.shortest()) return false;
  const bool inserted = ShowsInsertion(connection, observed);
  if (inserted) {
    TakeSign(segment.time);
    connection.CountNotBelieved();
  }
  connection.told = true;
  if (!guards_) {
    TellAtOnce(connection, observed, PauseOf(segment.time, since, wait_ms));
    return inserted;
  }
  Entry data;
  data.due = segment.time + kHold;
  data.time = segment.time;
  data.since = since;
  data.uid = connection.uid;
  data.slot = observed.slot;
  data.first_seq = first_seq;
  data.end_seq = first_seq + segment.payload_bytes;
  data.acked = connection.acked[flow];
  data.wait_ms = wait_ms;
  data.flow = observed.flow;
  data.place = observed.place;
  data.before = connection.latest_waiting[flow];
  Push(data);
  connection.latest_waiting[flow] = static_cast<uint16_t>(first_ + waiting_ - 1);
  return inserted;
}

void OnsetGate::TakeSign(PacketTime now) {
  signs_[next_sign_] = now;
  next_sign_ = (next_sign_ + 1) % kSigns;
  const PacketTime oldest = signs_[next_sign_];
  if (guards_ || !oldest.IsSet() || now - oldest > kSignsWithin) return;
  guards_ = true;
  ++counters_.guarded;
}

void OnsetGate::TellAtOnce(Connection& connection, const connections::Observation& observed,
                           const IdlePeriods::Pause& pause) {
  const unsigned flow = observed.flow;
  const bool repeats =
      observed.place == DataPlace::kBack ||
      (observed.place == DataPlace::kAgain && (connection.contested & Bit(flow)) == 0);
  if (repeats) return;
  const std::optional<Onset> onset =
      idle_periods_.AfterPause(connection, observed.slot, observed.flow, pause);
  if (!onset.has_value()) return;
  ++counters_.onsets;
  sink_.OnOnset(*onset);
}

template <typename Visit>
void OnsetGate::VisitLatest(const Connection& connection, unsigned flow, Visit visit) {
  constexpr int kMost = 16;
  uint16_t low = connection.latest_waiting[flow];
  for (int i = 0; i < kMost && waiting_ > 0 && low != kNone; ++i) {
    // The newest number that ends so.
    const uint64_t newest = first_ + waiting_ - 1;
    const uint64_t back = static_cast<uint16_t>(newest - low);
    if (back >= waiting_) return;
    Entry& entry = At(newest - back);
    const bool of_flow = entry.uid == connection.uid && entry.flow == flow;
    if (!of_flow || entry.place == DataPlace::kNone || !visit(entry)) return;
    low = entry.before;
  }
}

// The flow sends again, from `seq` on, what nobody has acknowledged: what came there before was
// lost, or was not its host's, or this is not.
void OnsetGate::Contest(const Connection& connection, unsigned flow, uint32_t seq) {
  VisitLatest(connection, flow, [&](Entry& entry) {
    if (SequenceDistance(seq, entry.end_seq) <= 0) return false;
    if (SequenceDistance(connection.acked[flow], entry.end_seq) > 0) entry.contested = true;
    return true;
  });
}

void OnsetGate::OnSettled(const Connection& connection, unsigned flow, uint32_t end_seq,
                          PacketTime now) {
  const PacketDelta round_trip =
      connection.round_trip[1 - flow].Least().value_or(PacketDelta::Zero());
  Entry* taken = nullptr;
  VisitLatest(connection, flow, [&](Entry& entry) {
    if (entry.end_seq != end_seq || entry.verdict != Verdict::kOpen) return true;
    // Of two copies the later one, unless the answer comes too soon for it.
    if (taken == nullptr || now - taken->time < round_trip) taken = &entry;
    return now - taken->time < round_trip;
  });
  if (taken == nullptr) return;
  VisitLatest(connection, flow, [&](Entry& entry) {
    const bool overlaps = SequenceDistance(entry.first_seq, end_seq) > 0 &&
                          SequenceDistance(taken->first_seq, entry.end_seq) > 0;
    if (overlaps && &entry != taken && entry.verdict == Verdict::kOpen) {
      entry.verdict = Verdict::kUntrue;
    }
    return true;
  });
  taken->verdict = Verdict::kTrue;
}

void OnsetGate::OnConnectionEnd(uint32_t slot, Connection& connection, SessionEnd cause,
                                PacketTime time, PacketTime now) {
  // Of the others nobody has heard.
  if (!connection.told) return;
  connection.told = false;
  if (!guards_) return sink_.OnConnectionEnd(slot, connection.uid, cause, time);
  Entry end;
  end.due = now + kHold;
  end.time = time;
  end.uid = connection.uid;
  end.slot = slot;
  end.cause = cause;
  Push(end);
}

void OnsetGate::Push(const Entry& entry) {
  if (waiting_ == ring_.size()) {
    if (ring_.size() < kMostWaiting) {
      Grow();
    } else {
      ++counters_.decided_early;
      DecideFirst(true);
    }
  }
  Entry& place = At(first_ + waiting_);
  place = entry;
  // They leave in the order in which they came.
  newest_due_ = std::max(newest_due_, entry.due);
  place.due = newest_due_;
  ++waiting_;
}

void OnsetGate::Grow() {
  std::vector<Entry> larger(ring_.size() * 2);
  std::vector<Onset> onsets(larger.size());
  for (uint64_t i = first_; i < first_ + waiting_; ++i) {
    larger[i & (larger.size() - 1)] = At(i);
    onsets[i & (larger.size() - 1)] = onsets_[i & (ring_.size() - 1)];
  }
  ring_ = std::move(larger);
  onsets_ = std::move(onsets);
}

// A record that waited is in no cache any more: fetch it some entries ahead.
void OnsetGate::PrefetchSoon() {
  constexpr uint64_t kAhead = 8;
  const Connection& soon = table_[At(first_ + kAhead).slot];
  __builtin_prefetch(&soon.acked);
  __builtin_prefetch(&soon.round_trip);
  __builtin_prefetch(&soon.onsets, 1);
}

// `early`: the time for an acknowledgement has not passed.
void OnsetGate::DecideFirst(bool early) {
  const Entry entry = At(first_);
  ++first_;
  --waiting_;
  PrefetchSoon();
  if (entry.place == DataPlace::kNone) {
    sink_.OnConnectionEnd(entry.slot, entry.uid, entry.cause, entry.time);
    return;
  }
  if (entry.verdict == Verdict::kTold) {
    ++counters_.onsets;
    sink_.OnOnset(onsets_[(first_ - 1) & (ring_.size() - 1)]);
    return;
  }
  Connection& connection = table_[entry.slot];
  // Its record is another's by now: it was no login.
  if (connection.uid != entry.uid) return;
  if (connection.latest_waiting[entry.flow] == static_cast<uint16_t>(first_ - 1)) {
    connection.latest_waiting[entry.flow] = kNone;
  }
  if (!IsBelieved(connection, entry, early)) {
    if (entry.place == DataPlace::kBack || entry.contested) return;
    ++counters_.not_believed;
    return;
  }
  if (!early && SequenceDistance(entry.end_seq, connection.acked[entry.flow]) >= 0) {
    CountPromptAck(connection, entry.flow);
  }
  Onset onset;
  if (!MakeOnset(connection, entry, onset)) return;
  ++counters_.onsets;
  sink_.OnOnset(onset);
}

// False: there was no pause after all.
bool OnsetGate::MakeOnset(Connection& connection, const Entry& entry, Onset& onset) const {
  PacketTime before = entry.since;
  for (const connections::FlowOnsets& onsets : connection.onsets[entry.flow]) {
    before = std::max(before, onsets.last);
  }
  const std::optional<Onset> made = idle_periods_.AfterPause(
      connection, entry.slot, entry.flow, PauseOf(entry.time, before, entry.wait_ms));
  if (!made.has_value()) return false;
  onset = *made;
  return true;
}

// Most are decided here, while their record is at hand: the only one of its flow that waits, and
// nothing speaks against it.
void OnsetGate::TakeAck(Connection& connection, unsigned flow) {
  const uint16_t low = connection.latest_waiting[flow];
  const uint64_t newest = first_ + waiting_ - 1;
  const uint64_t back = static_cast<uint16_t>(newest - low);
  if (back >= waiting_) {
    connection.latest_waiting[flow] = kNone;
    return;
  }
  Entry& entry = At(newest - back);
  const bool plain = entry.uid == connection.uid && entry.flow == flow && entry.before == kNone &&
                     !entry.contested && entry.verdict == Verdict::kOpen &&
                     (entry.place == DataPlace::kNext || entry.place == DataPlace::kAhead);
  if (!plain || SequenceDistance(entry.end_seq, connection.acked[flow]) < 0) return;
  connection.latest_waiting[flow] = kNone;
  CountPromptAck(connection, flow);
  const bool told = MakeOnset(connection, entry, onsets_[(newest - back) & (ring_.size() - 1)]);
  entry.verdict = told ? Verdict::kTold : Verdict::kUntrue;
  if (!told) entry.contested = true;
}

bool OnsetGate::IsBelieved(const Connection& connection, const Entry& entry, bool early) const {
  const unsigned flow = entry.flow;
  if (entry.verdict != Verdict::kOpen) return entry.verdict == Verdict::kTrue;
  const bool acknowledged = SequenceDistance(entry.end_seq, connection.acked[flow]) >= 0;
  switch (entry.place) {
    case DataPlace::kNext:
    case DataPlace::kAgain:
      if (NobodyAcknowledges(connection, flow)) return !entry.contested;
      return acknowledged || early || !AnswersPromptly(connection, flow);
    case DataPlace::kAhead:
      return acknowledged && !NobodyAcknowledges(connection, flow);
    case DataPlace::kBack:
      // Only if what had been acknowledged before was taken back.
      return acknowledged && SequenceDistance(connection.acked[flow], entry.acked) > 0;
    case DataPlace::kNone:
      break;
  }
  return false;
}

// So that no acknowledgement within kHold means that there will be none.
bool OnsetGate::AnswersPromptly(const Connection& connection, unsigned flow) {
  constexpr PacketDelta kDelayed = PacketDelta::FromMilliseconds(250);
  if (connection.PromptAcks(flow) < kPrompt) return false;
  const std::optional<PacketDelta> round_trip = connection.round_trip[1 - flow].Least();
  return !round_trip.has_value() || *round_trip + kDelayed <= kHold;
}

}  // namespace cairn::timing
