// SPDX-License-Identifier: BSD-3-Clause
#include "detector/timing/time_slide.h"

#include <algorithm>

namespace cairn::timing {
namespace {

// Of eight pairs of connections one has its two in different quarters of the two that take part.
constexpr double kShareOfPairs = 0.125;

// A correlator that records what pairs reach reports none.
class NoPairs : public PairSink {
 public:
  void OnPair(const PairFinding& /*finding*/) override {}
  void OnPairEnd(const PairFinding& /*finding*/, connections::EndCause /*cause*/) override {}
};
NoPairs no_pairs;

Options ForASlide(Options options) {
  options.max_pairs = std::max(options.max_pairs / 4, 1U);
  return options;
}

enum class Part : uint8_t { kDelayed, kOnTime, kNone };

// Numbers are given in the order of the connections' beginning; neighbours often belong together.
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

}  // namespace

TimeSlide::TimeSlide(const Options& options, const PrefixSet& protected_networks)
    : filter_(options, protected_networks),
      scores_{NullScores(kShareOfPairs), NullScores(kShareOfPairs)},
      correlator_(ForASlide(options), protected_networks, no_pairs) {
  correlator_.RecordScores(scores_);
}

void TimeSlide::OnOnset(const Onset& onset) {
  if (PartOf(onset.uid) == Part::kNone || !filter_.MayTakePart(onset)) return;
  DeliverUntil(onset.time);
  if (!HasRoomFor(onset)) {
    ++dropped_;
    return;
  }
  if (onset.slot >= owners_.size()) owners_.resize(onset.slot + size_t{1});
  owners_[onset.slot].uid = onset.uid;
  Pass({.onset = onset});
}

// Anybody can send the first data of a thousand connections; what resumes is somebody at work.  So
// half of the room is for those.
bool TimeSlide::HasRoomFor(const Onset& onset) const {
  if (PartOf(onset.uid) != Part::kDelayed) return true;
  const bool is_first = onset.history[0].count <= 1 && onset.history[1].count <= 1;
  return waiting_.size() < (is_first ? kMostWaiting / 2 : kMostWaiting);
}

void TimeSlide::OnConnectionEnd(uint32_t slot, uint64_t uid, connections::EndCause cause,
                                PacketTime time) {
  if (slot >= owners_.size() || owners_[slot].uid != uid || uid == 0) return;
  owners_[slot].uid = 0;
  Event end{.onset = {}, .is_end = true, .cause = cause};
  end.onset.time = time;
  end.onset.slot = slot;
  end.onset.uid = uid;
  DeliverUntil(time);
  if (PartOf(uid) == Part::kDelayed && waiting_.size() >= kMostWaiting) return EndAtOnce(end);
  Pass(end);
}

void TimeSlide::Pass(Event event) {
  Onset& onset = event.onset;
  if (PartOf(onset.uid) != Part::kDelayed) return Deliver(event);
  onset.time = onset.time + kShift;
  onset.start = onset.start + kShift;
  for (OnsetHistory& history : onset.history) {
    for (PacketTime& previous : history.previous) {
      if (previous.IsSet()) previous = previous + kShift;
    }
  }
  waiting_.push_back(event);
}

// Whoever had the slot before it ends, too: nothing that waits of either is wanted any more.
void TimeSlide::EndAtOnce(const Event& end) {
  ++dropped_;
  owners_[end.onset.slot].cut_until = end.onset.uid;
  Deliver(end);
}

void TimeSlide::DeliverUntil(PacketTime time) {
  while (!waiting_.empty() && waiting_.front().onset.time <= time) {
    const Event& event = waiting_.front();
    // Numbers grow, so one names all connections that had the slot until then.
    const bool is_cut = event.onset.uid <= owners_[event.onset.slot].cut_until;
    if (!is_cut || event.is_end) Deliver(event);
    waiting_.pop_front();
  }
}

// Delayed connections and others may have the same slot at once; an odd number tells the delayed.
void TimeSlide::Deliver(const Event& event) {
  const bool is_delayed = PartOf(event.onset.uid) == Part::kDelayed;
  const uint32_t slot = event.onset.slot * 2 + (is_delayed ? 1 : 0);
  if (event.is_end) {
    correlator_.OnConnectionEnd(slot, event.cause, event.onset.time);
  } else {
    Onset onset = event.onset;
    onset.slot = slot;
    correlator_.OnOnset(onset);
  }
}

}  // namespace cairn::timing
