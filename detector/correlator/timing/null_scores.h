// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_TIMING_NULL_SCORES_H_
#define CAIRN_DETECTOR_CORRELATOR_TIMING_NULL_SCORES_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace cairn::timing {

inline constexpr double kSecondsPerDay = 86400;

// How much evidence pairs reach that cannot be stepping stones: the two connections' events were
// compared with one of them shifted in time (time_slide.h).  From that follows how much a pair
// needs so that strangers reach it `per_day` times a day.
//
// Where enough shifted pairs were seen the answer is counted.  Beyond that the counts are continued
// with the slope at which they fell, less its statistical error, and at least by a factor e per
// nat: an evidence of x nats that is a likelihood ratio arises by chance with e^-x at most (Ville's
// inequality), so the tail cannot stay flatter for long.
//
// Thread-compatible.  Add: O(1).  The rest: O(kLevels).
class NullScores {
 public:
  static constexpr size_t kLevels = 64;  // whole nats

  // `share`: of all pairs that could be compared, how many are compared shifted.
  explicit NullScores(double share) : share_(share) {}

  // A pair's best evidence so far has risen from `before` to `after` nats.
  void Add(double before, double after);

  // The least evidence that tells more than `best` did: a whole number.
  static float NextLevel(float best);

  // How many pairs of strangers a day reach `nats`, after `elapsed`.  Infinite until enough is
  // known.
  double PerDay(double nats, PacketDelta elapsed) const;
  // The evidence that strangers reach `per_day` times a day.  Infinite until enough is known.
  double Needed(double per_day, PacketDelta elapsed) const;
  uint64_t reached(size_t level) const { return reached_[level]; }
  // checkpoint/archive.h.
  template <typename Archive>
  void Fields(Archive& archive) {
    archive(reached_);
  }

 private:
  struct Tail {
    size_t level = 0;  // the highest of which the count can be trusted
    double slope = 1;  // per nat, beyond it
  };
  Tail FindTail() const;
  double PerDayAt(size_t level, PacketDelta elapsed) const;

  const double share_;
  std::array<uint64_t, kLevels> reached_{};  // pairs that reached so many nats
};

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_CORRELATOR_TIMING_NULL_SCORES_H_
