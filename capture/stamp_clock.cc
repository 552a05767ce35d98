// SPDX-License-Identifier: BSD-3-Clause
#include "capture/stamp_clock.h"

#include <algorithm>
#include <utility>

#include "capture/stamp_clock_limits.h"

namespace cairn::capture {

using namespace clock_rule;

void ClockOffsets::Add(PacketDelta offset) {
  const auto end = offsets_.begin() + static_cast<ptrdiff_t>(size_);
  auto place = std::find(offsets_.begin(), end, offset);
  if (place == end) {
    if (size_ < offsets_.size()) ++size_;
    place = offsets_.begin() + static_cast<ptrdiff_t>(size_ - 1);
    *place = offset;
  }
  std::rotate(offsets_.begin(), place, place + 1);
}

StampClock::StampClock(PacketDelta window, bool live, ClockOffsets& offsets)
    : tolerance_(window == PacketDelta::Zero()
                     ? kLongestLateness
                     : std::max(window, PacketDelta::FromMilliseconds(1))),
      live_(live),
      offsets_(offsets) {}

bool StampClock::EndsSilence(PacketTime stamp, PacketTime next) const {
  if (range_ == 0 || stamp <= newest_ || stamp - newest_ > kShortSilence) return false;
  return next >= stamp - tolerance_ && next <= stamp + kShortSilence;
}

void StampClock::Add(const Segment& segment, PacketTime known) {
  known_ = known;
  if (opening_) {
    AddToOpening(segment);
  } else {
    GoOnWith(segment);
  }
}

void StampClock::Settle() {
  if (opening_ && !held_.empty()) DecideOpening();
  if (!held_.empty()) Force();
}

bool StampClock::is_patient() const {
  return !opening_ && last_stranger_ != kNone &&
         Jump(tracks_[static_cast<size_t>(last_stranger_)]) > kShortSilence;
}

ClockStep StampClock::Shift(PacketTime time, PacketDelta by) {
  const PacketTime stamp = time - offset_;
  offset_ = offset_ + by;
  offsets_.Add(offset_);
  ++clock_steps_;
  return {.time = time + by,
          .stamp = stamp,
          .size = PacketDelta::Zero(),
          .offset = offset_,
          .source = {},
          .interface = 0};
}

// ---- The opening: no clock is believed yet.

void StampClock::AddToOpening(const Segment& segment) {
  Hold(segment, Find(segment.time));
  const bool agreed = track_count_ == 1 && held_.size() >= kSteady;
  if (agreed || held_.size() >= kLongOpening) DecideOpening();
}

// The track that most stamps are on; of equally many the one that moves on more.  But what comes
// first, alone, and not absurdly far ahead was right, too, before the clock was set back.
size_t StampClock::OpeningWinner() const {
  size_t winner = 0;
  for (size_t i = 1; i < track_count_; ++i) {
    const Track& best = tracks_[winner];
    const Track& track = tracks_[i];
    if (std::pair(track.count, track.newest - track.first) >
        std::pair(best.count, best.newest - best.first)) {
      winner = i;
    }
  }
  const Track& first = tracks_[0];
  const Track& best = tracks_[winner];
  const bool set_back = winner != 0 && first.count > 1 && first.last_index < best.first_index &&
                        best.first < first.newest && first.newest - best.first <= kLongestSilence;
  return set_back ? 0 : winner;
}

void StampClock::DecideOpening() {
  const Track winner = tracks_[OpeningWinner()];
  opening_ = false;
  again_.swap(held_);
  newest_ = winner.first;
  for (size_t i = 0; i < winner.first_index; ++i) {
    const Segment& segment = again_[i].segment;
    const int number = again_[i].track;
    const Track& track = tracks_[number == kNone ? 0 : static_cast<size_t>(number)];
    const bool many =
        number != kNone && track.count >= kSteady && track.last_index < winner.first_index;
    const bool believed =
        segment.time <= winner.first && (many || winner.first - segment.time <= kLongestSilence);
    if (!believed) ++wild_stamps_;
    Emit(segment, believed ? segment.time : winner.first);
  }
  Forget();
  for (size_t i = winner.first_index; i < again_.size(); ++i) GoOnWith(again_[i].segment);
  again_.clear();
}

// ---- Afterwards.

void StampClock::GoOnWith(const Segment& segment) {
  const PacketTime stamp = segment.time;
  if (held_.empty()) {
    const bool goes_on = stamp >= newest_ - tolerance_ &&
                         (stamp <= newest_ + kNear || stamp + offset_ <= known_ + kLongestLateness);
    if (goes_on) return Pass(segment);
    SetQuiet(false);
    break_ = newest_;
    tracks_[kMain] = {.first = newest_, .newest = newest_, .reach = kNear};
    track_count_ = 1;
    if (stamp < newest_ && newest_ - stamp <= kLongestLateness) {
      since_break_ = newest() - last_break_;
      last_break_ = newest();
    }
  }
  Hold(segment, Find(stamp));
  Decide();
}

void StampClock::Decide() {
  const int track = held_.back().track;
  if (track == kMain) {
    const size_t strangers = held_.size() - returned_;
    if (strangers < kSteady || returned_ >= kSurelyReturned) return Return();
  } else if (track != kNone) {
    const Track& candidate = tracks_[static_cast<size_t>(track)];
    const PacketDelta jump = Jump(candidate);
    if (IsBehind(candidate)) {
      if (candidate.count >= kSteady) {
        return jump > kLongestLateness || IsRare(jump) ? Win(track) : Mend();
      }
    } else if (jump <= kShortSilence) {
      if (candidate.count > 1) return Win(track);
    } else if (candidate.count >= kSteady) {
      const bool confirmed = live_ || candidate.newest - candidate.first >= kConfirmingTime;
      if (confirmed) return Win(track);
    }
  }
  if (held_.size() >= kMostHeld) Force();
}

// Nothing more can be waited for.
void StampClock::Force() {
  const int track = LargestTrack();
  if (track == kNone || held_.back().track == kMain) return Mend();
  const Track& candidate = tracks_[static_cast<size_t>(track)];
  const PacketDelta jump = Jump(candidate);
  bool believed = candidate.count >= kSteady;
  if (IsBehind(candidate)) {
    const bool alone = candidate.count == held_.size();
    believed = (believed && jump > kLongestLateness) ||
               (alone && candidate.count > 1 && jump > kLongestLateness && jump <= kShortSilence) ||
               (alone && candidate.count >= kLikely && jump >= kLeastStep &&
                (jump > kLongestLateness || IsRare(jump)));
  } else {
    believed = believed || jump <= kLongestSilence;
  }
  return believed ? Win(track) : Mend();
}

// The old clock goes on: what else is held was damage, lateness or an excursion.  Or a clock that
// was set back has caught up with its own past.
void StampClock::Return() {
  if (last_stranger_ != kNone && Crosses(tracks_[static_cast<size_t>(last_stranger_)])) {
    const Segment caught_up = held_.back().segment;
    held_.pop_back();
    Win(last_stranger_);
    return GoOnWith(caught_up);
  }
  Mend();
}

bool StampClock::Crosses(const Track& track) const {
  const PacketDelta jump = Jump(track);
  const bool alone = track.count + 1 == held_.size();
  // Damaged stamps are far off, and no card is so late.
  const bool step_alone = jump > kLongestLateness && jump <= kShortSilence;
  if (IsBehind(track) && alone && step_alone && track.count > 1) return true;
  return IsBehind(track) && alone && track.count >= kLikely && jump >= kLeastStep &&
         (held_.back().segment.time - track.newest) * 2 <= jump &&
         (jump > kLongestLateness || IsRare(jump));
}

// ---- Tracks.

// The track that `stamp` goes on with: the nearest.
int StampClock::Find(PacketTime stamp) const {
  int best = kNone;
  PacketDelta least = PacketDelta::Infinite();
  for (size_t i = 0; i < track_count_; ++i) {
    const Track& track = tracks_[i];
    PacketTime limit = track.newest + track.reach;
    if (!opening_ && i == kMain) limit = std::max(limit, ReturnLimit());
    if (stamp < track.newest - tolerance_ || stamp > limit) continue;
    const PacketDelta distance = stamp > track.newest ? stamp - track.newest : track.newest - stamp;
    if (distance >= least) continue;
    least = distance;
    best = static_cast<int>(i);
  }
  return best;
}

// How far the main clock may have gone on while others spoke.
PacketTime StampClock::ReturnLimit() const {
  if (last_stranger_ == kNone) return PacketTime::InfinitePast();
  const Track& other = tracks_[static_cast<size_t>(last_stranger_)];
  const PacketDelta meanwhile = Least((other.newest - other.first) * 2, kLongestSilence);
  const PacketTime limit = tracks_[kMain].newest + kShortSilence + meanwhile;
  if (IsBehind(other)) return limit;
  return std::min(limit, other.first - tolerance_ - PacketDelta::FromNanoseconds(1));
}

void StampClock::Hold(const Segment& segment, int track) {
  const PacketTime stamp = segment.time;
  if (track == kNone && track_count_ < kMostTracks) {
    track = static_cast<int>(track_count_++);
    PacketDelta reach = kShortSilence;
    if (!held_.empty() || !opening_) {
      const PacketTime before = held_.empty() ? break_ : held_.back().segment.time;
      const PacketDelta jump =
          stamp > before ? (stamp - before) * 2
                         : PacketDelta::FromNanoseconds((before - stamp).ToNanoseconds() / 2);
      const bool far = stamp > before && stamp - before > kLongestSilence;
      reach = far ? kLongestSilence : std::clamp(jump, kShortSilence, kLongestSilence);
    }
    tracks_[static_cast<size_t>(track)] = {.first = stamp,
                                           .newest = stamp,
                                           .known = known_,
                                           .reach = reach,
                                           .first_index = held_.size()};
  }
  if (track != kNone) {
    Track& joined = tracks_[static_cast<size_t>(track)];
    joined.newest = std::max(joined.newest, stamp);
    joined.last_index = held_.size();
    ++joined.count;
    if (!opening_ && track == kMain) {
      ++returned_;
    } else {
      last_stranger_ = track;
    }
  }
  held_.push_back({segment, track});
}

int StampClock::LargestTrack() const {
  int largest = kNone;
  for (size_t i = 1; i < track_count_; ++i) {
    if (largest == kNone || tracks_[i].count > tracks_[static_cast<size_t>(largest)].count) {
      largest = static_cast<int>(i);
    }
  }
  return largest;
}

void StampClock::Pass(Segment segment) {
  const PacketTime stamp = segment.time;
  Emit(segment, TimeOf(stamp));
}

void StampClock::Emit(const Segment& segment, PacketTime time) {
  decided_.push_back(segment);
  decided_.back().time = time;
}

void StampClock::NoteStep(PacketTime time, PacketTime stamp, PacketDelta size, PacketDelta offset) {
  ++clock_steps_;
  steps_.push_back(
      {.time = time, .stamp = stamp, .size = size, .offset = offset, .source = {}, .interface = 0});
}

void StampClock::Forget() {
  held_.clear();
  track_count_ = 0;
  last_stranger_ = kNone;
  returned_ = 0;
  SetQuiet(true);
}

void StampClock::SetQuiet(bool quiet) {
  behind_ = static_cast<uint64_t>(tolerance_.ToNanoseconds());
  range_ = quiet ? behind_ + static_cast<uint64_t>(kNear.ToNanoseconds()) + 1 : 0;
}

}  // namespace cairn::capture
