// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_STAMP_CLOCK_H_
#define CAIRN_CAPTURE_STAMP_CLOCK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "capture/clock_step.h"
#include "capture/segment.h"

namespace cairn::capture {

// The offsets that the clocks of one capture have had, newest first: a clock that is set back to
// what it was, and the interfaces of one machine, which share a clock, find theirs again.
class ClockOffsets {
 public:
  void Add(PacketDelta offset);
  size_t size() const { return size_; }
  PacketDelta operator[](size_t i) const { return offsets_[i]; }

 private:
  std::array<PacketDelta, 8> offsets_{};
  size_t size_ = 1;  // the offset zero
};

// Makes packet time of the stamps of one capturing interface, whose clock may be set, and some of
// whose stamps may be damaged (the clock rule):
//
//  * A stamp goes on if it is at most `window` behind the newest one (zero: a second, since nothing
//    is put in order then) and at most 100 ms ahead, or not ahead of what is `known` from
//    elsewhere.  Whatever does not go on is held, with all that follows, until what follows has
//    decided.
//  * Stamps stay behind: the clock was set back after 16 that go on from there (at the end of the
//    input, or when they have caught up: 3, or 2 if that was by 1 to 10 s).  The first of them gets
//    the newest time and a usual distance between packets (their median, at most 1 s), or the
//    offset that the clock, or another of the same capture, had before; the others follow at their
//    true distances.
//  * Stamps stay ahead: the link was silent; they keep their times.  Up to 10 s, one more has to
//    confirm it; else 16 and a minute (or 4,096) without a return to the old time.  If an offset of
//    before undoes the jump, the clock was set.
//  * Stamps return to the old time: up to 15 that were elsewhere are damage ("wild") and stand
//    between their neighbours, in their own distances where they have any.  More of them: the clock
//    was set, and set back.
//  * Up to 1 s behind or ahead is lateness: these keep their stamps for the orderer
//    (capture/reorder.h).  That the clock was set back by so little is believed if such a thing did
//    not happen shortly before (eight times the step), since packets of several cards, or queues of
//    one, that come in turns look the same.
//  * The first 16 stamps (64 if they disagree) are held likewise; the majority is right.
//
// Deterministic; reads no clock.  Memory: at most 4,096 held segments.  Thread-compatible.
class StampClock {
 public:
  // `offsets` outlives this.  `live`: no minute of waiting, since somebody waits for alerts.
  StampClock(PacketDelta window, bool live, ClockOffsets& offsets);

  // The fast path: whether `stamp` simply goes on, and if so, its packet time.
  bool GoesOn(PacketTime stamp) const {
    const auto from_earliest = static_cast<uint64_t>(stamp.ToNanoseconds()) -
                               static_cast<uint64_t>(newest_.ToNanoseconds()) + behind_;
    return from_earliest < range_;
  }
  // Requires: GoesOn(stamp), or EndsSilence(stamp, ...).
  PacketTime TimeOf(PacketTime stamp) {
    if (stamp > newest_) newest_ = stamp;
    return stamp + offset_;
  }
  // Whether `stamp` comes after a silence, as `next` of the same interface confirms.
  bool EndsSilence(PacketTime stamp, PacketTime next) const;

  // Any other segment, with its stamp as time.  `known`: the packet time that other interfaces, or
  // a clock that ran meanwhile, have reached; InfinitePast() if unknown.
  void Add(const Segment& segment, PacketTime known);
  // Nothing follows for now: decides upon what is held with what there is.
  void Settle();
  bool undecided() const { return !held_.empty(); }
  // Whether a moment's silence is too little to decide upon what is held: a far jump.
  bool is_patient() const;

  // The caller knows better: from packet time `time` on, it is later by `by`.
  ClockStep Shift(PacketTime time, PacketDelta by);

  // Segments with their packet times, in the order of arrival.  To be emptied by the caller.
  std::vector<Segment>& decided() { return decided_; }
  // Likewise the steps that were found, without source and interface.
  std::vector<ClockStep>& steps() { return steps_; }

  // The newest packet time that is believed.
  PacketTime newest() const { return newest_.IsSet() ? newest_ + offset_ : newest_; }
  uint64_t wild_stamps() const { return wild_stamps_; }
  uint64_t clock_steps() const { return clock_steps_; }

 private:
  static constexpr int kNone = -1;
  static constexpr int kMain = 0;  // the clock that is believed
  static constexpr size_t kMostTracks = 8;

  // Held stamps that go on from one another: what a clock might say.
  struct Track {
    PacketTime first = PacketTime::InfinitePast();
    PacketTime newest = PacketTime::InfinitePast();
    PacketTime known = PacketTime::InfinitePast();  // when it began
    PacketDelta reach;                              // how far ahead of its newest stamp it goes on
    size_t count = 0;
    size_t first_index = 0;  // in held_
    size_t last_index = 0;
  };
  struct Held {
    Segment segment;
    int track = kNone;
  };

  void AddToOpening(const Segment& segment);
  void DecideOpening();
  size_t OpeningWinner() const;
  void GoOnWith(const Segment& segment);
  void Decide();
  void Force();
  void Return();
  bool Crosses(const Track& track) const;
  void Mend();
  void Win(int track);
  PacketDelta OffsetAfterJump(int track) const;
  bool Undoes(PacketDelta offset, const Track& track) const;
  PacketDelta UsualGap(int track) const;

  int Find(PacketTime stamp) const;
  PacketTime ReturnLimit() const;
  void Hold(const Segment& segment, int track);
  void Pass(Segment segment);
  void Emit(const Segment& segment, PacketTime time);
  void NoteStep(PacketTime time, PacketTime stamp, PacketDelta size, PacketDelta offset);
  void Forget();
  void SetQuiet(bool quiet);

  bool IsBehind(const Track& track) const { return track.first < break_; }
  PacketDelta Jump(const Track& track) const {
    return IsBehind(track) ? break_ - track.first : track.first - break_;
  }
  int LargestTrack() const;
  bool IsRare(PacketDelta step) const { return since_break_ >= step * 8; }

  PacketDelta tolerance_;
  bool live_;
  ClockOffsets& offsets_;

  PacketTime newest_ = PacketTime::InfinitePast();  // stamp
  PacketDelta offset_;
  uint64_t behind_ = 0;
  uint64_t range_ = 0;  // 0: nothing simply goes on

  bool opening_ = true;
  std::vector<Held> held_;
  std::vector<Held> again_;  // the opening's, while they are looked at once more
  std::array<Track, kMostTracks> tracks_;
  size_t track_count_ = 0;
  int last_stranger_ = kNone;  // the track, but the main one, that was last gone on with
  size_t returned_ = 0;        // held stamps of the main track
  PacketTime break_ = PacketTime::InfinitePast();  // the newest stamp before what is held
  PacketTime known_ = PacketTime::InfinitePast();
  PacketTime last_break_ = PacketTime::InfinitePast();  // packet time of the last lateness
  PacketDelta since_break_;                             // from the lateness before this one

  std::vector<Segment> decided_;
  std::vector<ClockStep> steps_;
  uint64_t wild_stamps_ = 0;
  uint64_t clock_steps_ = 0;
};

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_STAMP_CLOCK_H_
