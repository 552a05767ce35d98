// SPDX-License-Identifier: BSD-3-Clause
// The part of the tracker that outlives a run.  A connection that is restored is one that has been
// in the table all the time: when it goes on, what was missed is a gap; when nothing more comes of
// it, it times out; a new one on the same ports replaces it.
#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <tuple>
#include <utility>
#include <vector>

#include "detector/sensor/connections/connection_end.h"
#include "detector/sensor/connections/connection_tracker.h"
#include "detector/stream/connection_id.h"

namespace cairn::connections {
namespace {

// Those of one bit for each flow.
template <typename Archive>
void FlowBits(Archive& archive, Connection& value) {
  std::array<uint8_t, 17> bits = {value.seq_known,     value.ack_known,       value.syn_seen,
                                  value.fin_seen,      value.ahead_known,     value.data_seen,
                                  value.ahead_doubted, value.contested,       value.resent,
                                  value.ahead_fin,     value.checksums_right, value.checksums_wrong,
                                  value.back_known,    value.fin_acked,       value.reset_flows,
                                  value.initiative,    value.prompt_acks};
  archive(bits);
  if constexpr (Archive::kReads) {
    value.seq_known = bits[0] & kBothFlows;
    value.ack_known = bits[1] & kBothFlows;
    value.syn_seen = bits[2] & kBothFlows;
    value.fin_seen = bits[3] & kBothFlows;
    value.ahead_known = bits[4] & kBothFlows;
    value.data_seen = bits[5] & kBothFlows;
    value.ahead_doubted = bits[6] & kBothFlows;
    value.contested = bits[7] & kBothFlows;
    value.resent = bits[8] & kBothFlows;
    value.ahead_fin = bits[9] & kBothFlows;
    value.checksums_right = bits[10] & kBothFlows;
    value.checksums_wrong = bits[11] & kBothFlows;
    value.back_known = bits[12] & kBothFlows;
    value.fin_acked = bits[13] & kBothFlows;
    value.reset_flows = bits[14] & kBothFlows;
    value.initiative = bits[15] & 7U;
    value.prompt_acks = bits[16] & 15U;
  }
}

template <typename Archive>
void Switches(Archive& archive, Connection& value) {
  bool was_doubted = value.was_doubted;
  bool told = value.told;
  bool insertion_told = value.insertion_told;
  uint8_t originator_side = value.originator_side;
  Phase phase = value.phase;
  OriginatorSource originator = value.originator;
  archive(was_doubted, told, insertion_told, originator_side);
  archive.Choice(phase, Phase::kLingering);
  archive.Choice(originator, OriginatorSource::kGuessed);
  if constexpr (Archive::kReads) {
    value.was_doubted = was_doubted;
    value.told = told;
    value.insertion_told = insertion_told;
    value.originator_side = originator_side & 1U;
    value.phase = phase;
    value.originator = originator;
  }
}

}  // namespace

template <typename Archive>
void Fields(Archive& archive, FlowOnsets& value) {
  archive(value.last, value.count, value.gap_units);
}

// All but what refers to other tables: timers, what waits, what is counted.
template <typename Archive>
void Fields(Archive& archive, Connection& value) {
  archive(value.ip, value.port, value.start, value.last_segment, value.last_data, value.next_seq,
          value.acked, value.hop_limit, value.unbelieved_units, value.round_trip, value.hop_trust,
          value.periodic_runs, value.unheard_counts, value.onsets, value.ended_at, value.first_seq,
          value.ahead_end, value.back_end, value.not_believed_count);
  FlowBits(archive, value);
  Switches(archive, value);
}

// The longest silent first: so timers take them.
void ConnectionTracker::Save(checkpoint::Writer& out,
                             const checkpoint::Connections& connections) const {
  std::vector<std::pair<PacketTime, uint32_t>> slots;
  // A flood of SYNs must not push out who was answered.
  std::vector<std::tuple<bool, PacketTime, uint32_t>> others;
  for (uint32_t slot = 0; slot < table_.slot_limit(); ++slot) {
    const Connection& connection = table_[slot];
    if (!connection.open) continue;
    if (connections.contains(connection.uid)) {
      slots.emplace_back(connection.last_segment, slot);
    } else {
      others.emplace_back(connection.phase != Phase::kHandshake, connection.last_segment, slot);
    }
  }
  if (others.size() > kMostSaved) {
    const auto end = others.begin() + static_cast<std::ptrdiff_t>(kMostSaved);
    std::nth_element(others.begin(), end, others.end(), std::greater<>());
    others.erase(end, others.end());
  }
  for (const auto& [answered, time, slot] : others) slots.emplace_back(time, slot);
  std::sort(slots.begin(), slots.end());
  out(static_cast<uint32_t>(slots.size()));
  for (const auto& [time, slot] : slots) out(table_[slot]);
}

void ConnectionTracker::Restore(checkpoint::Reader& in, checkpoint::ConnectionSlots& slots) {
  uint32_t count = 0;
  in(count);
  if (!in.Check(count <= table_.max_connections())) return;
  for (uint32_t i = 0; i < count; ++i) {
    Connection saved;
    in(saved);
    const ConnectionKey key = saved.key();
    const uint64_t hash = table_.Hash(key);
    const uint64_t uid = stream::ConnectionId(key, saved.start);
    if (!in.Check(!table_.Find(key, hash).has_value() && !slots.contains(uid))) return;
    const uint32_t slot = table_.Insert(key, hash);
    table_[slot] = saved;
    table_[slot].uid = uid;
    table_[slot].open = true;
    WheelOf(saved.phase).Add(slot);
    slots.emplace(uid, slot);
  }
  counters_.peak = std::max<uint64_t>(counters_.peak, table_.size());
}

}  // namespace cairn::connections
