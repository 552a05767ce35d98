// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/activity/slot_counter.h"

#include <limits>

#include "detector/sensor/onsets/idle_periods.h"

namespace cairn::slots {
namespace {

// How often a connection that meets no other asks again.
constexpr PacketDelta kAskAgain = PacketDelta::FromSeconds(1);
constexpr uint32_t kAskedMask = (1U << 28U) - 1;

uint32_t AskedAt(PacketTime time) {
  return static_cast<uint32_t>(time.ToNanoseconds() / kAskAgain.ToNanoseconds()) & kAskedMask;
}

}  // namespace

std::optional<EndedSlot> CountNewData(connections::Connection& connection, uint8_t flow,
                                      PacketTime time) {
  if (timing::SendsByClock(connection, flow)) return std::nullopt;
  const int64_t number = time.ToNanoseconds() / kFineSlot.ToNanoseconds();
  // Modulo 2^32: right for gaps of 13 years.
  const auto low = static_cast<uint32_t>(number);
  uint8_t& count = connection.slot_count[flow];
  if (connection.slot_number[flow] == low && count > 0) {
    if (count < std::numeric_limits<uint8_t>::max()) ++count;
    return std::nullopt;
  }
  const uint32_t passed = low - connection.slot_number[flow];
  const uint8_t counted = count;
  connection.slot_number[flow] = low;
  count = 1;
  if (counted == 0) return std::nullopt;
  return EndedSlot{.number = number - passed, .count = counted};
}

std::optional<SlotCount> SlotCounter::OnNewData(connections::Connection& connection, uint32_t slot,
                                                uint8_t flow, PacketTime time) {
  if (!options_.enabled) return std::nullopt;
  const std::optional<EndedSlot> ended = CountNewData(connection, flow, time);
  if (!ended.has_value() || connection.data_seen != 3 ||
      time - connection.start < options_.min_age || !IsToldOf(connection, slot, flow, time)) {
    return std::nullopt;
  }
  return SlotCount{.flow = timing::DescribeFlow(connection, slot, flow, time),
                   .number = ended->number,
                   .count = ended->count};
}

void SlotCounter::PrefetchRoles(const connections::Connection& connection, uint32_t slot,
                                PacketTime time) const {
  if (slot >= standing_.size()) return;
  const Standing& standing = standing_[slot];
  const bool may_ask = standing.kind == Kind::kWaiting || standing.kind == Kind::kNoRoom;
  if (!may_ask || standing.asked == AskedAt(time)) return;
  for (const IpAddress& host : connection.ip) roles_.Prefetch(host);
}

bool SlotCounter::IsToldOf(const connections::Connection& connection, uint32_t slot, uint8_t flow,
                           PacketTime time) {
  if (slot >= standing_.size()) standing_.resize(slot + 1U);
  Standing& standing = standing_[slot];
  if (standing.kind == Kind::kAdmitted) return true;
  if (standing.kind == Kind::kExcluded) return false;
  if (standing.kind == Kind::kUnknown) standing.client_side = connection.originator_side & 1U;
  const IpAddress& client = connection.ip[standing.client_side];
  const IpAddress& server = connection.ip[1U - standing.client_side];
  const uint32_t now = AskedAt(time);
  if (standing.kind == Kind::kUnknown) {
    if (!filter_.MayTakePart(timing::DescribeFlow(connection, slot, flow, time))) {
      standing.kind = Kind::kExcluded;
      return false;
    }
    standing.kind = Kind::kWaiting;
    roles_.Add(client, server);
  } else if (standing.asked == now) {
    return false;
  }
  standing.asked = now & kAskedMask;
  if (!roles_.Meets(client, server)) return false;
  if (admitted_ >= options_.max_connections) {
    if (standing.kind == Kind::kWaiting) ++left_out_;
    standing.kind = Kind::kNoRoom;
    return false;
  }
  standing.kind = Kind::kAdmitted;
  ++admitted_;
  return true;
}

void SlotCounter::OnConnectionEnd(uint32_t slot, const connections::Connection& connection) {
  if (slot >= standing_.size()) return;
  const Standing standing = standing_[slot];
  standing_[slot] = Standing();
  if (standing.kind == Kind::kUnknown || standing.kind == Kind::kExcluded) return;
  if (standing.kind == Kind::kAdmitted) --admitted_;
  roles_.Remove(connection.ip[standing.client_side], connection.ip[1U - standing.client_side]);
}

}  // namespace cairn::slots
