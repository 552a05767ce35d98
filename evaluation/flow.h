// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_FLOW_H_
#define CAIRN_EVALUATION_FLOW_H_

#include <optional>

#include "capture/time.h"
#include "detector/findings/event.h"
#include "detector/timing/onset_evidence.h"
#include "evaluation/session.h"

namespace cairn::evaluation {

// One flow with everything that a method needs of it alone, worked out once: a flow is compared
// with hundreds of others.  A method that needs another summary adds it here and in Prepare.
struct Flow {
  FlowTimes segments;
  FlowTimes onsets;          // as the detector takes them: without those that a clock predicts
  timing::Coverage covered;  // by `onsets`, until the observation ends
  FlowTimes resumptions;     // every end of 0.5 s without data, as Zhang & Paxson 2000 count them
};

// What was observed of the flow before `end`.  O(segments).
Flow Prepare(const FlowTimes& segments, PacketTime end);

struct ObservedLeg {
  Flow forward;
  Flow backward;
};
ObservedLeg Observe(const Leg& leg, PacketTime end);

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

 private:
  const ObservedLeg& upstream_;
  const ObservedLeg& downstream_;
  mutable std::optional<Significance> forward_;
  mutable std::optional<Significance> backward_;
};

// The onset evidence that `later` follows `earlier`; trials count from the session's start.
Significance FollowEvidence(const Flow& earlier, const Flow& later);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_FLOW_H_
