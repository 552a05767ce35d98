// SPDX-License-Identifier: BSD-3-Clause
#include "detector/slots/slot_counter.h"

#include <limits>

#include "detector/timing/idle_periods.h"

namespace cairn::slots {

std::optional<SlotCount> SlotCounter::OnNewData(connections::Connection& connection, uint32_t slot,
                                                uint8_t flow, PacketTime time) {
  if (!options_.enabled || timing::SendsByClock(connection, flow)) return std::nullopt;
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
  if (counted == 0 || connection.data_seen != 3 || time - connection.start < options_.min_age) {
    return std::nullopt;
  }
  if (!IsAdmitted(slot) && admitted_count_ >= options_.max_connections) {
    ++left_out_;
    return std::nullopt;
  }
  SlotCount ended;
  ended.flow = timing::DescribeFlow(connection, slot, flow, time);
  if (!IsAdmitted(slot) && !Admit(ended.flow)) return std::nullopt;
  ended.number = number - passed;
  ended.count = counted;
  return ended;
}

bool SlotCounter::Admit(const timing::Onset& flow) {
  if (!filter_.MayTakePart(flow)) return false;
  if (flow.slot >= admitted_.size()) admitted_.resize(flow.slot + 1U);
  admitted_[flow.slot] = true;
  ++admitted_count_;
  return true;
}

void SlotCounter::OnConnectionEnd(uint32_t slot) {
  if (!IsAdmitted(slot)) return;
  admitted_[slot] = false;
  --admitted_count_;
}

}  // namespace cairn::slots
