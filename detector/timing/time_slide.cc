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
    : scores_{NullScores(kShareOfPairs), NullScores(kShareOfPairs)},
      correlator_(ForASlide(options), protected_networks, no_pairs) {
  correlator_.RecordScores(scores_);
}

void TimeSlide::OnOnset(const Onset& onset) {
  if (PartOf(onset.uid) == Part::kNone) return;
  if (onset.slot >= uid_of_slot_.size()) uid_of_slot_.resize(onset.slot + 1U, 0);
  uid_of_slot_[onset.slot] = onset.uid;
  Pass({.onset = onset});
}

void TimeSlide::OnConnectionEnd(uint32_t slot, uint64_t uid, connections::EndCause cause,
                                PacketTime time) {
  if (slot >= uid_of_slot_.size() || uid_of_slot_[slot] != uid || uid == 0) return;
  uid_of_slot_[slot] = 0;
  Event end{.onset = {}, .is_end = true, .cause = cause};
  end.onset.time = time;
  end.onset.slot = slot;
  end.onset.uid = uid;
  Pass(end);
}

// Delayed connections and others may have the same slot at once; an odd number tells the delayed.
void TimeSlide::Pass(Event event) {
  Onset& onset = event.onset;
  DeliverUntil(onset.time);
  const bool delayed = PartOf(onset.uid) == Part::kDelayed;
  onset.slot = onset.slot * 2 + (delayed ? 1 : 0);
  if (!delayed) return Deliver(event);
  if (!event.is_end && waiting_.size() >= kMostWaiting) {
    ++dropped_;
    return;
  }
  onset.time = onset.time + kShift;
  onset.start = onset.start + kShift;
  for (OnsetHistory& history : onset.history) {
    for (PacketTime& previous : history.previous) {
      if (previous.IsSet()) previous = previous + kShift;
    }
  }
  waiting_.push_back(event);
}

void TimeSlide::DeliverUntil(PacketTime time) {
  while (!waiting_.empty() && waiting_.front().onset.time <= time) {
    Deliver(waiting_.front());
    waiting_.pop_front();
  }
}

void TimeSlide::Deliver(const Event& event) {
  if (event.is_end) {
    correlator_.OnConnectionEnd(event.onset.slot, event.cause, event.onset.time);
  } else {
    correlator_.OnOnset(event.onset);
  }
}

}  // namespace cairn::timing
