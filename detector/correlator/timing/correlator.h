// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_TIMING_CORRELATOR_H_
#define CAIRN_DETECTOR_CORRELATOR_TIMING_CORRELATOR_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/address.h"
#include "detector/checkpoint/archive.h"
#include "detector/checkpoint/connection_slots.h"
#include "detector/correlator/timing/comparison_budget.h"
#include "detector/correlator/timing/connection_states.h"
#include "detector/correlator/timing/null_scores.h"
#include "detector/correlator/timing/pair_judge.h"
#include "detector/correlator/timing/pair_table.h"
#include "detector/correlator/timing/recent_onsets.h"
#include "detector/correlator/timing/roles.h"
#include "detector/correlator/timing/watched_before.h"
#include "detector/findings/event.h"
#include "detector/stream/onset.h"
#include "detector/stream/pair_filter.h"
#include "detector/stream/timing_options.h"

namespace cairn::timing {

// A pair of which the rules hold.
struct PairFinding {
  PacketTime time;
  PairKind kind = PairKind::kDirect;
  RoleBasis roles = RoleBasis::kOrder;  // how upstream and downstream were told apart
  uint32_t revision = 1;                // one more each time that they were corrected
  std::optional<IpAddress> host;        // direct: the middle host
  ConnectionSummary upstream;
  ConnectionSummary downstream;
  Evidence evidence;
  // Hosts with a connection to the same service (responder's address and port) as one side of the
  // pair, all correlated with the other side, this pair's included: 1 for a login chain.
  uint32_t fan_out = 1;
};

class PairSink {
 public:
  virtual ~PairSink() = default;
  // Once per pair of connections, when the rules first hold.
  virtual void OnPair(const PairFinding& finding) = 0;
  // Later evidence says that upstream and downstream of a reported pair are the other way round.
  // At most kMaxRevisions times a pair.
  virtual void OnPairRevised(const PairFinding&) {}
  // Once per reported pair, with the totals, when the first of its connections has ended.
  virtual void OnPairEnd(const PairFinding& finding, SessionEnd cause) = 0;
};

// What the correlator did and what it had to drop.
struct CorrelatorCounters {
  uint64_t onsets = 0;              // that may take part in pairs
  uint64_t candidates = 0;          // onset comparisons made
  uint64_t candidates_dropped = 0;  // onsets whose search stopped at max_candidates_per_onset
  uint64_t indirect_skipped = 0;    // onsets not compared for want of budget
  uint64_t trials = 0;              // onsets of connections in pairs, for each pair
  uint64_t coincidences = 0;
  uint64_t pairs_created = 0;
  uint64_t pairs_held = 0;
  uint64_t pairs_peak = 0;
  uint64_t pairs_evicted_by_connection = 0;  // max_pairs_per_connection: the least promising
  uint64_t pairs_evicted_by_table = 0;       // max_pairs: likewise
  uint64_t pairs_evicted_promising = 0;      // of both: with half of what an alert needs
  uint64_t pairs_refused = 0;                // table or connection full of reported pairs
  uint64_t pairs_hopeless = 0;               // dropped because the rules can hardly hold any more
};

// The correlator half (Zhang & Paxson 2000): onsets and connection ends in, stepping-stone pairs
// out.  It knows nothing of segments, and onsets may come from anywhere as long as they are in time
// order.
//
// Cost per onset: the pairs its connection is already in, plus the candidates: for direct pairs the
// recent onsets of flows that end at its source host, for indirect pairs those whose previous
// onsets coincided with its previous ones. Thread-compatible.  Deterministic.  Memory bounded by
// the options.
class Correlator : private EvictionSink {
 public:
  // Requires: `sink` outlives the correlator.
  Correlator(const Options& options, const PrefixSet& protected_networks, PairSink& sink);

  // An onset in this slot, of data from `source`, will probably come soon: fetches what that will
  // need.
  void Prefetch(uint32_t slot, const IpAddress& source) const;
  // Requires: times do not decrease.
  void OnOnset(const Onset& onset) {
    if (filter_.MayTakePart(onset)) Compare(onset);
  }
  // Requires: likewise, and the onset may take part (PairFilter).
  void Compare(const Onset& onset);
  void OnConnectionEnd(uint32_t slot, SessionEnd cause, PacketTime time);
  // Evidence of another kind has decided (slots/): what `a` brings to the host where the two meet,
  // leaves it against `b`, and the other way round.
  void OnCorrelation(const stream::FlowInfo& a, const stream::FlowInfo& b,
                     const SlotSignificance& slots, const Confidence& confidence, PacketTime time);

