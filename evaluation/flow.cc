// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/flow.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "detector/correlator/slots/matching.h"
#include "detector/correlator/slots/slot_correlator.h"
#include "detector/sensor/onsets/idle_periods.h"
#include "detector/stream/timing_options.h"

namespace cairn::evaluation {
namespace {

// One pass for both kinds of onsets: the detector keeps those of direct and indirect pairs apart,
// and here the first kind has the detector's rules and the second the published ones.
timing::IdlePeriods BothKinds() {
  timing::Options options;
  options.indirect.idle_threshold = PacketDelta::FromMilliseconds(500);
  options.indirect.period_tolerance = PacketDelta::Zero();
  return timing::IdlePeriods(options);
}

}  // namespace

Flow FlowObserver::Until(PacketTime end) {
  static const timing::IdlePeriods idle_periods = BothKinds();
  static const PacketDelta min_age = slots::Options().min_age;
  for (; next_ < segments_.size() && segments_[next_] < end; ++next_) {
    const PacketTime time = segments_[next_];
    const std::optional<timing::Onset> onset = idle_periods.OnNewData(connection_, 0, 0, time);
    if (!timing::SendsByClock(connection_, 0) && time - connection_.start >= min_age) {
      slots_.Add(StretchNumber(time, slots::kFineSlot), 1);
    }
    if (!onset.has_value()) continue;
    if (onset->history[0].is_onset) {
      if (!so_far_.onsets.empty()) so_far_.covered.AddGap(time - so_far_.onsets.back());
      so_far_.onsets.push_back(time);
    }
    if (onset->history[1].is_onset) so_far_.resumptions.push_back(time);
  }
  Flow flow = so_far_;
  if (!flow.onsets.empty()) flow.covered.AddGap(end - flow.onsets.back());
  const PacketDelta judged = end - (kSessionStart + min_age);
  std::vector<uint8_t> counts;
  for (size_t i = 0; i < slots::kScales.size(); ++i) {
    const slots::Scale& scale = slots::kScales[i];
    const int64_t slot_ns = scale.slot.ToNanoseconds();
    counts.assign(static_cast<size_t>(std::clamp<int64_t>(judged.ToNanoseconds() / slot_ns, 0,
                                                          static_cast<int64_t>(scale.kept))),
                  0);
    slots_.Read(scale, end.ToNanoseconds() / slot_ns, counts);
    flow.activity[i].Set(counts, scale);
    if (i == slots::kFineScale) flow.fine_counts = counts;
  }
  return flow;
}

const Significance& FlowPair::ForwardEvidence() const {
  if (!forward_.has_value()) forward_ = FollowEvidence(upstream_.forward, downstream_.forward);
  return *forward_;
}

const Significance& FlowPair::BackwardEvidence() const {
  if (!backward_.has_value()) backward_ = FollowEvidence(downstream_.backward, upstream_.backward);
  return *backward_;
}

const SlotScores& FlowPair::Slots() const {
  if (slots_.has_value()) return *slots_;
  static const double scales_tried = std::log(static_cast<double>(slots::kScales.size()));
  static const timing::Options options;
  thread_local slots::SlotCorrelation correlation;  // their workspace
  thread_local slots::Matching matching;
  slots_ = SlotScores();
  std::optional<SlotSignificance> best;
  for (size_t i = 0; i < slots::kScales.size(); ++i) {
    const std::array<slots::Direction, 2> directions = {
        {{&upstream_.forward.activity[i], &downstream_.forward.activity[i]},
         {&downstream_.backward.activity[i], &upstream_.backward.activity[i]}}};
    if (!slots::SlotCorrelation::IsWorthwhile(directions, slots::kScales[i])) continue;
    const SlotSignificance view = correlation.View(directions, slots::kScales[i]);
    slots_->correlation = std::max(slots_->correlation, view.nats - scales_tried);
    if (!best.has_value() || slots::ScoreOf(view, options.min_weaker_evidence) >
                                 slots::ScoreOf(*best, options.min_weaker_evidence)) {
      best = view;
    }
  }
  if (!best.has_value()) return *slots_;
  best->matching =
      matching.View({{{upstream_.forward.fine_counts, downstream_.forward.fine_counts},
                      {downstream_.backward.fine_counts, upstream_.backward.fine_counts}}});
  slots_->matching = best->matching.nats;
  slots_->judged = slots::ScoreOf(*best, options.min_weaker_evidence);
  return *slots_;
}

Significance FollowEvidence(const Flow& earlier, const Flow& later) {
  timing::OnsetEvidence evidence;
  size_t before = 0;  // so many of the earlier flow's onsets have been
  for (const PacketTime time : later.onsets) {
    while (before < earlier.onsets.size() && earlier.onsets[before] <= time) ++before;
    if (before > 0) evidence.Add(time, time - earlier.onsets[before - 1]);
  }
  return evidence.View(earlier.covered);
}

}  // namespace cairn::evaluation
