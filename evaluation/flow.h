// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_FLOW_H_
#define CAIRN_EVALUATION_FLOW_H_

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/time.h"
#include "detector/correlator/slots/slot_correlation.h"
#include "detector/correlator/slots/slot_series.h"
#include "detector/correlator/timing/onset_evidence.h"
#include "detector/findings/event.h"
#include "detector/sensor/connections/connection.h"
#include "evaluation/session.h"

namespace cairn::evaluation {

// What a method needs to know of one flow alone, worked out once: a flow is compared with hundreds
// of others.  A method that needs another summary adds it here and in FlowObserver.
struct Flow {
  FlowTimes onsets;          // as the detector takes them: without those that a clock predicts
  timing::Coverage covered;  // by `onsets`, until the observation ends
  std::array<slots::Activity, slots::kScales.size()> activity;  // since slots::Options::min_age
  std::vector<uint8_t> fine_counts;  // of the same time, by slots::kFineSlot
  FlowTimes resumptions;  // every end of 0.5 s without data, as Zhang & Paxson 2000 count them
};

// Follows a flow from its beginning on.  Thread-compatible.
class FlowObserver {
 public:
  // Requires: `segments` outlives this.
  explicit FlowObserver(const FlowTimes& segments) : segments_(segments) {}

  // The flow as its segments before `end` show it.  Requires: no earlier `end` than the last.
  // O(segments since then + onsets so far).
  Flow Until(PacketTime end);

 private:
  const FlowTimes& segments_;
  size_t next_ = 0;
  connections::Connection connection_;  // only this flow's part of it is used
  slots::SlotSeries slots_;
  Flow so_far_;  // `covered` up to the last onset
};

struct ObservedLeg {
  Flow forward;
  Flow backward;
};

// Both flows of a connection.  As FlowObserver.
class LegObserver {
 public:
  explicit LegObserver(const Leg& leg) : forward_(leg.forward), backward_(leg.backward) {}
  ObservedLeg Until(PacketTime end) { return {forward_.Until(end), backward_.Until(end)}; }

 private:
  FlowObserver forward_;
  FlowObserver backward_;
};

// What the slots of a pair say, in nats.
struct SlotScores {
  double correlation = 0;  // of both directions, the best scale's, less what trying several costs
  double matching = 0;     // likewise
  double judged = 0;       // both, with all that the detector's verdict asks for
};

// Two connections in the roles of upstream and downstream.  What several methods need of the pair
// is worked out on first use.  A view: the legs must outlive it.  Thread-compatible.
class FlowPair {
 public:
  FlowPair(const ObservedLeg& upstream, const ObservedLeg& downstream)
      : upstream_(upstream), downstream_(downstream) {}

  const ObservedLeg& upstream() const { return upstream_; }
  const ObservedLeg& downstream() const { return downstream_; }
  // Keystrokes: upstream moves first.  Echoes: downstream does.  O(onsets of both) the first time.
  const Significance& ForwardEvidence() const;
  const Significance& BackwardEvidence() const;
  const SlotScores& Slots() const;

 private:
  const ObservedLeg& upstream_;
  const ObservedLeg& downstream_;
  mutable std::optional<Significance> forward_;
  mutable std::optional<Significance> backward_;
  mutable std::optional<SlotScores> slots_;
};

// The onset evidence that `later` follows `earlier`; trials count from the session's start.
Significance FollowEvidence(const Flow& earlier, const Flow& later);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_FLOW_H_
