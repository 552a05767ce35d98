// SPDX-License-Identifier: BSD-3-Clause
// The part of the correlator that outlives a run.
#include <algorithm>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "detector/correlator/timing/correlator.h"

namespace cairn::timing {
template <typename Archive>
void Fields(Archive& archive, DirectionStats& value) {
  archive(value.coincidences, value.zero_lag, value.consecutive, value.last_earlier,
          value.last_later, value.last_trial, value.last_time, value.lags, value.evidence);
}

// Of a reported one; its inputs' states are numbers within the file.
template <typename Archive>
void Fields(Archive& archive, Pair& value) {
  for (Pair::Input& input : value.input) archive(input.state, input.flow);
  archive.Choice(value.kind, PairKind::kIndirect);
  archive(value.upstream, value.waits, value.created_at);
  archive.Choice(value.roles, RoleBasis::kOrder);
  archive(value.revisions, value.direction);
}

template <typename Archive>
void Fields(Archive& archive, ConnectionState::Flow& value) {
  archive(value.last, value.count, value.wait_ms, value.covered);
}

template <typename Archive>
void Fields(Archive& archive, ConnectionState& value) {
  archive(value.uid, value.key.ip, value.key.port, value.start, value.originator_side);
  archive.Choice(value.originator, OriginatorSource::kGuessed);
  archive(value.seen, value.not_believed, value.far_trip, value.flow);
}

namespace {

bool IsSoundState(const ConnectionState& state) {
  return state.originator_side <= 1 && state.seen <= 3;
}

bool IsSoundPair(const Pair& pair, size_t states) {
  for (const Pair::Input& input : pair.input) {
    if (input.state >= states || input.flow > 1) return false;
  }
  for (const DirectionStats& direction : pair.direction) {
    for (size_t window = 0; window < kEvidenceWindows.size(); ++window) {
      if (direction.evidence.hits(window) > direction.evidence.onsets()) return false;
    }
  }
  return pair.input[0].state != pair.input[1].state && pair.upstream <= 1 &&
         pair.revisions <= kMaxRevisions;
}

}  // namespace

void Correlator::Save(checkpoint::Writer& out) const {
  const std::vector<uint32_t> reported = pairs_.Reported();
  absl::flat_hash_map<uint32_t, uint32_t> numbers;  // of the states, within the file
  std::vector<ConnectionState> states;
  std::vector<Pair> pairs;
  for (const uint32_t index : reported) {
    Pair& pair = pairs.emplace_back(pairs_[index]);
    for (Pair::Input& input : pair.input) {
      const auto [number, is_new] =
          numbers.try_emplace(input.state, static_cast<uint32_t>(states.size()));
      if (is_new) states.push_back(states_[input.state]);
      input.state = number->second;
    }
  }
  out(first_onset_.IsSet()
          ? WatchedBefore{.first = first_onset_, .last = std::max(now_, first_onset_)}
          : before_);
  out(std::array{pairs_.created(PairKind::kDirect), pairs_.created(PairKind::kIndirect)});
  out(states, pairs);
}

void Correlator::Restore(checkpoint::Reader& in, const checkpoint::ConnectionSlots& slots) {
  std::array<uint64_t, kKinds> created{};
  std::vector<ConnectionState> states;
  std::vector<Pair> pairs;
  in(before_, created, states, pairs);
  if (!in.Check(before_.IsSound() && pairs.size() <= pairs_.max_pairs())) return;
  pairs_.SetCreatedBefore(created);
  std::vector<uint32_t> numbers;
  for (ConnectionState& state : states) {
    const auto slot = slots.find(state.uid);
    if (!in.Check(slot != slots.end() && IsSoundState(state))) return;
    state.slot = slot->second;
    if (!in.Check(states_.Find(state.slot) == ConnectionStates::kNone)) return;
    numbers.push_back(states_.Restore(state));
  }
  for (Pair& pair : pairs) {
    if (!in.Check(IsSoundPair(pair, numbers.size()))) return;
    for (Pair::Input& input : pair.input) {
      input.state = numbers[input.state];
      if (!in.Check(states_[input.state].pairs < pairs_.max_per_connection())) return;
    }
    if (!in.Check(!pairs_.Find(pair.input[0], pair.input[1]).has_value())) return;
    pair.reported = true;
    pairs_.Restore(pair);
  }
  const bool all_in_pairs = std::all_of(numbers.begin(), numbers.end(),
                                        [&](uint32_t state) { return states_[state].pairs > 0; });
  in.Check(all_in_pairs && pairs_.size() <= pairs_.created());
}

void Correlator::AddConnections(checkpoint::Connections& connections) const {
  for (const uint32_t index : pairs_.Reported()) {
    for (const Pair::Input& input : pairs_[index].input) {
      connections.insert(states_[input.state].uid);
    }
  }
}

}  // namespace cairn::timing
