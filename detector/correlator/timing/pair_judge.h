// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_TIMING_PAIR_JUDGE_H_
#define CAIRN_DETECTOR_CORRELATOR_TIMING_PAIR_JUDGE_H_

#include <array>
#include <memory>
#include <optional>

#include "base/time.h"
#include "detector/correlator/timing/connection_states.h"
#include "detector/correlator/timing/null_scores.h"
#include "detector/correlator/timing/pair.h"
#include "detector/correlator/timing/pair_table.h"
#include "detector/findings/event.h"
#include "detector/stream/onset.h"
#include "detector/stream/timing_options.h"

namespace cairn::timing {

// How new pairs are looked for, and what is kept of their lags.
struct PairSearch {
  // Onsets at most this far apart are compared, by kind.
  std::array<PacketDelta, kKinds> window;
  // A pair is taken up at its first coincidence, whatever its flows did before; by kind.
  std::array<bool, kKinds> from_first{};
  // The flows of a direct pair need a past, but none that coincided; where the link is busy it must
  // have.
  bool any_past = false;
  bool narrows_in_crowds = false;  // the window of indirect pairs
  bool adapts_to_round_trips = false;
  bool lags_of_trials = false;  // of all that a relay could take, not of coincidences alone
};

// Decides when a pair is a stepping stone, and which pairs are worth watching.  There is one for
// each timing::Rule: evidence_judge.h and, for the method published in 2000, threshold_judge.h.
// The correlator makes one when it is made, and does not know which.
//
// Thread-compatible.  Each call O(1).
class PairJudge {
 public:
  // An onset of a pair's connection against the latest of the other connection's flow.
  struct Trial {
    PacketTime theirs;
    PacketTime now;
    PacketDelta transit;  // the least lag
    bool leaves = false;  // the stone; otherwise it enters it
  };
  struct Verdict {
    bool is_stone = false;
    std::optional<Confidence> confidence;  // unset: the rule knows no probabilities
  };

  virtual ~PairJudge() = default;

  virtual PairSearch search() const = 0;
  // Is the pair to be judged after this onset?
  virtual bool IsDue(Pair& pair, const Trial& trial) const = 0;
  // `elapsed`: since the first onset of all.  Requires: the pair is not reported.
  virtual Verdict Judge(Pair& pair, PacketTime now, PacketDelta elapsed) = 0;
  // Has the pair had its chance?  Bounds the lists of busy connections; costs no detection worth
  // having, because a pair comes back with its next coincidence.
  virtual bool IsHopeless(const Pair& pair, PacketTime now) const = 0;
  // Has it half of what an alert needs?
  virtual bool IsPromising(const Pair& pair, PacketTime now, PacketDelta elapsed) const = 0;

  // As Correlator says; rules that know no probabilities heed neither.
  virtual void CalibrateBy(const std::array<NullScores, kKinds>& /*scores*/) {}
  virtual void RecordScores(std::array<NullScores, kKinds>& /*scores*/) {}
};

// The one for options.rule.  Requires: all three outlive it.
std::unique_ptr<PairJudge> MakePairJudge(const Options& options, const ConnectionStates& states,
                                         const PairTable& pairs);

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_CORRELATOR_TIMING_PAIR_JUDGE_H_
