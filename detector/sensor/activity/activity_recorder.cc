// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/activity/activity_recorder.h"

#include <limits>

#include "detector/sensor/onsets/idle_periods.h"

namespace cairn::activity {
namespace {

using stream::FlowSecond;

// Who ends a pause of the connection has the initiative.
void CountInitiative(connections::Connection& connection, unsigned flow) {
  constexpr unsigned kMost = FlowSecond::kMostInitiative;
  const unsigned initiative = connection.initiative;
  const bool by_server = flow != connection.originator_side;
  if (by_server && initiative < kMost) connection.initiative = (initiative + 1) & kMost;
  if (!by_server && initiative > 0) connection.initiative = (initiative - 1) & kMost;
}

}  // namespace

void ActivityRecorder::Begin(PacketTime now) {
  number_ = StretchNumber(now, FlowSecond::kLength);
  tag_ = static_cast<uint8_t>(number_);
  begin_ = StretchBegin(number_, FlowSecond::kLength);
  end_ = begin_ + FlowSecond::kLength;
}

void ActivityRecorder::OnNewData(connections::Connection& connection, uint32_t slot, uint8_t flow,
                                 PacketTime time, const LastData& before) {
  constexpr auto kMarkNs = static_cast<uint32_t>(FlowSecond::kMark.ToNanoseconds());
  constexpr unsigned kMarksOfTenth = FlowSecond::kMarks / FlowSecond::kTenths;
  if (!enabled_ || timing::SendsByClock(connection, flow)) return;
  Counts* counts = Holds(connection, slot, flow) ? &counts_[connection.activity_at[flow]]
                                                 : Open(connection, slot, flow, time, before);
  if (counts == nullptr) return;
  const uint32_t mark = static_cast<uint32_t>((time - begin_).ToNanoseconds()) / kMarkNs;
  counts->marks |= uint64_t{1} << mark;
  counts->answered = connection.data_seen == connections::kBothFlows ? 1 : 0;
  uint8_t& segments = counts->segments[mark / kMarksOfTenth];
  if (segments < std::numeric_limits<uint8_t>::max()) ++segments;
}

ActivityRecorder::Counts* ActivityRecorder::Open(connections::Connection& connection, uint32_t slot,
                                                 uint8_t flow, PacketTime time,
                                                 const LastData& before) {
  if (before.either.IsSet() && time - before.either >= FlowSecond::kPause) {
    CountInitiative(connection, flow);
  }
  if (counts_.size() >= most_) {
    ++left_out_;
    return nullptr;
  }
  connection.activity_at[flow] = static_cast<uint32_t>(counts_.size());
  connection.activity_second[flow] = tag_;
  Counts& counts = counts_.emplace_back();
  counts.previous = before.own;
  counts.slot = slot;
  counts.flow = flow & 1U;
  counts.initiative = connection.initiative;
  return &counts;
}

void ActivityRecorder::Fill(const Counts& counts, FlowSecond& second) const {
  second.flow = timing::DescribeFlow(table_[counts.slot], counts.slot, counts.flow);
  second.number = number_;
  second.previous = counts.previous;
  second.marks = counts.marks;
  second.segments = counts.segments;
  second.answered = counts.answered != 0;
  second.initiative = counts.initiative;
}

}  // namespace cairn::activity
