// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_TIMING_ONSET_EVIDENCE_H_
#define CAIRN_DETECTOR_CORRELATOR_TIMING_ONSET_EVIDENCE_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "detector/findings/event.h"

namespace cairn::timing {

// Calibrated onset evidence: how unlikely is it that so many onsets of one flow fall just after
// onsets of another by chance?
//
// Given when the earlier flow's onsets were, an unrelated later flow's onset that comes within the
// horizon of one falls within a window after it with the probability p: the share of the horizon's
// time that such windows cover.  Both shares are measured, so nothing is assumed of how people
// type but that two strangers choose their moments independently within some seconds.  The horizon
// makes the chance a local one: two people who work through the same minutes, or hours, are not
// evidence.
//
// The evidence of one window is the logarithm of a likelihood ratio: Bernoulli trials with unknown
// probability (Jeffreys' Beta(1/2, 1/2) mixture, as Krichevsky and Trofimov) against probability p.
// Where p is the true chance such a ratio is a martingale of mean one, hence (Ville's inequality)
// exceeds e^x, at any time however often one tests, with probability at most e^-x.  The windows'
// ratios are averaged, which is one again: no correction for having tried several.
//
// Thread-compatible.  All calls O(1), no allocation.
inline constexpr std::array<PacketDelta, 5> kEvidenceWindows = {
    PacketDelta::FromMilliseconds(20), PacketDelta::FromMilliseconds(80),
    PacketDelta::FromMilliseconds(300), PacketDelta::FromMilliseconds(1200),
    PacketDelta::FromMilliseconds(2500)};
inline constexpr PacketDelta kEvidenceHorizon = PacketDelta::FromSeconds(10);

// How much time a flow's windows have covered, overlaps once, and how much the horizon.  In steps
// of 262 us, modulo 2^32: differences are right for 13 days of covered time.
class Coverage {
 public:
  // An onset was followed by the next, or by now, after `gap`.
  void AddGap(PacketDelta gap);
  Coverage operator-(const Coverage& earlier) const;
  // The chance of an unrelated onset within the horizon to fall into the window; above 0, below 1.
  double Chance(size_t window) const;
  // checkpoint/archive.h.
  template <typename Archive>
  void Fields(Archive& archive) {
    archive(steps_);
  }

 private:
  std::array<uint32_t, kEvidenceWindows.size() + 1> steps_{};  // the last: the horizon
};

// When the latest hits of an ordered flow pair came, kept to tell people from clocks.  Two programs
// that report at every full minute, or probe their peers every 30 s, between their users'
// keystrokes, hit one another for ever; but the intervals between such hits are multiples of one
// period (ZP section 5.7, periodic flows).
class HitTimes {
 public:
  void Add(PacketTime time);
  // The share of the hits that a common clock explains; 0 when it is not clear.  O(1), some
  // microseconds.
  double ShareOfClock() const;
  // checkpoint/archive.h.
  template <typename Archive>
  void Fields(Archive& archive) {
    archive(steps_, count_);
  }

 private:
  static constexpr size_t kKept = 16;
  std::array<uint32_t, kKept> steps_{};  // 1.05 ms each, modulo 2^32 (52 days)
  uint32_t count_ = 0;
};

// The trials of one ordered flow pair, from the moment on at which the pair was taken up: what made
// it a candidate is no evidence.
class OnsetEvidence {
 public:
  OnsetEvidence() = default;
  // `covered`: by the earlier flow so far.
  explicit OnsetEvidence(const Coverage& covered) : start_(covered) {}

  // The later flow has an onset at `time`, `lag` after the earlier flow's latest, less the least
  // that a relay takes.  Beyond the horizon: no trial.  Negative: too soon, a trial without a hit.
  void Add(PacketTime time, PacketDelta lag);
  // The onset that was counted with `counted` turns out to have come `lag` after one that carries
  // the same time stamp or was captured late.  Requires: lag <= counted, and Add(time, counted) was
  // the latest call.
  void Correct(PacketTime time, PacketDelta counted, PacketDelta lag);

  // `covered`: by the earlier flow until now.  Hits that a clock explains are left out.
  Significance View(const Coverage& covered) const;
  uint32_t onsets() const { return onsets_; }
  uint32_t hits(size_t window) const { return hits_[window]; }
  // checkpoint/archive.h.
  template <typename Archive>
  void Fields(Archive& archive) {
    archive(start_, hits_, onsets_, hit_times_);
  }

 private:
  // Clocks of one period keep a phase: often a close one, and then keystrokes come seldom between
  // their hits; or a wider one.
  static constexpr std::array<size_t, 2> kClockWindows = {1, 2};  // 80 ms, 300 ms

  uint32_t ClockHits() const;
  Significance ViewWithout(uint32_t clock_hits, const Coverage& covered) const;

  Coverage start_;
  std::array<uint32_t, kEvidenceWindows.size()> hits_{};
  uint32_t onsets_ = 0;
  std::array<HitTimes, kClockWindows.size()> hit_times_;
};

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_CORRELATOR_TIMING_ONSET_EVIDENCE_H_
