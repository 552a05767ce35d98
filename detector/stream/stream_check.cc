// SPDX-License-Identifier: BSD-3-Clause
#include "detector/stream/stream_check.h"

#include <algorithm>
#include <array>

#include "absl/hash/hash.h"

#include "base/address.h"

namespace cairn::stream {
namespace {

// Nobody can choose addresses that have the same: it is another one in each process.
uint64_t HashOfEnds(const std::array<IpAddress, 2>& ends) { return absl::HashOf(ends[0], ends[1]); }

}  // namespace

const char* StreamCheck::On(const timing::Onset& onset) {
  if (onset.time < onset_not_before_) return "onsets go back in time";
  if (onset.start > onset.time) return "an onset comes before its connection";
  onset_not_before_ = onset.time;
  Reach(onset.time);
  return nullptr;
}

// Ends and ticks may go ahead of what flows sent in one second, because time-outs are told first;
// not of more.
const char* StreamCheck::On(const FlowSecond& second) {
  if (has_second_ && second.number < second_) return "seconds go back in time";
  if (second.flow.start >= second.end()) return "a second comes before its connection";
  if (second.previous.IsSet() && second.previous >= second.end()) {
    return "what was sent before a second was sent after it";
  }
  if (!has_second_ || second.number > second_) {
    if (has_second_ && second.number < reached_) {
      if (!may_go_on_) return "seconds stay behind the ends of connections";
      may_go_on_ = false;
    }
    has_second_ = true;
    second_ = second.number;
    ReachSecond(second.number);
  }
  if (second.flow.slot >= holders_.size()) holders_.resize(size_t{second.flow.slot} + 1);
  Holder& holder = holders_[second.flow.slot];
  if (holder.uid == 0) {
    holder = {.uid = second.flow.uid, .ends = HashOfEnds(second.flow.key.ip)};
  } else if (holder.uid != second.flow.uid || holder.ends != HashOfEnds(second.flow.key.ip)) {
    return "a slot has passed to another connection without an end";
  }
  Reach(second.begin());
  return CountInSecond();
}

const char* StreamCheck::On(const HostsParted& parted) {
  if (parted.slot < holders_.size() && holders_[parted.slot].uid != 0) {
    Holder& holder = holders_[parted.slot];
    if (holder.uid != parted.uid || holder.ends != HashOfEnds(parted.ends)) {
      return "another connection ends than the one in the slot";
    }
    holder = Holder();
  }
  ReachSecond(StretchNumber(parted.time, FlowSecond::kLength));
  Reach(parted.time);
  return CountInSecond();
}

const char* StreamCheck::On(const ConnectionClosed& closed) {
  // It may lie behind: a time-out is noticed with the next packet of whatever connection.
  onset_not_before_ = std::max(onset_not_before_, closed.time);
  Reach(closed.time);
  return nullptr;
}

const char* StreamCheck::On(const InsertionSeen& seen) {
  if (seen.connection.start > seen.time) return "insertion comes before its connection";
  Reach(seen.time);
  return nullptr;
}

const char* StreamCheck::On(const SessionSeen& seen) {
  return seen.record.last_time < seen.record.first_time ? "a session ends before it begins"
                                                        : nullptr;
}

const char* StreamCheck::On(const Tick& tick) {
  if (!tick.time.IsSet()) return nullptr;
  if (tick.time < tick_not_before_) return "ticks go back in time";
  tick_not_before_ = tick.time;
  Reach(tick.time);
  if (tick.moves_time) ReachSecond(StretchNumber(tick.time, FlowSecond::kLength));
  return nullptr;
}

void StreamCheck::ReachSecond(int64_t number) {
  if (!has_reached_ || number > reached_) {
    has_reached_ = true;
    reached_ = number;
    may_go_on_ = true;
  }
  if (number <= played_until_) return;
  played_until_ = number;
  in_second_ = 0;
}

const char* StreamCheck::CountInSecond() {
  return ++in_second_ > kMostInASecond ? "too much happens in one second" : nullptr;
}

}  // namespace cairn::stream
