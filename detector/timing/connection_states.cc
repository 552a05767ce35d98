// SPDX-License-Identifier: BSD-3-Clause
#include "detector/timing/connection_states.h"

namespace cairn::timing {

uint32_t ConnectionStates::FindOrCreate(const Onset& onset) {
  if (const uint32_t known = Find(onset.slot); known != kNone) return known;
  if (onset.slot >= by_slot_.size()) by_slot_.resize(onset.slot + 1, kNone);
  uint32_t index = 0;
  if (free_.empty()) {
    index = static_cast<uint32_t>(states_.size());
    states_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  by_slot_[onset.slot] = index;
  ConnectionState& state = states_[index];
  state = ConnectionState{};
  state.key = onset.key;
  state.start = onset.start;
  state.uid = onset.uid;
  state.slot = onset.slot;
  Update(index, onset);
  return index;
}

void ConnectionStates::Update(uint32_t index, const Onset& onset) {
  ConnectionState& state = states_[index];
  for (size_t kind = 0; kind < kKinds; ++kind) {
    const OnsetHistory& history = onset.history[kind];
    if (!history.is_onset) continue;
    state.flow[onset.flow][kind] = {onset.time, history.count};
    state.flow[1U - onset.flow][kind].count = history.reverse_count;
  }
  state.originator_side = onset.originator_side;  // a SYN may arrive after its answer
  state.originator = onset.originator;
  state.seen =
      static_cast<uint8_t>(state.seen | (1U << onset.flow) | (onset.reverse_seen ? 3U : 0U));
}

void ConnectionStates::Erase(uint32_t index) {
  by_slot_[states_[index].slot] = kNone;
  free_.push_back(index);
}

}  // namespace cairn::timing
