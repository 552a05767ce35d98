// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/timing/connection_states.h"

namespace cairn::timing {

void ConnectionStates::OnOnset(const Onset& onset) {
  if (onset.slot >= slots_.size()) slots_.resize(size_t{onset.slot} + 1);
  slots_[onset.slot].uid = static_cast<uint32_t>(onset.uid);
}

void ConnectionStates::OnEnd(uint32_t slot) {
  if (slot < slots_.size()) slots_[slot].uid = 0;
}

uint32_t ConnectionStates::FindOrCreate(const Onset& onset) {
  if (const uint32_t known = Find(onset.slot); known != kNone) return known;
  const uint32_t index = FindOrCreate(static_cast<const stream::FlowInfo&>(onset));
  Update(index, onset);
  return index;
}

uint32_t ConnectionStates::FindOrCreate(const stream::FlowInfo& flow) {
  if (const uint32_t known = Find(flow.slot); known != kNone) return known;
  const uint32_t index = states_.Take();
  slots_[flow.slot].state = index;
  ConnectionState& state = states_[index];
  state.key = flow.key;
  state.start = flow.start;
  state.uid = flow.uid;
  state.slot = flow.slot;
  TakeOver(index, flow);
  return index;
}

uint32_t ConnectionStates::Restore(const ConnectionState& state) {
  if (state.slot >= slots_.size()) slots_.resize(size_t{state.slot} + 1);
  const uint32_t index = states_.Take();
  slots_[state.slot] = {.state = index, .uid = static_cast<uint32_t>(state.uid)};
  states_[index] = state;
  return index;
}

void ConnectionStates::Update(uint32_t index, const Onset& onset) {
  ConnectionState& state = states_[index];
  for (size_t kind = 0; kind < kKinds; ++kind) {
    const OnsetHistory& history = onset.history[kind];
    if (!history.is_onset) continue;
    ConnectionState::Flow& flow = state.flow[onset.flow][kind];
    flow.covered = flow.CoveredUntil(onset.time);
    flow.last = onset.time;
    flow.count = history.count;
    flow.wait_ms = history.wait_ms;
    state.flow[1U - onset.flow][kind].count = history.reverse_count;
  }
  TakeOver(index, onset);
}

void ConnectionStates::TakeOver(uint32_t index, const stream::FlowInfo& flow) {
  ConnectionState& state = states_[index];
  state.originator_side = flow.originator_side;  // a SYN may arrive after its answer
  state.originator = flow.originator;
  state.far_trip = flow.far_trip;
  state.not_believed = flow.not_believed;
  state.seen = static_cast<uint8_t>(state.seen | (1U << flow.flow) | (flow.reverse_seen ? 3U : 0U));
}

void ConnectionStates::Erase(uint32_t index) {
  slots_[states_[index].slot].state = kNone;
  states_.GiveBack(index);
}

}  // namespace cairn::timing
