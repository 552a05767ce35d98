// SPDX-License-Identifier: BSD-3-Clause
// The part of the correlator that looks at one pair: do the rules hold, who is upstream, and what
// is the evidence.
#include <algorithm>

#include "absl/container/inlined_vector.h"

#include "detector/correlator/timing/correlator.h"
#include "detector/correlator/timing/evidence_rule.h"

namespace cairn::timing {
namespace {

const ConnectionState::Flow& FlowOf(const ConnectionState& state, uint8_t flow, PairKind kind) {
  return state.flow[flow][IndexOf(kind)];
}

uint8_t Reverse(uint8_t flow) { return static_cast<uint8_t>(1U - flow); }

// A relay passes on what reaches it within a fraction of a second; and between two keystrokes there
// is mostly nothing.
void SuspectEvasion(Evidence& evidence) {
  constexpr PacketDelta kHeldBack = PacketDelta::FromMilliseconds(200);
  constexpr PacketDelta kLongWindow = PacketDelta::FromMilliseconds(300);
  if (evidence.slots.has_value()) {
    const auto& direction = evidence.slots->direction;
    evidence.delay_suspected = std::max(direction[0].lag - evidence.forward.transit,
                                        direction[1].lag - evidence.backward.transit) >= kHeldBack;
    evidence.chaff_suspected = !evidence.delay_suspected;
  } else if (evidence.confidence.has_value()) {
    const Significance& stronger =
        evidence.forward.significance.nats >= evidence.backward.significance.nats
            ? evidence.forward.significance
            : evidence.backward.significance;
    evidence.delay_suspected = stronger.window > kLongWindow;
  }
}

uint32_t WithOrder(const Track& track) { return track.coincidences - track.zero_lag; }

void TakeRoles(Pair& pair, const Roles& roles) {
  pair.upstream = roles.upstream;
  pair.roles = roles.basis;
}

OpenerClue OpenerOf(const Pair::Input& input, const ConnectionState& state) {
  const ConnectionSummary ends = state.Summary();
  const bool guessed = state.originator == OriginatorSource::kGuessed;
  if (guessed && !PortsTell(ends.orig.port, ends.resp.port)) return {};
  return {.opener = input.flow == state.originator_side ? Opener::kFarEnd : Opener::kStone,
          .by_handshake = !guessed};
}

}  // namespace

// The pair of the same flows in the opposite order: a stone on the other side.
const Pair* Correlator::MirrorOf(const Pair& pair) const {
  const std::optional<uint32_t> mirror =
      pairs_.Find({pair.input[0].state, Reverse(pair.input[0].flow)},
                  {pair.input[1].state, Reverse(pair.input[1].flow)});
  return mirror.has_value() ? &pairs_[*mirror] : nullptr;
}

PairView Correlator::View(const Pair& pair) const {
  PairView view;
  const Pair* mirror = MirrorOf(pair);
  for (unsigned t = 0; t < 2; ++t) {
    const Pair::Input& first = pair.input[t];
    const Pair::Input& second = pair.input[1 - t];
    PairView::Direction& direction = view.direction[t];
    direction.onsets_earlier = FlowOf(states_[first.state], first.flow, pair.kind).count;
    direction.onsets_later = FlowOf(states_[second.state], Reverse(second.flow), pair.kind).count;
    direction.coincidences = pair.track[t].coincidences;
    direction.consecutive = pair.track[t].consecutive;
    if (mirror == nullptr) continue;
    // The mirror's track that runs from `second` reversed to `first`: the one of `second`'s side.
    const unsigned side = mirror->input[0].state == second.state ? 0 : 1;
    const Track& flipped = mirror->track[side];
    direction.flipped_coincidences = WithOrder(flipped);
    direction.flipped_consecutive = std::min(flipped.consecutive, WithOrder(flipped));
  }
  view.sees_both_directions = SeesBothDirections(pair);
  return view;
}

bool Correlator::SeesBothDirections(const Pair& pair) const {
  return states_[pair.input[0].state].seen == 3 && states_[pair.input[1].state].seen == 3;
}

// The track of which both flows run from client to server.
std::optional<unsigned> Correlator::ClientToServerTrack(const Pair& pair) const {
  std::array<bool, 2> client_enters{};  // the stone, on this side
  for (unsigned side = 0; side < 2; ++side) {
    const ConnectionState& state = states_[pair.input[side].state];
    if (state.originator == OriginatorSource::kGuessed) return std::nullopt;
    client_enters[side] = pair.input[side].flow == state.originator_side;
  }
  if (client_enters[0] == client_enters[1]) return std::nullopt;
  return client_enters[0] ? 0 : 1;
}

Significance Correlator::ViewEvidence(const Pair& pair, unsigned t, PacketTime now) const {
  const Pair::Input& first = pair.input[t];
  return pair.track[t].evidence.View(
      FlowOf(states_[first.state], first.flow, pair.kind).CoveredUntil(now));
}

PairEvidence Correlator::EvidenceOf(const Pair& pair, PacketTime now) const {
  return {.track = {ViewEvidence(pair, 0, now), ViewEvidence(pair, 1, now)},
          .client_to_server = ClientToServerTrack(pair),
          .sees_both_directions = SeesBothDirections(pair)};
}

const NullScores* Correlator::Measured(PairKind kind) const {
  return calibration_ == nullptr ? nullptr : &(*calibration_)[IndexOf(kind)];
}

// Set when the evidence suffices.
std::optional<Confidence> Correlator::Suffices(Pair& pair, PacketTime now) {
  if (pair.lacking > 0) return std::nullopt;
  const PairEvidence evidence = EvidenceOf(pair, now);
  if (recorded_ != nullptr) {
    const auto score = static_cast<float>(ScoreOf(evidence, options_, pair.kind));
    if (score > pair.best) {
      (*recorded_)[IndexOf(pair.kind)].Add(pair.best, score);
      pair.best = score;
    }
    pair.lacking = static_cast<float>(
        LackingNats(evidence, NullScores::NextLevel(pair.best), options_, pair.kind));
    return std::nullopt;
  }
  const uint64_t pairs = pairs_.created(pair.kind);
  const PacketDelta elapsed = now - first_onset_;
  const double needed =
      NeededNats(pairs, elapsed, options_.false_alarms_per_day / kTests, Measured(pair.kind));
  const double lacking = LackingNats(evidence, needed, options_, pair.kind);
  if (lacking > 0) {
    pair.lacking = static_cast<float>(lacking);
    return std::nullopt;
  }
  const double score = ScoreOf(evidence, options_, pair.kind);
  return Confidence{
      .nats = score,
      .needed = needed,
      .false_alarms_per_day = FalseAlarmsPerDay(pairs, elapsed, score, Measured(pair.kind))};
}

// Two connections can be compared in several ways (stone inside or outside, forward or reverse
// tunnel); one report.
bool Correlator::IsAlreadyReported(const Pair& pair) const {
  const uint32_t other = pair.input[1].state;
  for (uint32_t link = states_[pair.input[0].state].first_pair; link != Pair::kNoLink;
       link = pairs_[link / 2].next[link % 2]) {
    const Pair& known = pairs_[link / 2];
    if (known.reported && known.input[1 - link % 2].state == other) return true;
  }
  return false;
}

void Correlator::OnCorrelation(const stream::FlowInfo& a, const stream::FlowInfo& b, const SlotSignificance& slots,
                               const Confidence& confidence, PacketTime time) {
  if (!states_.IsOpen(a) || !states_.IsOpen(b)) return;
  now_ = std::max(now_, time);
  const Pair::Input first{states_.FindOrCreate(a), a.flow};
  const Pair::Input second{states_.FindOrCreate(b), b.flow};
  std::optional<uint32_t> index = pairs_.Find(first, second);
  if (!index.has_value()) index = pairs_.Insert(first, second, PairKind::kDirect);
  if (!index.has_value()) {
    ++counters_.pairs_refused;
    return;
  }
  const SlotVerdict verdict{.significance = slots, .from = first.state};
  Report(*index, time, confidence, &verdict);
}

// What gives way is mostly a pair that has gathered nothing, of which nothing is lost.  The others
// are counted: their evidence has to be gathered once more.
void Correlator::OnEviction(const Pair& pair) {
  if (recorded_ == nullptr && IsPromising(pair)) ++counters_.pairs_evicted_promising;
}

bool Correlator::IsPromising(const Pair& pair) const {
  constexpr double kShare = 0.5;  // of what an alert needs
  if (options_.rule == Rule::kThresholds) {
    const PairRules& rules = RulesOf(pair.kind);
    return pair.consecutive() >= kShare * rules.min_consecutive &&
           pair.coincidences() >= kShare * rules.min_coincidences;
  }
  if (!first_onset_.IsSet()) return false;
  const double needed = NeededNats(pairs_.created(pair.kind), now_ - first_onset_,
                                   options_.false_alarms_per_day / kTests, Measured(pair.kind));
  // Most lack so much that it need not be computed.
  if (pair.lacking > (1 - kShare) * needed) return false;
  return LackingNats(EvidenceOf(pair, now_), needed, options_, pair.kind) <= (1 - kShare) * needed;
}

void Correlator::Judge(uint32_t index, PacketTime now) {
  if (pairs_[index].reported) return;
  if (options_.rule == Rule::kThresholds) {
    if (IsSteppingStone(View(pairs_[index]), RulesOf(pairs_[index].kind))) {
      Report(index, now, std::nullopt, nullptr);
    }
  } else if (const std::optional<Confidence> confidence = Suffices(pairs_[index], now);
             confidence.has_value()) {
    Report(index, now, confidence, nullptr);
  }
}

// `slots`: what decided, null when onsets did.
void Correlator::Report(uint32_t index, PacketTime now, const std::optional<Confidence>& confidence,
                        const SlotVerdict* slots) {
  Pair& pair = pairs_[index];
  if (pair.reported || IsAlreadyReported(pair)) return;
  TakeRoles(pair, RolesOf(pair));
  pair.reported = true;
  PairFinding finding = Describe(pair, now);
  Evidence& evidence = finding.evidence;
  evidence.confidence = confidence;
  if (slots != nullptr) {
    evidence.slots = slots->significance;
    if (pair.input[pair.upstream].state != slots->from) {
      std::swap(evidence.slots->direction[0], evidence.slots->direction[1]);
      MatchSignificance& matching = evidence.slots->matching;
      std::swap(matching.direction_nats[0], matching.direction_nats[1]);
      std::swap(matching.blocks[0], matching.blocks[1]);
    }
  }
  SuspectEvasion(evidence);
  sink_.OnPair(finding);
}

Roles Correlator::RolesOf(const Pair& pair) const {
  const std::array<const ConnectionState*, 2> state = {&states_[pair.input[0].state],
                                                       &states_[pair.input[1].state]};
  const auto seen = [](const ConnectionState& s) {
    return s.originator != OriginatorSource::kGuessed;
  };
  return TellRoles(
      {.waits = pair.waits,
       .opener = {OpenerOf(pair.input[0], *state[0]), OpenerOf(pair.input[1], *state[1])},
       .older = static_cast<uint8_t>(std::pair(state[0]->start, state[0]->uid) <
                                             std::pair(state[1]->start, state[1]->uid)
                                         ? 0
                                         : 1),
       .age_known = seen(*state[0]) && seen(*state[1])});
}

void Correlator::ReviewRoles(uint32_t index, PacketTime now) {
  Pair& pair = pairs_[index];
  if (pair.revisions >= kMaxRevisions) return;
  const Roles roles = RolesOf(pair);
  if (roles.upstream == pair.upstream || roles.points < kPointsToRevise) return;
  TakeRoles(pair, roles);
  ++pair.revisions;
  sink_.OnPairRevised(Describe(pair, now));
}

// A server that passes messages on sends what one client wrote to all the others, so whatever its
// connection to another server is correlated with, many of its clients are.
uint32_t Correlator::FanOut(const Pair& pair, PacketTime now) const {
  constexpr double kCorrelated = 6;  // nats, of the stronger direction
  size_t most = 1;
  for (unsigned side = 0; side < 2; ++side) {
    const ConnectionState& client = states_[pair.input[side].state];
    const Endpoint service = client.Summary().resp;
    absl::InlinedVector<IpAddress, 8> hosts = {client.Summary().orig.ip};
    const uint32_t hub = pair.input[1 - side].state;
    for (uint32_t link = states_[hub].first_pair; link != Pair::kNoLink;
         link = pairs_[link / 2].next[link % 2]) {
      const Pair& sibling = pairs_[link / 2];
      const ConnectionSummary other = states_[sibling.input[1 - link % 2].state].Summary();
      if (other.resp != service ||
          std::find(hosts.begin(), hosts.end(), other.orig.ip) != hosts.end())
        continue;
      if (sibling.reported || std::max(ViewEvidence(sibling, 0, now).nats,
                                       ViewEvidence(sibling, 1, now).nats) >= kCorrelated) {
        hosts.push_back(other.orig.ip);
      }
    }
    most = std::max(most, hosts.size());
  }
  return static_cast<uint32_t>(most);
}

PairFinding Correlator::Describe(const Pair& pair, PacketTime time) const {
  const unsigned up = pair.upstream;
  const unsigned down = 1 - up;
  const Pair::Input& in_up = pair.input[up];
  const Pair::Input& in_down = pair.input[down];
  const ConnectionState& upstream = states_[in_up.state];
  const ConnectionState& downstream = states_[in_down.state];

  PairFinding finding;
  finding.time = time;
  finding.kind = pair.kind;
  finding.roles = pair.roles;
  finding.revision = 1U + pair.revisions;
  finding.fan_out = FanOut(pair, time);
  if (pair.kind == PairKind::kDirect) finding.host = upstream.destination(in_up.flow);
  finding.upstream = upstream.Summary();
  finding.downstream = downstream.Summary();
  // Keystrokes run into the stone on upstream and out of it on downstream.
  finding.upstream.reversed = in_up.flow != upstream.originator_side;
  finding.downstream.reversed = Reverse(in_down.flow) != downstream.originator_side;

  const auto fill = [&](DirectionEvidence& evidence, unsigned t, uint8_t up_flow,
                        uint8_t down_flow) {
    const Track& track = pair.track[t];
    evidence.onsets_upstream = FlowOf(upstream, up_flow, pair.kind).count;
    evidence.onsets_downstream = FlowOf(downstream, down_flow, pair.kind).count;
    evidence.coincidences = track.coincidences;
    evidence.consecutive = track.consecutive;
    const uint32_t onsets = std::min(evidence.onsets_upstream, evidence.onsets_downstream);
    evidence.ratio =
        onsets == 0 ? 0 : std::min(1.0, static_cast<double>(track.coincidences) / onsets);
    evidence.significance = ViewEvidence(pair, t, time);
    evidence.transit = TransitOf(pair, t);
    const PacketDelta longest = options_.rule == Rule::kEvidence
                                    ? evidence.transit + evidence.significance.window
                                    : PacketDelta::Infinite();
    evidence.lag_p50 = track.lags.Quantile(50, longest);
    evidence.lag_p95 = track.lags.Quantile(95, longest);
  };
  fill(finding.evidence.forward, up, in_up.flow, Reverse(in_down.flow));
  fill(finding.evidence.backward, down, Reverse(in_up.flow), in_down.flow);

  // One or two may come of a capture's own faults.
  constexpr uint8_t kInserted = 3;
  finding.evidence.insertion_suspected =
      std::max(upstream.not_believed, downstream.not_believed) >= kInserted;

  const auto seen = [](const ConnectionState& state, uint8_t flow) {
    return (state.seen & (1U << flow)) != 0;
  };
  if (upstream.seen != 3 || downstream.seen != 3) {
    const bool forward = seen(upstream, in_up.flow) && seen(downstream, Reverse(in_down.flow));
    finding.evidence.capture = forward ? CaptureView::kForwardOnly : CaptureView::kBackwardOnly;
  }
  return finding;
}

}  // namespace cairn::timing