  // What pairs need follows from these scores, of pairs compared with a shift in time.  Requires:
  // `scores` outlives the correlator.
  void CalibrateBy(const std::array<NullScores, kKinds>& scores) { judge_->CalibrateBy(scores); }
  // When there are more indirect comparisons to make than the budget allows, `priority` says whose
  // are made; without one, nobody's.  Requires: `priority` outlives the correlator.
  void Prioritize(const Priority& priority) { priority_ = &priority; }
  // Has the budget been short of late, so that priority() matters?
  bool IsPressed(PacketTime now) const { return budget_.IsShort(now); }
  // From now on this correlator compares only connections of which one has an even slot number and
  // the other an odd one, and records what they reach instead of reporting.  Requires: as above.
  void RecordScores(std::array<NullScores, kKinds>& scores) {
    records_ = true;
    judge_->RecordScores(scores);
  }

  CorrelatorCounters counters() const;

  // What an earlier run knew that cannot be gathered again: reported pairs, and how much was
  // compared in how much time.  The evidence of other pairs is not part of it.
  void Save(checkpoint::Writer& out) const;
  // To be called before anything else.  `slots`: the connections that the sensor knows.  What
  // cannot be makes `in` fail; then the correlator must not be used.
  void Restore(checkpoint::Reader& in, const checkpoint::ConnectionSlots& slots);
  // Those of reported pairs.
  void AddConnections(checkpoint::Connections& connections) const;

 private:
  struct SlotVerdict {
    const SlotSignificance& significance;
    uint32_t from = 0;  // state of the connection from which its direction 0 runs
  };

  void UpdatePairs(uint32_t state, const Onset& onset);
  void AddTrial(uint32_t pair, unsigned side, bool leaves, const Onset& onset);
  void CountWait(Pair& pair, unsigned direction) const;
  void FindDirect(const Onset& onset);
  void FindSimultaneous(const Onset& onset);
  void FindIndirect(const Onset& onset);
  void FindAnyIndirect(const Onset& onset);
  bool GoesFirst(const Onset& onset) const;
  RecentOnsets::Keys KeysOf(const Onset& onset) const;
  bool TryCandidate(const Onset& earlier, const Onset& later, PairKind kind);
  void Coincide(uint32_t pair, unsigned direction, PacketTime earlier, uint32_t earlier_count,
                PacketTime later, uint32_t later_count);
  uint32_t OnsetsNeededForIndirect() const;
  PacketDelta IndirectWindow() const;

  void OnEviction(const Pair& pair) override;
  void Judge(uint32_t pair, PacketTime now);
  void Report(uint32_t pair, PacketTime now, const std::optional<Confidence>& confidence,
              const SlotVerdict* slots);
  void ReviewRoles(uint32_t pair, PacketTime now);
  Roles RolesOf(const Pair& pair) const;
  bool IsAlreadyReported(const Pair& pair) const;
  uint32_t FanOut(const Pair& pair, PacketTime now) const;
  PairFinding Describe(const Pair& pair, PacketTime time) const;

  PacketDelta TripTo(const Onset& onset) const;
  PacketDelta TripFrom(const Onset& onset) const;
  PacketDelta Transit(PairKind kind, const Onset& earlier, const Onset& later) const;
  PacketDelta TransitOf(const Pair& pair, unsigned direction) const;

  bool FromFirst(PairKind kind) const { return search_.from_first[IndexOf(kind)]; }
  PacketDelta Window(PairKind kind) const { return search_.window[IndexOf(kind)]; }
  PacketDelta Elapsed(PacketTime now) const { return now - first_onset_; }
  const PairRules& RulesOf(PairKind kind) const {
    return kind == PairKind::kDirect ? options_.direct : options_.indirect;
  }

  const Options options_;
  const PairFilter filter_;
  PairSink& sink_;
  ConnectionStates states_;
  PairTable pairs_;
  const std::unique_ptr<PairJudge> judge_;
  const PairSearch search_;
  RecentOnsets recent_;
  uint64_t onsets_in_window_ = 0;               // how busy the link is
  PacketDelta farthest_ = PacketDelta::Zero();  // half of the longest trip in `recent_`, ever
  WatchedBefore before_;                        // by earlier runs
  PacketTime first_onset_ = PacketTime::InfinitePast();
  PacketTime now_ = PacketTime::InfinitePast();
  ComparisonBudget budget_;
  const Priority* priority_ = nullptr;
  bool records_ = false;  // scores, instead of reporting
  CorrelatorCounters counters_;
};

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_CORRELATOR_TIMING_CORRELATOR_H_
