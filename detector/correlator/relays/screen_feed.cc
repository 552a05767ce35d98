// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/relays/screen_feed.h"

#include <algorithm>
#include <bit>

namespace cairn::relays {

using stream::FlowSecond;

void ScreenFeed::BeginSecond(int64_t number) {
  if (number <= number_) return;
  PlayAll();
  number_ = number;
}

void ScreenFeed::OnSecond(const FlowSecond& second) {
  BeginSecond(second.number);
  if (!screen_.Heeds(second.flow.slot, second.flow.uid, second.begin()) &&
      !screen_.Heeds(second.flow.slot, second.flow.uid, second.end())) {
    return;
  }
  const auto index = static_cast<uint32_t>(seconds_.size());
  seconds_.push_back(second);
  if (second.flow.slot >= waits_.size()) waits_.resize(second.flow.slot + size_t{1});
  waits_[second.flow.slot] = true;
  for (uint64_t marks = second.marks; marks != 0; marks &= marks - 1) {
    steps_[static_cast<size_t>(std::countr_zero(marks))].push_back({index, false});
  }
}

// In its place among what others did in that second; a connection that takes over its slot comes
// after it.
void ScreenFeed::OnConnectionEnd(uint32_t slot, uint64_t uid, const std::array<IpAddress, 2>& ends,
                                 PacketTime time) {
  BeginSecond(StretchNumber(time, FlowSecond::kLength));
  // Of most that end the screen knows nothing: of every SYN of a flood, for one.
  if (!Waits(slot) && !screen_.Knows(slot, uid)) return;
  const PacketDelta since = time - StretchBegin(number_, FlowSecond::kLength);
  const int64_t mark = std::clamp<int64_t>(
      since.ToNanoseconds() / FlowSecond::kMark.ToNanoseconds(), 0, FlowSecond::kMarks - 1);
  const auto index = static_cast<uint32_t>(ends_.size());
  ends_.push_back({.slot = slot, .uid = uid, .ends = ends, .time = time});
  steps_[static_cast<size_t>(mark)].push_back({index, true});
}

void ScreenFeed::PlayAll() {
  for (unsigned mark = 0; mark < FlowSecond::kMarks; ++mark) {
    for (const Step& step : steps_[mark]) {
      if (step.is_end) {
        const End& end = ends_[step.index];
        screen_.OnConnectionEnd(end.slot, end.uid, end.ends, end.time);
      } else {
        Play(seconds_[step.index], mark);
      }
    }
    steps_[mark].clear();
  }
  for (const FlowSecond& second : seconds_) waits_[second.flow.slot] = false;
  seconds_.clear();
  ends_.clear();
}

void ScreenFeed::Play(const FlowSecond& second, unsigned mark) {
  const stream::FlowInfo& flow = second.flow;
  const uint64_t before = second.marks & ((uint64_t{1} << mark) - 1);
  FlowActivity activity;
  activity.uid = flow.uid;
  activity.end = {flow.key.end(0), flow.key.end(1)};
  activity.start = flow.start;
  activity.time = second.mark_time(mark);
  activity.previous = before == 0
                          ? second.previous
                          : second.mark_time(static_cast<unsigned>(std::bit_width(before)) - 1);
  activity.slot = flow.slot;
  activity.flow = flow.flow;
  activity.client_side = flow.originator_side;
  activity.originator = flow.originator;
  activity.initiative = second.initiative;
  screen_.OnActivity(activity);
}

void ScreenFeed::AdvanceTo(PacketTime now) {
  BeginSecond(StretchNumber(now, FlowSecond::kLength));
  screen_.AdvanceTo(now);
}

void ScreenFeed::Finish(PacketTime now) {
  PlayAll();
  screen_.Finish(now);
}

}  // namespace cairn::relays
