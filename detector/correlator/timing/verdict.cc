// SPDX-License-Identifier: BSD-3-Clause
// The part of the correlator that looks at one pair: do the rules hold, who is upstream, and what
// is the evidence.
#include <algorithm>

#include "absl/container/inlined_vector.h"

#include "detector/correlator/timing/correlator.h"
#include "detector/correlator/timing/pair_flows.h"

namespace cairn::timing {
namespace {

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

void Correlator::OnCorrelation(const stream::FlowInfo& a, const stream::FlowInfo& b,
                               const SlotSignificance& slots, const Confidence& confidence,
                               PacketTime time) {
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
  if (!records_ && judge_->IsPromising(pair, now_, Elapsed(now_))) {
    ++counters_.pairs_evicted_promising;
  }
}

void Correlator::Judge(uint32_t index, PacketTime now) {
  if (pairs_[index].reported) return;
  const PairJudge::Verdict verdict = judge_->Judge(pairs_[index], now, Elapsed(now));
  if (verdict.is_stone) Report(index, now, verdict.confidence, nullptr);
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
      if (sibling.reported ||
          std::max(ViewEvidence(states_, sibling, 0, now).nats,
                   ViewEvidence(states_, sibling, 1, now).nats) >= kCorrelated) {
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

  const auto fill = [&](DirectionEvidence& evidence, unsigned d, uint8_t up_flow,
                        uint8_t down_flow) {
    const DirectionStats& direction = pair.direction[d];
    evidence.onsets_upstream = FlowOf(upstream, up_flow, pair.kind).count;
    evidence.onsets_downstream = FlowOf(downstream, down_flow, pair.kind).count;
    evidence.coincidences = direction.coincidences;
    evidence.consecutive = direction.consecutive;
    const uint32_t onsets = std::min(evidence.onsets_upstream, evidence.onsets_downstream);
    evidence.ratio =
        onsets == 0 ? 0 : std::min(1.0, static_cast<double>(direction.coincidences) / onsets);
    evidence.significance = ViewEvidence(states_, pair, d, time);
    evidence.transit = TransitOf(pair, d);
    const PacketDelta longest = search_.lags_of_trials
                                    ? evidence.transit + evidence.significance.window
                                    : PacketDelta::Infinite();
    evidence.lag_p50 = direction.lags.Quantile(50, longest);
    evidence.lag_p95 = direction.lags.Quantile(95, longest);
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
