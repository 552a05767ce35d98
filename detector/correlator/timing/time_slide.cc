// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/timing/time_slide.h"

#include <algorithm>

namespace cairn::timing {
namespace {

// Of eight pairs of connections one has its two in different quarters of the two that take part.
constexpr double kShareOfPairs = 0.125;

// A correlator that records what pairs reach reports none.
class NoPairs : public PairSink {
 public:
  void OnPair(const PairFinding& /*finding*/) override {}
  void OnPairEnd(const PairFinding& /*finding*/, SessionEnd /*cause*/) override {}
};
NoPairs no_pairs;

Options ForASlide(Options options) {
  options.max_pairs = std::max(options.max_pairs / 4, 1U);
  return options;
}

enum class Part : uint8_t { kDelayed, kOnTime, kNone };

Part PartOf(uint64_t uid) {
  uint64_t x = uid * 0x9e3779b97f4a7c15ULL;
  x ^= x >> 32;
  switch (x % 4) {
    case 0:
      return Part::kDelayed;
    case 1:
      return Part::kOnTime;
    default:
      return Part::kNone;
  }
}

// Delayed connections and others may have the same slot at once; an odd number tells the delayed.
uint32_t SlotOf(uint32_t slot, uint64_t uid) {
  return slot * 2 + (PartOf(uid) == Part::kDelayed ? 1 : 0);
}

}  // namespace

TimeSlide::TimeSlide(const Options& options, const PrefixSet& protected_networks)
    : filter_(options, protected_networks),
      scores_{NullScores(kShareOfPairs), NullScores(kShareOfPairs)},
      correlator_(ForASlide(options), protected_networks, no_pairs) {
  correlator_.RecordScores(scores_);
}

void TimeSlide::Prefetch(uint32_t slot, uint64_t uid, const IpAddress& source) const {
  if (PartOf(uid) == Part::kNone) return;
  if (slot < owners_.size()) __builtin_prefetch(&owners_[slot], 1);
  correlator_.Prefetch(SlotOf(slot, uid), source);
}

void TimeSlide::OnOnset(const Onset& onset) {
  const Part part = PartOf(onset.uid);
  if (part == Part::kNone || !filter_.MayTakePart(onset)) return;
  DeliverUntil(onset.time);
  if (part == Part::kDelayed && !HasRoomFor(onset)) {
    ++dropped_;
    return;
  }
  if (onset.slot >= owners_.size()) owners_.resize(onset.slot + size_t{1});
  owners_[onset.slot].uid = onset.uid;
  if (part == Part::kDelayed) return Delay(onset);
  Deliver(onset);
}

// Anybody can send the first data of a thousand connections; what resumes is somebody at work.  So
// half of the room is for those.
bool TimeSlide::HasRoomFor(const Onset& onset) const {
  const bool is_first = onset.history[0].count <= 1 && onset.history[1].count <= 1;
  return waiting_.size() < (is_first ? kMostWaiting / 2 : kMostWaiting);
}

void TimeSlide::Delay(const Onset& onset) {
  waiting_.push_back({.onset = onset});
  Onset& delayed = waiting_.back().onset;
  delayed.time = onset.time + kShift;
  delayed.start = onset.start + kShift;
  for (OnsetHistory& history : delayed.history) {
    for (PacketTime& previous : history.previous) {
      if (previous.IsSet()) previous = previous + kShift;
    }
  }
}

void TimeSlide::OnConnectionEnd(uint32_t slot, uint64_t uid, SessionEnd cause, PacketTime time) {
  if (slot >= owners_.size() || owners_[slot].uid != uid || uid == 0) return;
  owners_[slot].uid = 0;
  DeliverUntil(time);
  if (PartOf(uid) != Part::kDelayed) return DeliverEnd(slot, uid, cause, time);
  if (waiting_.size() < kMostWaiting) {
    waiting_.push_back({.onset = {}, .is_end = true, .cause = cause});
    Onset& end = waiting_.back().onset;
    end.time = time + kShift;
    end.slot = slot;
    end.uid = uid;
    return;
  }
  // At once.  Whoever had the slot before it ends, too: nothing that waits of either is wanted.
  ++dropped_;
  cuts_until_ = delivered_ + waiting_.size();
  owners_[slot].cut_until = cuts_until_;
  DeliverEnd(slot, uid, cause, time);
}

// What has waited is in no cache any more.
void TimeSlide::PrefetchSoon() const {
  constexpr size_t kAhead = 4;
  if (waiting_.size() <= kAhead) return;
  const Onset& soon = waiting_[kAhead].onset;
  correlator_.Prefetch(SlotOf(soon.slot, soon.uid), soon.source());
}

void TimeSlide::DeliverUntil(PacketTime time) {
  while (!waiting_.empty() && waiting_.front().onset.time <= time) {
    PrefetchSoon();
    const auto& [onset, is_end, cause] = waiting_.front();
    const bool is_cut = delivered_ < cuts_until_ && delivered_ < owners_[onset.slot].cut_until;
    if (is_end) {
      DeliverEnd(onset.slot, onset.uid, cause, onset.time);
    } else if (!is_cut) {
      Deliver(onset);
    }
    ++delivered_;
    waiting_.pop_front();
  }
}

void TimeSlide::Deliver(const Onset& onset) {
  Onset other = onset;
  other.slot = SlotOf(onset.slot, onset.uid);
  correlator_.Compare(other);
}

void TimeSlide::DeliverEnd(uint32_t slot, uint64_t uid, SessionEnd cause, PacketTime time) {
  correlator_.OnConnectionEnd(SlotOf(slot, uid), cause, time);
}

}  // namespace cairn::timing
