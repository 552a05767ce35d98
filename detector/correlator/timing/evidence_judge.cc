// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/timing/evidence_judge.h"

#include "detector/correlator/timing/pair_flows.h"
#include "detector/correlator/timing/transit.h"

namespace cairn::timing {

PairSearch EvidenceJudge::search() const {
  return {.window = {options_.direct.candidate_window, options_.indirect.candidate_window},
          .any_past = true,
          .narrows_in_crowds = true,
          .adapts_to_round_trips = options_.adapt_to_round_trips,
          .lags_of_trials = true};
}

bool EvidenceJudge::IsDue(Pair& pair, const Trial& trial) const {
  if (trial.leaves && Coincides(trial.theirs, trial.now, kEvidenceWindows.back(), trial.transit)) {
    pair.lacking -= MostNatsOf(trial.now - trial.theirs - trial.transit);
    return true;
  }
  if (trial.theirs == trial.now && trial.transit == PacketDelta::Zero()) {
    pair.lacking -= MostNatsOf(PacketDelta::Zero());
    return true;
  }
  return false;
}

PairJudge::Verdict EvidenceJudge::Judge(Pair& pair, PacketTime now, PacketDelta elapsed) {
  if (pair.lacking > 0) return {};
  const PairEvidence evidence = EvidenceOf(pair, now);
  if (recorded_ != nullptr) {
    Record(pair, evidence);
    return {};
  }
  const double needed = NeededBy(pair.kind, elapsed);
  const double lacking = LackingNats(evidence, needed, options_, pair.kind);
  if (lacking > 0) {
    pair.lacking = static_cast<float>(lacking);
    return {};
  }
  const double score = ScoreOf(evidence, options_, pair.kind);
  return {.is_stone = true,
          .confidence =
              Confidence{.nats = score,
                         .needed = needed,
                         .false_alarms_per_day = FalseAlarmsPerDay(
                             pairs_.created(pair.kind), elapsed, score, Measured(pair.kind))}};
}

// Strangers' evidence is noted and never suffices.
void EvidenceJudge::Record(Pair& pair, const PairEvidence& evidence) {
  const auto score = static_cast<float>(ScoreOf(evidence, options_, pair.kind));
  if (score > pair.best) {
    (*recorded_)[IndexOf(pair.kind)].Add(pair.best, score);
    pair.best = score;
  }
  pair.lacking = static_cast<float>(
      LackingNats(evidence, NullScores::NextLevel(pair.best), options_, pair.kind));
}

bool EvidenceJudge::IsHopeless(const Pair& pair, PacketTime now) const {
  constexpr uint32_t kFairChance = 48;  // trials
  constexpr double kNothing = 1;        // nats
  bool judged = false;
  for (unsigned d = 0; d < 2; ++d) {
    if (pair.direction[d].evidence.onsets() < kFairChance) continue;
    judged = true;
    if (ViewEvidence(states_, pair, d, now).nats >= kNothing) return false;
  }
  return judged;
}

bool EvidenceJudge::IsPromising(const Pair& pair, PacketTime now, PacketDelta elapsed) const {
  constexpr double kMayLack = 0.5;  // of what is needed
  const double needed = NeededBy(pair.kind, elapsed);
  // Most lack so much that it need not be computed.
  if (pair.lacking > kMayLack * needed) return false;
  return LackingNats(EvidenceOf(pair, now), needed, options_, pair.kind) <= kMayLack * needed;
}

// The direction of which both flows run from client to server.
std::optional<unsigned> EvidenceJudge::ClientToServerDirection(const Pair& pair) const {
  std::array<bool, 2> client_enters{};  // the stone, on this side
  for (unsigned side = 0; side < 2; ++side) {
    const ConnectionState& state = states_[pair.input[side].state];
    if (state.originator == OriginatorSource::kGuessed) return std::nullopt;
    client_enters[side] = pair.input[side].flow == state.originator_side;
  }
  if (client_enters[0] == client_enters[1]) return std::nullopt;
  return client_enters[0] ? 0 : 1;
}

PairEvidence EvidenceJudge::EvidenceOf(const Pair& pair, PacketTime now) const {
  return {.direction = {ViewEvidence(states_, pair, 0, now), ViewEvidence(states_, pair, 1, now)},
          .client_to_server = ClientToServerDirection(pair),
          .sees_both_directions = SeesBothDirections(states_, pair)};
}

const NullScores* EvidenceJudge::Measured(PairKind kind) const {
  return calibration_ == nullptr ? nullptr : &(*calibration_)[IndexOf(kind)];
}

double EvidenceJudge::NeededBy(PairKind kind, PacketDelta elapsed) const {
  return NeededNats(pairs_.created(kind), elapsed, options_.false_alarms_per_day / kTests,
                    Measured(kind));
}

}  // namespace cairn::timing
