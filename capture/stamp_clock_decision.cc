// SPDX-License-Identifier: BSD-3-Clause
// What becomes of the stamps that a StampClock has held: which clock is right from now on, and the
// packet time of each.
#include <algorithm>
#include <array>

#include "capture/stamp_clock.h"
#include "capture/stamp_clock_limits.h"

namespace cairn::capture {

using namespace clock_rule;

// The clock is what it was.
void StampClock::Mend() {
  const size_t strangers = held_.size() - returned_;
  const bool excursion = strangers >= kSteady && last_stranger_ != kNone &&
                         tracks_[static_cast<size_t>(last_stranger_)].count == strangers &&
                         Jump(tracks_[static_cast<size_t>(last_stranger_)]) > kLongestLateness;
  PacketTime latest = break_ + offset_;
  size_t next_main = 0;
  bool away = false;
  for (size_t i = 0; i < held_.size(); ++i) {
    const Segment& segment = held_[i].segment;
    const PacketTime stamp = segment.time;
    const PacketDelta distance = stamp > break_ ? stamp - break_ : break_ - stamp;
    if (held_[i].track == kMain) {
      if (away && excursion) {
        NoteStep(stamp + offset_, stamp, stamp - held_[i - 1].segment.time, offset_);
      }
      away = false;
      newest_ = std::max(newest_, stamp);
      latest = std::max(latest, stamp + offset_);
      Emit(segment, stamp + offset_);
      continue;
    }
    if (distance <= kLongestLateness) {
      Emit(segment, stamp + offset_);
      continue;
    }
    if (i > 0 && held_[i].track != kNone && held_[i].track == held_[i - 1].track) {
      next_main = std::max(next_main, i);
      while (next_main < held_.size() && held_[next_main].track != kMain) ++next_main;
      const PacketDelta gap = stamp - held_[i - 1].segment.time;
      PacketTime moved = latest + std::clamp(gap, PacketDelta::Zero(), kShortSilence);
      if (next_main < held_.size()) {
        moved = std::min(moved, held_[next_main].segment.time + offset_);
      }
      latest = std::max(latest, moved);
    }
    if (!excursion) ++wild_stamps_;
    if (!away && excursion) NoteStep(latest, stamp, stamp - break_, latest - stamp);
    away = true;
    Emit(segment, latest);
  }
  Forget();
}

// `track` is the clock from now on.
void StampClock::Win(int track) {
  const Track winner = tracks_[static_cast<size_t>(track)];
  const PacketDelta before = offset_;
  PacketTime latest = break_ + before;
  const PacketDelta after = OffsetAfterJump(track);
  if (after != before) {
    NoteStep(winner.first + after, winner.first, winner.first - break_, after);
    offsets_.Add(after);
  }
  for (size_t i = 0; i < held_.size(); ++i) {
    const Segment& segment = held_[i].segment;
    const PacketTime stamp = segment.time;
    const bool early = i < winner.first_index;
    const bool on_the_way = early && stamp >= break_ - tolerance_ && stamp <= winner.first;
    if (held_[i].track == track) {
      latest = std::max(latest, stamp + after);
      Emit(segment, stamp + after);
    } else if (early && (held_[i].track == kMain || on_the_way)) {
      latest = std::max(latest, stamp + before);
      Emit(segment, stamp + before);
    } else {
      ++wild_stamps_;
      Emit(segment, latest);
    }
  }
  newest_ = winner.newest;
  offset_ = after;
  Forget();
}

PacketDelta StampClock::OffsetAfterJump(int track) const {
  const Track& winner = tracks_[static_cast<size_t>(track)];
  const bool behind = IsBehind(winner);
  if (behind || Jump(winner) >= kLeastUndone) {
    for (size_t i = 0; i < offsets_.size(); ++i) {
      if (Undoes(offsets_[i], winner)) return offsets_[i];
    }
  }
  if (!behind) return offset_;
  const PacketTime first = std::max(break_ + offset_ + UsualGap(track), winner.known);
  return first - winner.first;
}

// Whether with `offset` the track goes on from the old clock about where it was.
bool StampClock::Undoes(PacketDelta offset, const Track& track) const {
  if (offset == offset_) return false;
  const PacketDelta difference = offset > offset_ ? offset - offset_ : offset_ - offset;
  const PacketDelta eighth = PacketDelta::FromNanoseconds(difference.ToNanoseconds() / 8);
  const PacketTime old = break_ + offset_;
  const PacketTime time = track.first + offset;
  const PacketTime latest =
      std::max(old + Least(kShortSilence, eighth), track.known + kLongestLateness);
  return time >= old - Least(kLongestLateness, eighth) && time <= latest;
}

// The median distance of the first stamps.
PacketDelta StampClock::UsualGap(int track) const {
  std::array<PacketDelta, kSteady> gaps{};
  size_t count = 0;
  const Segment* last = nullptr;
  for (const Held& held : held_) {
    if (held.track != track || count == gaps.size()) continue;
    if (last != nullptr) gaps[count++] = held.segment.time - last->time;
    last = &held.segment;
  }
  if (count == 0) return PacketDelta::Zero();
  const auto middle = gaps.begin() + static_cast<ptrdiff_t>(count / 2);
  std::nth_element(gaps.begin(), middle, gaps.begin() + static_cast<ptrdiff_t>(count));
  return std::clamp(*middle, PacketDelta::Zero(), kLongestGap);
}

}  // namespace cairn::capture
