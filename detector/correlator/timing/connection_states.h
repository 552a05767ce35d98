// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_TIMING_CONNECTION_STATES_H_
#define CAIRN_DETECTOR_CORRELATOR_TIMING_CONNECTION_STATES_H_

#include <array>
#include <cstdint>
#include <vector>

#include "base/slot_pool.h"
#include "detector/correlator/timing/onset_evidence.h"
#include "detector/correlator/timing/pair.h"
#include "detector/stream/onset.h"

namespace cairn::timing {

// What the correlator remembers of a connection that is in at least one pair.
struct ConnectionState {
  struct Flow {
    PacketTime last = PacketTime::InfinitePast();
    uint32_t count = 0;
    uint32_t wait_ms = OnsetHistory::kNoWait;  // of the onset at `last`
    Coverage covered;                          // from the first onset that this state saw to `last`

    Coverage CoveredUntil(PacketTime now) const {
      Coverage all = covered;
      if (last.IsSet() && now > last) all.AddGap(now - last);
      return all;
    }
  };
  std::array<std::array<Flow, kKinds>, 2> flow;  // [flow][kind]
  connections::ConnectionKey key;
  PacketTime start;
  uint64_t uid = 0;
  uint32_t slot = 0;
  uint32_t first_pair = Pair::kNoLink;  // number * 2 + side
  uint32_t pairs = 0;
  uint8_t originator_side = 0;
  OriginatorSource originator = OriginatorSource::kSyn;
  uint8_t seen = 0;          // bit per flow: the capture holds segments of it
  uint8_t not_believed = 0;  // Onset::not_believed
  std::array<PacketDelta, 2> far_trip = {PacketDelta::Zero(), PacketDelta::Zero()};  // to each side

  const IpAddress& source(uint8_t f) const { return key.ip[f]; }
  const IpAddress& destination(uint8_t f) const { return key.ip[1U - f]; }
  ConnectionSummary Summary() const {
    return {.uid = uid,
            .orig = key.end(originator_side),
            .resp = key.end(1U - originator_side),
            .start = start,
            .originator = originator};
  }
};

// The states by the sensor's slot numbers.  A slot costs 8 bytes, a state about 250; states exist
// only for connections in pairs, so their number is bounded by twice the pairs.  Thread-compatible.
// Every call O(1).
class ConnectionStates {
 public:
  static constexpr uint32_t kNone = 0xffffffff;

  // A connection had an onset: its slot is its own until OnEnd.
  void OnOnset(const Onset& onset);
  void OnEnd(uint32_t slot);
  // An onset in this slot will probably come soon.
  void Prefetch(uint32_t slot) const {
    if (slot < slots_.size()) __builtin_prefetch(&slots_[slot], 1);
  }
  // Is the flow's connection still open?  Its slot may have passed to another one since.
  bool IsOpen(const stream::FlowInfo& flow) const {
    return flow.slot < slots_.size() && slots_[flow.slot].uid == static_cast<uint32_t>(flow.uid);
  }

  // The state of the connection that holds `slot` now, or kNone.
  uint32_t Find(uint32_t slot) const { return slot < slots_.size() ? slots_[slot].state : kNone; }
  // The same, made when there is none.  Requires: IsOpen(flow).
  uint32_t FindOrCreate(const stream::FlowInfo& flow);
  uint32_t FindOrCreate(const Onset& onset);  // takes over its history, too, when it is made
  // Takes over what the onset says of its flow.
  void Update(uint32_t state, const Onset& onset);
  // The state of a connection of an earlier run, which is open; its slot is set, and it is in no
  // pair. Requires: the slot has none.
  uint32_t Restore(const ConnectionState& state);
  void Erase(uint32_t state);

  ConnectionState& operator[](uint32_t state) { return states_[state]; }
  const ConnectionState& operator[](uint32_t state) const { return states_[state]; }

 private:
  void TakeOver(uint32_t state, const stream::FlowInfo& flow);

  struct Slot {
    uint32_t state = kNone;
    uint32_t uid = 0;  // its low half: enough to tell a slot's successive owners apart; 0: ended
  };
  std::vector<Slot> slots_;
  SlotPool<ConnectionState> states_;
};

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_CORRELATOR_TIMING_CONNECTION_STATES_H_
